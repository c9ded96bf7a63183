import type { CodeOf } from '../../foundation/error-codes.ts'
import type { FailureCause } from '../failure-table.ts'

/** The usual causes of refused DPoP proofs (401): whoever makes the proofs must act. */
export const proofFailures: Readonly<Record<CodeOf<'proof' | 'nonce'>, readonly [FailureCause, ...FailureCause[]]>> = {
  ERR_S2S_DPOP_PROOF_INVALID: [
    {
      cause: 'the DPoP proof is for another address than the one this server knows itself by',
      fix: 'list the origin that callers use in dpop.origins; a proxy must not change the path',
    },
    {
      cause: 'the clock of the caller, or of this server, is wrong, or the proof was made long before it was sent',
      fix: 'set the clocks right, and make a proof for each request',
    },
    {
      cause: 'the request has no DPoP header, or the proof is not one for this request and token',
      fix: 'read the reason in the audit event; let a library make the proofs',
    },
  ],
  ERR_S2S_DPOP_PROOF_REPLAYED: [
    {
      cause: 'a DPoP proof came twice: the client sent the same one again, or somebody else did',
      fix: 'make a proof with a new "jti" for each request, also for each retry',
    },
  ],
  ERR_S2S_DPOP_NONCE_REQUIRED: [
    {
      cause: 'the DPoP proof has no nonce of this server yet, or an old one',
      fix: 'make a proof with the nonce in the DPoP-Nonce header of the answer, and send the request again; most libraries do',
    },
  ],
}
