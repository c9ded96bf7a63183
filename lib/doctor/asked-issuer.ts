import type { JsonObject } from '../foundation/parse-json.ts'
import { requiredTextClaim } from '../tokens/claims.ts'
import { isOpaqueToken } from '../tokens/opaque-token.ts'
import { parseUnverifiedToken, type UnverifiedToken } from '../tokens/unverified-token.ts'
import type { OAuthTrustedIssuer, TrustedIssuer } from '../trust/trusted-issuer.ts'
import type { TrustedIssuers } from '../trust/trusted-issuers.ts'

/** The issuer that is asked about a token, and what it said. */
export interface AskedIssuer {
  readonly issuer: OAuthTrustedIssuer
  /** `undefined`: it said nothing that can be used, or was not asked. */
  readonly answer: JsonObject | undefined
}

/**
 * Which issuer is asked about a token, and what it said to the verifier; `undefined` when the token is judged by its
 * signature. Never throws, and asks nobody.
 */
export function readAskedIssuer(
  text: string,
  issuers: Pick<TrustedIssuers, 'findOpaque' | 'list'>,
): AskedIssuer | undefined {
  try {
    const issuer = isOpaqueToken(text) ? issuers.findOpaque(text) : issuerOfJwt(text, issuers.list())
    return isAsked(issuer) ? { issuer, answer: issuer.introspection?.held(text)?.document } : undefined
  } catch {
    return undefined
  }
}

function issuerOfJwt(text: string, issuers: readonly TrustedIssuer[]): TrustedIssuer | undefined {
  const name = requiredTextClaim(parseUnverifiedToken(text).claims, 'iss')
  return issuers.find(({ issuerNames }) => issuerNames.includes(name))
}

function isAsked(issuer: TrustedIssuer | undefined): issuer is OAuthTrustedIssuer {
  return issuer?.protocol === 'oauth' && issuer.introspection !== undefined
}

/** What an issuer said, in the place of a signed token: the checks of claims are the same. */
export function answerAsToken({ answer }: AskedIssuer): UnverifiedToken | undefined {
  return answer === undefined
    ? undefined
    : { header: { alg: 'none' }, claims: answer, signingInput: '', signature: Buffer.alloc(0) }
}
