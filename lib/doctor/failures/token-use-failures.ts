import type { CodeOf } from '../../foundation/error-codes.ts'
import type { FailureCause } from '../failure-table.ts'

/** Codes of tokens that are in order by themselves, and refused for how, or by whom, they are used. */
export type TokenUseCode = Extract<
  CodeOf<'token'>,
  | 'ERR_S2S_TOKEN_SUSPENDED'
  | 'ERR_S2S_TOKEN_EXPOSED'
  | 'ERR_S2S_TOKEN_REPLAYED'
  | 'ERR_S2S_TOKEN_BOUND'
  | 'ERR_S2S_TOKEN_NOT_BOUND'
  | 'ERR_S2S_PROOF_REQUIRED'
  | 'ERR_S2S_CALLER_REFUSED'
>

/** The usual causes of refused tokens (401) that are in order by themselves: whoever sends or suspends them must act. */
export const tokenUseFailures: Readonly<Record<TokenUseCode, readonly [FailureCause, ...FailureCause[]]>> = {
  ERR_S2S_TOKEN_SUSPENDED: [
    {
      cause: 'the token, its application or its user was suspended here',
      fix: 'lift the suspension, or get a new token',
    },
  ],
  ERR_S2S_TOKEN_EXPOSED: [
    {
      cause: 'the token came over plain http before',
      fix: 'revoke it at the issuer and send the next one over https only',
    },
  ],
  ERR_S2S_TOKEN_REPLAYED: [
    {
      cause: 'the client keeps its token, and the issuer has singleUseTokens: true here',
      fix: 'have the client get a token for each request, or take singleUseTokens off the issuer',
    },
    {
      cause: 'the token was issued before this server, or its shared state, began to remember which tokens were used',
      fix: 'get a new token',
    },
  ],
  ERR_S2S_TOKEN_BOUND: [
    {
      cause: 'the token is bound to a key of the client (DPoP or mutual TLS) and came as a plain Bearer token',
      fix: 'send the proof with it: "Authorization: DPoP" and a DPoP header, or the client certificate; where this server accepts none (options dpop, clientCertificates) ask for a token without binding',
    },
    {
      cause: 'the DPoP proof, or the client certificate, is of another key than the token is bound to',
      fix: 'send each token with the key that it was asked for with',
    },
  ],
  ERR_S2S_TOKEN_NOT_BOUND: [
    {
      cause:
        'the token is not bound to a key, and tokens of its issuer must be (option dpop or mtls of the issuer: required)',
      fix: 'have the client ask for a bound token, with a DPoP proof or its client certificate in the token request',
    },
    {
      cause: 'a plain bearer token came under the scheme DPoP',
      fix: 'have the client ask for the token with a DPoP proof, or send it as Bearer',
    },
  ],
  ERR_S2S_PROOF_REQUIRED: [
    {
      cause: 'the resource demands a proof that the token is the own one of the caller (proof in the resource table)',
      fix: 'have the client ask for a bound token, and send the proof with it',
    },
  ],
  ERR_S2S_CALLER_REFUSED: [
    {
      cause: "the application's own verify callback gave no user",
      fix: 'give the principal, or whatever stands for the caller, from the verify callback',
    },
  ],
}
