import type { S2SPrincipal } from '../../../lib/identity/principal.ts'
import { createTestIssuer } from '../../../lib/testing/create-test-issuer.ts'
import { createTestKeyPair } from '../../../lib/testing/test-key-pair.ts'
import type { OAuthTestIssuer } from '../../../lib/testing/oauth-test-issuer.ts'
import type { StaticIssuerOptions } from '../../../lib/trust/issuer-options.ts'
import { fixedClock, NOW } from '../../support/clock.ts'
import { audience, describeDialect, shapeOf } from '../../support/dialect-table.ts'

const common = { type: 'static', audience, clock: fixedClock } as const
const spire = await createTestIssuer({ ...common, issuer: 'https://spire.example.org' })
/** Another trust domain that is trusted too: its keys have the same names. */
const partner = await createTestIssuer({ ...common, issuer: 'spiffe://partner.example' })
/** An OAuth issuer that happens to be called like a trust domain. */
const named = await createTestIssuer({ ...common, name: 'named', issuer: 'spiffe://named.example' })
const x509Authority = createTestKeyPair('ec256')

/** A bundle as bundle endpoints serve it. */
function bundleOf({ jwks }: OAuthTestIssuer): object {
  const authority = { ...x509Authority.publicKey.export({ format: 'jwk' }), use: 'x509-svid', kid: 'x509' }
  const keys = jwks().keys.map(({ alg: _alg, ...key }) => ({ ...key, use: 'jwt-svid' }))
  return { keys: [authority, ...keys], spiffe_sequence: 17, spiffe_refresh_hint: 300 }
}

function trust(issuer: OAuthTestIssuer, trustDomain: string): StaticIssuerOptions {
  return {
    type: 'static',
    name: trustDomain,
    issuer: issuer.issuer,
    callerKind: 'spiffe',
    trustDomain,
    jwks: { ...bundleOf(issuer) },
  }
}

const ledger = 'spiffe://example.org/ns/payments/sa/ledger'
/** As SPIRE writes it: ES256, `kid` and `typ` only, and no `iss` where none is configured there. */
const shape = { iss: undefined, aud: [audience], exp: NOW + 300, iat: NOW, sub: ledger }
const svid = shapeOf(spire, shape, { typ: 'JWT' })
const sub = (text: unknown): string => svid({ algorithm: 'ES256', claims: { sub: text } })
const claims = (changes: object): string => svid({ algorithm: 'ES256', claims: { ...changes } })
const withHeader = (header: object): string => svid({ algorithm: 'ES256', header: { ...header } })
const long = `spiffe://example.org/${'a'.repeat(2048 - 21)}`

function principal(id: string, issuer = 'example.org'): Omit<S2SPrincipal, 'token'> {
  return { kind: 'app', application: { id }, issuer, actorChain: [id], permissions: [] }
}

describeDialect('JWT-SVIDs', {
  server: {
    trustedIssuers: [trust(spire, 'example.org'), trust(partner, 'partner.example'), named.options],
  },
  accepted: [
    ['a workload by its trust domain, without iss', sub(ledger), principal(ledger)],
    ['one with the iss that SPIRE was told to write', claims({ iss: spire.issuer }), principal(ledger)],
    ['RS256, and no typ', svid({ header: { typ: undefined } }), principal(ledger)],
    ['typ JOSE', withHeader({ typ: 'JOSE' }), principal(ledger)],
    ['one audience as a text', claims({ aud: audience }), principal(ledger)],
    ['an ID of 2,048 characters', sub(long), principal(long)],
    [
      'a workload of another trust domain that is trusted',
      shapeOf(partner, { ...shape, sub: 'spiffe://partner.example/billing' })(),
      principal('spiffe://partner.example/billing', 'partner.example'),
    ],
  ],
  refused: [
    ['a trust domain that nobody is trusted for', sub('spiffe://evil.example/x'), 'ERR_S2S_ISSUER_UNTRUSTED'],
    ['a trusted trust domain, signed by another', sub('spiffe://partner.example/x'), 'ERR_S2S_SIGNATURE_INVALID'],
    [
      'an iss that is trusted, around a workload of another trust domain',
      claims({ iss: spire.issuer, sub: 'spiffe://partner.example/x' }),
      'ERR_S2S_REALM_MISMATCH',
    ],
    [
      'an iss that is not trusted, around a good workload',
      claims({ iss: 'https://evil.example' }),
      'ERR_S2S_ISSUER_UNTRUSTED',
    ],
    [
      'an iss that is trusted, around no SPIFFE ID',
      claims({ iss: spire.issuer, sub: 'ledger' }),
      'ERR_S2S_CLAIM_INVALID',
    ],
    ['iss null', claims({ iss: null }), 'ERR_S2S_CLAIM_INVALID'],
    [
      'no iss, where the issuer of that name is no trust domain',
      shapeOf(named, { ...shape, sub: 'spiffe://named.example/x' })(),
      'ERR_S2S_CLAIM_INVALID',
    ],
    ['no sub', sub(undefined), 'ERR_S2S_CLAIM_INVALID'],
    ['a list as sub', sub([ledger]), 'ERR_S2S_CLAIM_INVALID'],
    ['another scheme', sub('https://example.org/ns/payments/sa/ledger'), 'ERR_S2S_CLAIM_INVALID'],
    ['the scheme in capitals', sub('SPIFFE://example.org/ledger'), 'ERR_S2S_CLAIM_INVALID'],
    ['the trust domain in capitals', sub('spiffe://Example.org/ledger'), 'ERR_S2S_CLAIM_INVALID'],
    ['a user name', sub('spiffe://root@example.org/ledger'), 'ERR_S2S_CLAIM_INVALID'],
    ['a port', sub('spiffe://example.org:443/ledger'), 'ERR_S2S_CLAIM_INVALID'],
    ['a query', sub(`${ledger}?admin`), 'ERR_S2S_CLAIM_INVALID'],
    ['a fragment', sub(`${ledger}#admin`), 'ERR_S2S_CLAIM_INVALID'],
    ['a dot segment', sub('spiffe://example.org/ns/../admin'), 'ERR_S2S_CLAIM_INVALID'],
    ['an empty segment', sub('spiffe://example.org//ledger'), 'ERR_S2S_CLAIM_INVALID'],
    ['a slash at the end', sub(`${ledger}/`), 'ERR_S2S_CLAIM_INVALID'],
    ['percent-encoding', sub('spiffe://example.org/ns%2Fpayments'), 'ERR_S2S_CLAIM_INVALID'],
    ['the trust domain itself, which is no workload', sub('spiffe://example.org'), 'ERR_S2S_CLAIM_INVALID'],
    ['2,049 characters', sub(`${long}a`), 'ERR_S2S_CLAIM_INVALID'],
    ['no audience', claims({ aud: undefined }), 'ERR_S2S_CLAIM_INVALID'],
    ['an empty list of audiences', claims({ aud: [] }), 'ERR_S2S_CLAIM_INVALID'],
    ['another audience', claims({ aud: ['spiffe://example.org/reports'] }), 'ERR_S2S_AUDIENCE_MISMATCH'],
    ['no exp', claims({ exp: undefined }), 'ERR_S2S_CLAIM_INVALID'],
    ['an actor', claims({ act: { sub: ledger } }), 'ERR_S2S_CLAIM_INVALID'],
    ['typ at+jwt', withHeader({ typ: 'at+jwt' }), 'ERR_S2S_TOKEN_TYPE'],
    ['a header parameter that JWT-SVIDs have not', withHeader({ x5t: 'x' }), 'ERR_S2S_HEADER_NOT_ALLOWED'],
    [
      'the key of the X.509 authority in the same bundle',
      svid({ algorithm: 'ES256', header: { kid: 'x509' }, key: x509Authority.privateKey }),
      'ERR_S2S_KEY_UNKNOWN',
    ],
  ],
})
