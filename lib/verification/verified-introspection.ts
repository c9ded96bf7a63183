import { TokenError } from '../foundation/errors.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import { whenReady } from '../foundation/when-ready.ts'
import { textClaim } from '../tokens/claims.ts'
import type { HeldAnswer } from '../trust/introspection/introspection.ts'
import type { OAuthTrustedIssuer } from '../trust/trusted-issuer.ts'

/**
 * The proof that the issuer itself, asked over its authenticated connection, called a token active. The constructor is
 * private: only `VerifiedIntrospection.prove` makes one. Beside `VerifiedSignature` it is the one thing a principal can come
 * from.
 *
 * Proves that the issuer vouches for the token now; whom it is for, its times and all else are judged by
 * `verifyOpaqueToken`.
 */
export class VerifiedIntrospection {
  /** What the issuer said, with its own name in `iss`. */
  readonly claims: JsonObject
  readonly issuer: OAuthTrustedIssuer
  /** Until when the issuer need not be asked again, in seconds since 1970. */
  readonly usableUntil: number

  private constructor(claims: JsonObject, issuer: OAuthTrustedIssuer, usableUntil: number) {
    this.claims = claims
    this.issuer = issuer
    this.usableUntil = usableUntil
  }

  /**
   * Asks the issuer about a token; a promise only when it was not asked lately.
   *
   * @throws TokenError `ERR_S2S_TOKEN_INACTIVE`, `ERR_S2S_ISSUER_UNTRUSTED` (the answer names another issuer),
   * `ERR_S2S_CLAIM_INVALID`, `ERR_S2S_TOKEN_TYPE` (the issuer is not one that is asked); UnavailableError
   * `ERR_S2S_INTROSPECTION_UNAVAILABLE`, `ERR_S2S_INTROSPECTION_LIMITED`
   * @see RFC 7662 section 2.2
   */
  static prove(token: string, issuer: OAuthTrustedIssuer): VerifiedIntrospection | Promise<VerifiedIntrospection> {
    const { introspection } = issuer
    if (introspection === undefined) {
      throw new TokenError('ERR_S2S_TOKEN_TYPE', `${issuer.name} is not asked about its tokens`)
    }
    return whenReady(introspection.ask(token), ({ document, note, usableUntil }: HeldAnswer) => {
      const { active, ...claims } = document
      if (active !== true) {
        const reason = note === undefined ? '' : `: ${note}`
        throw new TokenError('ERR_S2S_TOKEN_INACTIVE', `${issuer.name} does not call the token active${reason}`)
      }
      const [iss = issuer.name] = issuer.issuerNames
      if ((textClaim(claims, 'iss') ?? iss) !== iss) {
        throw new TokenError('ERR_S2S_ISSUER_UNTRUSTED', `${issuer.name} says that the token is of another issuer`)
      }
      return new VerifiedIntrospection(Object.freeze({ ...claims, iss }), issuer, usableUntil)
    })
  }
}
