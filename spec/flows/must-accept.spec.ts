import assert from 'node:assert/strict'
import express from 'express'
import { describeAccepted, type AcceptedCase } from '../support/accepted.ts'
import { makeCertificate } from '../support/certificates.ts'
import { NOW } from '../support/clock.ts'
import type { GuardedAppOptions } from '../support/guarded-app.ts'
import { makeOAuthIssuer, type OAuthTokenChanges } from '../support/oauth-issuer.ts'
import { signedJwt } from '../support/tokens.ts'
import { makeWorld, oauthAudience } from '../support/world.ts'

/** What no server may refuse: honest tokens as issuers, clients and proxies really send them; farms have their own file. */
const { oauth, otherOAuth, options } = await makeWorld()
const claims = { scope: 'reports.read' }

const resources = { 'GET /reports/:id': 'reports.read' } as const
const app: Omit<GuardedAppOptions, 'form'> = { s2s: options, resources }

type Check = NonNullable<AcceptedCase['check']>

/** The OAuth application `reporting`, on its own. */
function isReporting(issuer: string, permissions: readonly string[] = ['reports.read']): Check {
  return ({ token, ...principal }) => {
    const application = { id: 'reporting' }
    assert.deepEqual(principal, { kind: 'app', application, issuer, actorChain: ['reporting'], permissions })
    assert.equal(token.format, 'jwt')
  }
}

async function oauthCase(name: string, changes: OAuthTokenChanges, check?: Check): Promise<AcceptedCase> {
  const token = await oauth.token({ ...changes, claims: { ...claims, ...changes.claims } })
  return { name, token, check: check ?? isReporting('login') }
}

describeAccepted('OAuth tokens that must be accepted', app, [
  await oauthCase('RS256', { algorithm: 'RS256' }),
  await oauthCase('ES256', { algorithm: 'ES256' }),
  await oauthCase('no typ', { header: { typ: undefined } }),
  await oauthCase('typ JWT', { header: { typ: 'JWT' } }),
  await oauthCase('typ jwt', { header: { typ: 'jwt' } }),
  await oauthCase('typ at+jwt', { header: { typ: 'at+jwt' } }),
  await oauthCase('typ application/at+jwt', { header: { typ: 'application/at+jwt' } }),
  await oauthCase('aud as a text', { claims: { aud: oauthAudience } }),
  await oauthCase('aud as a list of one', { claims: { aud: [oauthAudience] } }),
  await oauthCase('aud as a list of several', { claims: { aud: ['svc', oauthAudience] } }),
  await oauthCase('exp with a fraction', { claims: { exp: NOW + 300.5 } }),
  await oauthCase('iat and nbf with a fraction', { claims: { iat: NOW - 1.25, nbf: NOW - 0.5 } }),
  await oauthCase('exp 20 seconds ago', { claims: { exp: NOW - 20 } }),
  await oauthCase('nbf 20 seconds ahead', { claims: { nbf: NOW + 20 } }),
  await oauthCase('iat 20 seconds ahead', { claims: { iat: NOW + 20 } }),
  await oauthCase('neither iat nor jti', { claims: { iat: undefined, jti: undefined } }),
  await oauthCase('a lifetime of 24 hours', { claims: { iat: NOW, exp: NOW + 86_400 } }),
  await oauthCase('scope among others', { claims: { scope: 'openid reports.read x' } }, (principal) => {
    assert.deepEqual(principal.permissions, ['openid', 'reports.read', 'x'])
  }),
  await oauthCase('scp as a text', { claims: { scope: undefined, scp: 'reports.read' } }),
  await oauthCase('scp as a list', { claims: { scope: undefined, scp: ['reports.read'] } }),
  await oauthCase('roles', { claims: { scope: undefined, roles: ['reports.read'] } }),
  await oauthCase('permissions', { claims: { scope: undefined, permissions: ['reports.read'] } }),
  await oauthCase('a user', { claims: { sub: 'dana' } }, ({ kind, user }) => {
    assert.deepEqual({ kind, user }, { kind: 'user+app', user: { issuer: 'login', id: 'dana' } })
  }),
  await oauthCase('azp instead of client_id', { claims: { client_id: undefined, azp: 'reporting' } }),
  {
    name: 'a second issuer with the same kid',
    token: await otherOAuth.token({ claims }),
    check: isReporting('id'),
  },
])

const token = await oauth.token({ claims })
const check = isReporting('login')
const ok = { token, check }

describeAccepted('requests that must be accepted', app, [
  ...['bearer', 'BEARER', 'bEaReR', 'Bearer  '].map((scheme) => ({ name: `the scheme "${scheme}"`, scheme, ...ok })),
  { name: 'HEAD', method: 'HEAD', ...ok },
  { name: 'another letter case of the path', path: '/REPORTS/1', ...ok },
  { name: 'a slash at the end', path: '/reports/1/', ...ok },
  { name: '%20 in an id', path: '/reports/annual%20report', ...ok },
  { name: 'UTF-8 in an id', path: '/reports/M%C3%BCller%e2%82%ac', ...ok },
  { name: 'punctuation in an id', path: "/reports/a.b-c_d~e!f$g&h'i(j)k*l+m,n=o:p@q", ...ok },
  { name: 'an encoded reserved character in an id', path: '/reports/a%3Fb%23c%26d', ...ok },
  { name: 'dot segments in the query', path: '/reports/1?from=/x/../y', ...ok },
  { name: 'everything else in the query', path: '/reports/1?u=https://x//y;z%2f%5c%00&p=..%2f..', ...ok },
  { name: 'a token far from the last header', headers: [['X-Last', 'x'.repeat(4_000)]], ...ok },
  {
    name: 'cookies and other headers beside it',
    headers: [
      ['Cookie', 'a=b'],
      ['X-Authorization', 'Bearer x'],
    ],
    ...ok,
  },
  {
    name: 'a GET with a content type and no body',
    headers: [['Content-Type', 'application/json;odata=verbose']],
    ...ok,
  },
])

const mounted = { name: 'the path below the mount path', path: '/api/v1/reports/1', ...ok }
describeAccepted('a mounted guard', { ...app, mountPath: '/api/v1' }, [mounted])
describeAccepted(
  'a guard within nested routers',
  {
    ...app,
    assemble: (outer, { guard, handler }) => {
      const inner = express.Router({ strict: true, caseSensitive: true }).use(...guard)
      inner.get('/reports/:id', handler)
      outer.use('/api', express.Router().use('/v1', inner))
    },
  },
  [mounted],
)
describeAccepted('a plain socket behind a trusted proxy', { ...app, plainHttp: true, trustProxy: 'loopback' }, [
  { name: 'X-Forwarded-Proto: https', headers: [['X-Forwarded-Proto', 'https']], ...ok },
])

const certificate = await makeCertificate({ commonName: 'Static issuer' })
const single = makeOAuthIssuer({ issuer: 'https://static.example.com', audience: oauthAudience, clock: () => NOW })
const [jwk] = single.jwks().keys
assert.ok(jwk)
const pem = single.keyPair('RS256').publicKey.export({ type: 'spki', format: 'pem' }) as string
const staticIssuer = { type: 'static', name: 'static', issuer: single.issuer } as const

for (const [name, trustedIssuer] of Object.entries({
  'a JWK': { ...staticIssuer, jwk: { ...jwk } },
  'a JWKS': { ...staticIssuer, jwks: single.jwks() },
  'a PEM key': { ...staticIssuer, pem },
})) {
  describeAccepted(
    `a static issuer with ${name}`,
    { ...app, s2s: { audience: oauthAudience, clock: () => NOW, trustedIssuers: [trustedIssuer] } },
    [{ name: 'its token', token: await single.token({ claims }), check: isReporting('static') }],
  )
}

describeAccepted(
  'a static issuer with a certificate',
  {
    ...app,
    s2s: {
      audience: oauthAudience,
      clock: () => NOW,
      trustedIssuers: [{ ...staticIssuer, certificate: certificate.certificatePem }],
    },
  },
  [
    {
      name: 'a token without a kid',
      token: await signedJwt({
        header: { typ: 'JWT' },
        claims: {
          iss: single.issuer,
          aud: oauthAudience,
          sub: 'reporting',
          client_id: 'reporting',
          exp: NOW + 60,
          ...claims,
        },
        algorithm: 'RS256',
        key: certificate.privateKey,
      }),
      check: isReporting('static'),
    },
  ],
)
