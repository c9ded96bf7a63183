import type { IssuerHealth, OwnKeyHealth, S2SHealth, TokenCacheHealth } from '../audit/health.ts'
import type { Clock } from '../foundation/clock.ts'
import type { SigningKeys } from '../keys/signing-keys.ts'
import type { Suspensions } from '../suspension/suspensions.ts'
import { daysUntil, healthOfCertificates, healthOfIssuer } from '../trust/issuer-health.ts'
import type { TrustedIssuers } from '../trust/trusted-issuers.ts'

/** What the health of a server is read from. */
export interface ServerHealthParts {
  readonly clock: Clock
  readonly issuers: Pick<TrustedIssuers, 'list'>
  readonly signingKeys: SigningKeys | undefined
  readonly suspensions: Pick<Suspensions, 'areKnown'>
  readonly tokenCache: () => TokenCacheHealth
}

const serving: ReadonlySet<IssuerHealth['keys']> = new Set(['loaded', 'stale', 'asked'])

/** Reads how a server stands now. Nothing is fetched, and nothing is kept for it in between. */
export function readServerHealth(parts: ServerHealthParts): S2SHealth {
  const { clock, issuers, signingKeys, suspensions, tokenCache } = parts
  const now = clock()
  const suspensionsKnown = suspensions.areKnown()
  const trusted = issuers.list()
  const health = trusted.map((issuer) => healthOfIssuer(issuer, now))
  return Object.freeze({
    ready: suspensionsKnown && health.every(({ keys }) => serving.has(keys)),
    issuers: Object.freeze(health),
    certificates: Object.freeze(trusted.flatMap((issuer) => healthOfCertificates(issuer, now))),
    ownKeys: Object.freeze(signingKeys === undefined ? [] : healthOfOwnKeys(signingKeys, now)),
    tokenCache: Object.freeze(tokenCache()),
    suspensionsKnown,
  })
}

function healthOfOwnKeys(keys: SigningKeys, now: number): readonly OwnKeyHealth[] {
  const current = keys.current()
  return keys.published().map((key) =>
    Object.freeze({
      role: key === current ? 'current' : 'published',
      thumbprint: key.x5t,
      daysLeft: daysUntil(key.certificate.notAfter, now),
    }),
  )
}
