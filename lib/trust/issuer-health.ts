import type { CertificateHealth, IssuerHealth } from '../audit/health.ts'
import { S2SError } from '../foundation/errors.ts'
import type { VerificationKey } from '../keys/verification-key.ts'
import type { TrustedIssuer } from './trusted-issuer.ts'

const day = 86_400

/** Whole days until a time, rounded down; both in seconds since 1970. */
export function daysUntil(time: number, now: number): number {
  return Math.floor((time - now) / day)
}

/** How the keys of an issuer stand at a time (seconds since 1970). Never fetches. */
export function healthOfIssuer(issuer: TrustedIssuer, now: number): IssuerHealth {
  const { name, keys, clockToleranceSeconds } = issuer
  const { value, isStale, loadedAt, failure } = keys.state()
  const held = value?.keys ?? []
  const standing =
    isAsked(issuer) && value !== undefined ? 'asked' : keysOf(held, { now, clockToleranceSeconds, isStale })
  return Object.freeze({
    name,
    keys: standing,
    keyCount: held.length,
    ...(loadedAt === undefined ? {} : { lastRefreshed: loadedAt }),
    failing: failure !== undefined,
    ...(failure === undefined ? {} : { lastFailureCode: codeOfFailure(failure) }),
  })
}

interface KeyTimes {
  readonly now: number
  readonly clockToleranceSeconds: number
  readonly isStale: boolean
}

function keysOf(held: readonly VerificationKey[], times: KeyTimes): IssuerHealth['keys'] {
  const { now, clockToleranceSeconds, isStale } = times
  const isUsable = ({ usableFrom = -Infinity, usableUntil = Infinity }: VerificationKey): boolean =>
    now + clockToleranceSeconds >= usableFrom && now - clockToleranceSeconds <= usableUntil
  if (held.length === 0) return 'missing'
  if (!held.some(isUsable)) return 'expired'
  return isStale ? 'stale' : 'loaded'
}

/** Whether it is asked about its tokens, instead of having keys. */
function isAsked(issuer: TrustedIssuer): boolean {
  return issuer.protocol === 'oauth' && issuer.introspection !== undefined
}

/** How long the certificates of an issuer are good for; none for keys without dates. */
export function healthOfCertificates({ name, keys }: TrustedIssuer, now: number): readonly CertificateHealth[] {
  return (keys.state().value?.keys ?? []).flatMap(({ id, usableUntil }) =>
    usableUntil === undefined ? [] : [Object.freeze({ name, thumbprint: id, daysLeft: daysUntil(usableUntil, now) })],
  )
}

/** The code of a failed look at an issuer, as in audit events. */
export function codeOfFailure(error: unknown): NonNullable<IssuerHealth['lastFailureCode']> {
  return error instanceof S2SError ? error.code : 'ERR_S2S_KEYS_UNREACHABLE'
}
