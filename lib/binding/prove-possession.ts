import { createHash } from 'node:crypto'
import { TokenError } from '../foundation/errors.ts'
import { whenReady } from '../foundation/when-ready.ts'
import type { Confirmation } from '../tokens/confirmation.ts'
import type { Presented, PresentedDpop, ProofMethod } from './presented.ts'

/** A token that was recognised, and to what it is bound. */
export interface BoundToken {
  readonly token: string
  readonly confirmation: Confirmation | undefined
}

/** How possession was proved: none for a token that is bound to nothing. One array for each outcome. */
export type ProvedBy = readonly ProofMethod[]

/**
 * Checks that whoever sends a token may use it; a promise only when a shared state must be asked.
 *
 * @throws TokenError `ERR_S2S_TOKEN_BOUND`, `ERR_S2S_TOKEN_NOT_BOUND`, and what `ProveDpop` throws
 */
export type ProvePossession = (bound: BoundToken, presented: Presented | undefined) => ProvedBy | Promise<ProvedBy>

/**
 * Checks a DPoP proof against the token and the key that the token is bound to.
 *
 * @throws TokenError, UnavailableError
 */
export type ProveDpop = (
  bound: { readonly token: string; readonly jkt: string },
  presented: PresentedDpop,
) => void | Promise<void>

/** With what possession is proved. */
export interface PossessionProverParts {
  /** Left out: no DPoP proof is accepted. */
  readonly proveDpop?: ProveDpop | undefined
}

export const provedByNothing: ProvedBy = Object.freeze([])
const byDpop: ProvedBy = Object.freeze(['dpop'])
const byCertificate: ProvedBy = Object.freeze(['mtls'])
const byBoth: ProvedBy = Object.freeze(['dpop', 'mtls'])

/**
 * Creates the judge of one question: is this token in the hands of whom it was given to? All that a token is bound to must be
 * proved, with every request: nothing of it is remembered.
 *
 * Does not verify the token (see `createTokenVerifier`), nor whether its issuer or the resource demands a bound one.
 *
 * @see RFC 9449 section 7, RFC 8705 section 3
 */
export function createPossessionProver({ proveDpop }: PossessionProverParts): ProvePossession {
  return function provePossession({ token, confirmation = nothing }, presented) {
    const { jkt, 'x5t#S256': thumbprint } = confirmation
    if (jkt === undefined) checkScheme(presented)
    if (thumbprint !== undefined) proveCertificate(thumbprint, presented)
    if (jkt === undefined) return thumbprint === undefined ? provedByNothing : byCertificate
    const proved = thumbprint === undefined ? byDpop : byBoth
    return whenReady(requireProver(proveDpop, presented)({ token, jkt }), () => proved)
  }
}

const nothing: Confirmation = Object.freeze({})

/** What judges the proof of this request, where there is one and proofs are accepted. */
function requireProver(
  proveDpop: ProveDpop | undefined,
  presented: Presented | undefined,
): (bound: Parameters<ProveDpop>[0]) => void | Promise<void> {
  const dpop = presented?.scheme === 'dpop' ? presented.dpop : undefined
  if (dpop !== undefined && proveDpop !== undefined) return (bound) => proveDpop(bound, dpop)
  throw new TokenError('ERR_S2S_TOKEN_BOUND', 'the token is bound to a DPoP key ("jkt") and came without proof')
}

/** A client that goes to the length of a proof believes that it protects its token; without `jkt` it does not. */
function checkScheme(presented: Presented | undefined): void {
  if (presented?.scheme !== 'dpop') return
  throw new TokenError('ERR_S2S_TOKEN_NOT_BOUND', 'the token came under the scheme DPoP and is bound to no DPoP key')
}

function proveCertificate(thumbprint: string, presented: Presented | undefined): void {
  const certificate: unknown = presented?.clientCertificate?.()
  if (!(certificate instanceof Uint8Array)) {
    throw new TokenError(
      'ERR_S2S_TOKEN_BOUND',
      'the token is bound to a client certificate ("x5t#S256") and the request came without one',
    )
  }
  if (createHash('sha256').update(certificate).digest('base64url') !== thumbprint) {
    throw new TokenError('ERR_S2S_TOKEN_BOUND', 'the token is bound to another client certificate ("x5t#S256")')
  }
}
