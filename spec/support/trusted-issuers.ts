import { createCertificateKeySet } from '../../lib/keys/certificate-key-set.ts'
import { parseCertificate } from '../../lib/keys/certificate.ts'
import { createJwksKeySet, parseJwks } from '../../lib/keys/jwks-key-set.ts'
import type { KeySet } from '../../lib/keys/key-set.ts'
import type { KeySource, OAuthTrustedIssuer, S2STrustedIssuer } from '../../lib/trust/trusted-issuer.ts'
import type { Farm } from './farm.ts'
import type { OAuthIssuer } from './oauth-issuer.ts'
import { oauthAudience, s2sAudience } from './world.ts'

/** Keys that are there at once and never change. */
export function keysOf(keys: KeySet): KeySource {
  return {
    current: () => keys,
    refresh: () => Promise.resolve({ value: keys, fresh: true }),
    failing: () => false,
    state: () => ({ value: keys, isStale: false, loadedAt: undefined, failure: undefined }),
    close: () => undefined,
  }
}

const noKeys: KeySet = {
  keys: [],
  findKey: () => {
    throw new Error('this issuer has no keys')
  },
}

const common = {
  clockToleranceSeconds: 60,
  maximumLifetimeSeconds: 86_400,
  permissionCeiling: undefined,
  shadow: false,
  keys: keysOf(noKeys),
}

/** An S2S issuer as the trust floor makes it, with the defaults of its options. */
export function s2sIssuer(changes: Partial<S2STrustedIssuer> = {}): S2STrustedIssuer {
  return {
    protocol: 's2s',
    name: 'farm',
    issuerNames: [],
    audience: new Set([s2sAudience]),
    algorithms: new Set(['RS256']),
    acceptedTypes: new Set(['jwt']),
    isTrustBroker: false,
    allowDelegation: false,
    acceptsUserTokens: false,
    acceptSecurityIdentifiers: false,
    ...common,
    ...changes,
  }
}

/** The same with name and certificate of a farm. */
export function issuerOfFarm(farm: Farm, changes: Partial<S2STrustedIssuer> = {}): S2STrustedIssuer {
  const certificates = [parseCertificate(farm.certificate.certificatePem)]
  const keys = keysOf(createCertificateKeySet(certificates))
  return s2sIssuer({ issuerNames: [farm.issuerName], keys, ...changes })
}

/** An OAuth issuer as the trust floor makes it, with the defaults of its options. */
export function oauthTrustedIssuer(changes: Partial<OAuthTrustedIssuer> = {}): OAuthTrustedIssuer {
  return {
    protocol: 'oauth',
    dpop: 'refused',
    mtls: 'refused',
    name: 'login',
    issuerNames: [],
    audience: new Set([oauthAudience]),
    algorithms: new Set(['RS256', 'ES256']),
    acceptedTypes: new Set(['jwt', 'at+jwt', 'application/at+jwt']),
    strict: false,
    callerKind: 'rfc9068',
    permissionClaims: [],
    ...common,
    ...changes,
  }
}

/** The same with name and keys of an issuer. */
export function issuerOfOAuth(issuer: OAuthIssuer, changes: Partial<OAuthTrustedIssuer> = {}): OAuthTrustedIssuer {
  const keys = keysOf(createJwksKeySet(parseJwks({ ...issuer.jwks() }).keys))
  return oauthTrustedIssuer({ issuerNames: [issuer.issuer], keys, ...changes })
}
