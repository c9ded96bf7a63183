import { ProofError } from '../foundation/errors.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import { readTargetPath, readTargetUri } from './target-uri.ts'

/** Where and when proofs count. */
export interface ProofLimits {
  /** See `readOrigins`. */
  readonly origins: ReadonlySet<string>
  readonly maximumAgeSeconds: number
  readonly clockToleranceSeconds: number
}

/** What a proof must be about. */
export interface ProofSubject {
  readonly method: string
  /** The target of the request line. */
  readonly path: string
  /** The SHA-256 (base64url) of the token. */
  readonly ath: string
}

/** What is needed to use a proof up. */
export interface ProofClaims {
  readonly jti: string
  /** In the spelling of `readTargetUri`. */
  readonly target: string
  /** Until when it must be remembered, in seconds since 1970. */
  readonly until: number
  /** Since when it can have been used, by the clock of whoever made it (`iat`), in seconds since 1970. */
  readonly since: number
}

const maximumIdLength = 256

/**
 * Checks the claims of a proof that need neither key nor memory: `htm`, `htu`, `iat` (and `exp`, `nbf` where they are), `ath`, `jti`.
 *
 * Does not check the nonce, the signature, nor whether it was used before.
 *
 * @throws ProofError `ERR_S2S_DPOP_PROOF_INVALID`
 * @see RFC 9449 section 4.3, steps 8 to 12
 */
export function readProofClaims(
  claims: JsonObject,
  subject: ProofSubject,
  { limits, now }: { readonly limits: ProofLimits; readonly now: number },
): ProofClaims {
  const jti = textOf(claims, 'jti')
  if (jti.length > maximumIdLength) throw invalid(`"jti" is longer than ${maximumIdLength} characters`)
  if (textOf(claims, 'htm') !== subject.method) throw invalid('"htm" is not the method of the request')
  const target = checkTarget(textOf(claims, 'htu'), subject.path, limits.origins)
  if (textOf(claims, 'ath') !== subject.ath) throw invalid('"ath" is not the hash of the token')
  return { jti, target, ...checkDates(claims, limits, now) }
}

function checkTarget(htu: string, path: string, origins: ReadonlySet<string>): string {
  const target = readTargetUri(htu)
  if (target === undefined) throw invalid('"htu" is not an https address')
  const targetPath = readTargetPath(path)
  const origin = targetPath === undefined || !target.endsWith(targetPath) ? '' : target.slice(0, -targetPath.length)
  if (origins.has(origin)) return target
  throw invalid('"htu" is not the address of the request: an origin of the option dpop.origins, and its path')
}

/** Kept for longer than it is accepted, because the clocks of a fleet differ too. */
function checkDates(
  claims: JsonObject,
  { maximumAgeSeconds, clockToleranceSeconds }: ProofLimits,
  now: number,
): Pick<ProofClaims, 'until' | 'since'> {
  const iat = dateOf(claims, 'iat')
  if (iat === undefined) throw invalid('"iat" is missing')
  if (now - iat > maximumAgeSeconds + clockToleranceSeconds) {
    throw invalid(
      `"iat" is more than ${maximumAgeSeconds} seconds ago; make a proof for each request, and compare the clocks`,
    )
  }
  if (Math.max(iat, dateOf(claims, 'nbf') ?? 0) - now > clockToleranceSeconds) {
    throw invalid('"iat" or "nbf" lies ahead; compare the clocks')
  }
  if (now - (dateOf(claims, 'exp') ?? Infinity) >= clockToleranceSeconds) throw invalid('"exp" has passed')
  return { until: Math.ceil(iat) + maximumAgeSeconds + 2 * clockToleranceSeconds + 1, since: iat }
}

function dateOf(claims: JsonObject, name: string): number | undefined {
  const value = memberOf(claims, name)
  if (value === undefined) return undefined
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  throw invalid(`"${name}" is not a date`)
}

function textOf(claims: JsonObject, name: string): string {
  const value = memberOf(claims, name)
  if (typeof value === 'string' && value !== '') return value
  throw invalid(`"${name}" is missing, or not a text`)
}

function memberOf(claims: JsonObject, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined
}

function invalid(reason: string): ProofError {
  return new ProofError('ERR_S2S_DPOP_PROOF_INVALID', reason)
}
