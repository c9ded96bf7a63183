/**
 * How applications use the types. Compiled here, and by spec/contract/package.spec.ts in projects of their own against the
 * packed library, with the types of Express 4 and of Express 5. Never run.
 */
import express, { type Request, type RequestHandler } from 'express'
import passport from 'passport'
import {
  createErrorResponder,
  createMemoryGrants,
  createS2S,
  decisionOf,
  principalOf,
  protectResources,
  requirePermission,
  requireTls,
  S2SError,
  S2SStrategy,
  TokenError,
  type AuditEvent,
  type ErrorCode,
  type Resources,
  type S2SOptions,
  type S2SPrincipal,
  type TrustedIssuerOptions,
} from 'passport-s2s'
import { createRedisState, type RedisClient } from 'passport-s2s/redis'
import { createVerifier } from 'passport-s2s/verifier'

const issuers: TrustedIssuerOptions[] = [
  { type: 'openid', issuer: 'https://login.example.com', permissionClaims: [['realm_access', 'roles']] },
  { type: 'static', issuer: 'https://login.example.com', jwk: { kty: 'RSA' }, callerKind: 'entra' },
  { type: 'static', issuer: 'https://login.example.com', pem: { file: 'issuer.pem' } },
  { type: 's2s-metadata', metadataEndpoint: 'https://farm.example.com/_layouts/15/metadata/json/1' },
  {
    type: 's2s-certificate',
    registeredIssuerName: 'issuer@realm',
    certificates: ['-----BEGIN CERTIFICATE-----'],
    isTrustBroker: true,
    allowDelegation: { applications: ['application'] },
  },
]

const grants = createMemoryGrants([
  { issuer: 'farm', application: 'application', permissions: ['reports.read'], appOnly: true },
])

const options: S2SOptions = {
  audience: ['https://reports.example.com'],
  self: { clientId: 'us', realm: 'realm', hosts: ['reports.example.com:8443'], advertise: true },
  trustedIssuers: issuers,
  grants,
  userRights: (user, request) => (request.path === '/' && user.upn !== undefined ? ['reports.read'] : []),
  onAuditEvent: (event: AuditEvent) => event.code satisfies ErrorCode | undefined,
}

const resources: Resources = {
  'GET /reports': 'reports.read',
  'GET /reports/:id': ['reports.read', 'reports.list'],
  'PUT /reports/:id': { anyOf: ['reports.write', 'reports.admin'], allowEncodedSlash: true },
  'POST /reports': { scope: 'reports.write', appRole: 'Reports.Write' },
  'DELETE /reports/:id': {
    scope: 'reports',
    right: 'Manage',
    container: (request) => request.params['id']?.toString(),
  },
  'GET /health': 'public',
  'GET /me': 'authenticated',
  'GET /own': async (principal, request) => Promise.resolve(principal.kind === 'app' && request.secure),
}

const s2s = createS2S(options)
passport.use(s2s.strategy)
passport.use('second', new S2SStrategy(options))
passport.use(
  new S2SStrategy({ ...options, passReqToCallback: false }, (principal, done) => {
    done(null, { id: principal.application.id })
  }),
)
passport.use(
  new S2SStrategy({ audience: 'https://a.example', trustedIssuers: [] }, async (principal) =>
    Promise.resolve({ id: principal.application.id }),
  ),
)
passport.use(
  new S2SStrategy({ ...options, passReqToCallback: true }, (request, principal) => ({
    id: principal.application.id,
    path: request.path,
  })),
)

const authenticate = passport.authenticate('s2s', { session: false }) as RequestHandler
const app = express()
app.use(requireTls())
app.use('/pair', authenticate, s2s.protectResources(resources))
app.use('/one', s2s.protect(resources, { preflight: 'pass' }))
app.use('/alone', authenticate, protectResources(resources))
app.get(
  '/route',
  s2s.requirePermission('reports.read'),
  requirePermission({ allOf: ['a', 'b'] }),
  (request, response) => {
    const { application, user, issuer }: S2SPrincipal = s2s.principalOf(request)
    response.json({ application: application.id, user: user?.upn, issuer, decision: decisionOf(request).required })
  },
)
app.use(s2s.errorResponder({ problemDetails: true }))
app.use(createErrorResponder())

export async function verifyOutsideExpress(token: string): Promise<string> {
  const verifier = createVerifier({ trustedIssuers: issuers, audience: 'https://reports.example.com' })
  try {
    return (await verifier.verify(token)).application.id
  } catch (error) {
    if (error instanceof TokenError) return error.code
    throw error instanceof S2SError && error.status === 503 ? new Error('later', { cause: error }) : error
  } finally {
    verifier.close()
  }
}

export const mustNotCompile = [
  // @ts-expect-error an unknown option
  (): unknown => createS2S({ ...options, trustedIssuer: issuers }),
  // @ts-expect-error nobody is trusted
  (): unknown => createS2S({ audience: 'https://reports.example.com' }),
  // @ts-expect-error a static issuer has keys
  (): TrustedIssuerOptions => ({ type: 'static', issuer: 'https://login.example.com' }),
  // @ts-expect-error an OAuth issuer knows no delegation
  (): TrustedIssuerOptions => ({ type: 'openid', issuer: 'https://login.example.com', allowDelegation: false }),
  (): TrustedIssuerOptions => ({ type: 'microsoft365', tenantId: 'guid', cloud: 'usgov' }),
  (): TrustedIssuerOptions => ({ type: 'microsoft365', tenants: ['guid'] }),
  // @ts-expect-error a tenancy has a tenant
  (): TrustedIssuerOptions => ({ type: 'microsoft365' }),
  // @ts-expect-error one tenant or a list
  (): TrustedIssuerOptions => ({ type: 'microsoft365', tenantId: 'guid', tenants: ['guid'] }),
  // @ts-expect-error the preset knows its algorithms
  (): TrustedIssuerOptions => ({ type: 'microsoft365', tenantId: 'guid', algorithms: ['ES256'] }),
  // @ts-expect-error delegation is never open to everybody
  (): TrustedIssuerOptions => ({ type: 's2s-metadata', metadataEndpoint: 'https://farm', allowDelegation: true }),
  // @ts-expect-error the unit is seconds
  (): TrustedIssuerOptions => ({ type: 'openid', issuer: 'https://login.example.com', clockToleranceSeconds: '10m' }),
  // @ts-expect-error any of or all of
  (): Resources => ({ 'GET /': { anyOf: ['a'], allOf: ['b'] } }),
  // @ts-expect-error not a right
  (): Resources => ({ 'GET /': { scope: 'a', right: 'Delete' } }),
  // @ts-expect-error principals are frozen
  (request: Request): unknown => (principalOf(request).issuer = 'another'),
]

/** Without the package redis: whatever has the shape of its client. */
export function withSharedState(client: RedisClient): S2SOptions {
  return { audience: 'https://reports.example.com', trustedIssuers: issuers, state: createRedisState(client) }
}
