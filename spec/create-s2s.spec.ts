import assert from 'node:assert/strict'
import https from 'node:https'
import { after, describe, it } from 'node:test'
import type { Request, RequestHandler } from 'express'
import { Passport } from 'passport'
import { createS2S, type S2S } from '../lib/create-s2s.ts'
import type { S2SOptions } from '../lib/express/authenticate-request.ts'
import { S2SStrategy } from '../lib/express/s2s-strategy.ts'
import type { S2SPrincipal } from '../lib/identity/principal.ts'
import type { SigningKeyOptions } from '../lib/keys/signing-key.ts'
import type { S2SClientOptions } from '../lib/outgoing/client-options.ts'
import type { OAuthAuthentication } from '../lib/oauth/client-authentication-options.ts'
import { parseUnverifiedToken } from '../lib/tokens/unverified-token.ts'
import { makeCertificate } from './support/certificates.ts'
import { serveDocuments, startHttpsServer } from './support/https-server.ts'
import { bearer, sendThrough, type Outcome } from './support/one-request.ts'
import { refusal } from './support/refusal.ts'
import type { RawRequest } from './support/send-raw.ts'
import { makeWorld, self } from './support/world.ts'

const { options, oauth, otherOAuth } = await makeWorld()
const token = await oauth.token({ claims: { scope: 'reports.read' } })
const resources = { 'GET /reports/:id': 'reports.read' }

/** The pair form and the single middleware of one server. */
const forms: Readonly<Record<string, (s2s: S2S) => readonly RequestHandler[]>> = {
  'passport.authenticate and protectResources': (s2s) => {
    const passport = new Passport()
    passport.use(s2s.strategy)
    const authenticate = passport.authenticate('s2s', { session: false, failWithError: true }) as RequestHandler
    return [authenticate, s2s.protectResources(resources)]
  },
  protect: (s2s) => [s2s.protect(resources)],
  'protect and requirePermission': (s2s) => [
    s2s.protect({ 'GET /reports/:id': 'authenticated' }),
    s2s.requirePermission('reports.read'),
  ],
}

describe('createS2S', () => {
  for (const [form, guardOf] of Object.entries(forms)) {
    const s2s = createS2S(options)
    after(() => {
      s2s.close()
    })
    const send = (request: RawRequest): Promise<Outcome> =>
      sendThrough({ middleware: guardOf(s2s), errorHandler: s2s.errorResponder(), ...request })

    it(`guards with ${form}`, async () => {
      const { passed } = await send({ headers: bearer(token) })
      assert.ok(passed !== undefined)
      assert.equal(s2s.principalOf(passed).application.id, 'reporting')
      assert.equal(s2s.decisionOf(passed).resource, 'GET /reports/:id')

      const nobody = await send({})
      assert.equal(nobody.answer.status, 401)
      assert.equal(nobody.answer.headers['www-authenticate'], `Bearer realm="${self.realm}"`)
      assert.deepEqual(JSON.parse(nobody.answer.body), { error_description: 'A bearer token is required.' })

      const lacking = await send({ headers: bearer(await oauth.token()) })
      assert.equal(lacking.answer.status, 403)
      assert.equal((JSON.parse(lacking.answer.body) as { error: string }).error, 'insufficient_scope')
    })
  }

  it('has a strategy for Passport that is its own server', () => {
    const s2s = createS2S(options)
    assert.ok(s2s.strategy instanceof S2SStrategy)
    assert.equal(s2s.strategy.name, 's2s')
  })

  it('asks the verify callback', async () => {
    const s2s = createS2S({ ...options, passReqToCallback: true }, (_request: Request, principal: S2SPrincipal) => ({
      principal,
    }))
    const { passed } = await sendThrough({ middleware: [s2s.protect(resources)], headers: bearer(token) })
    assert.ok(passed !== undefined)
    assert.deepEqual(passed.user, { principal: s2s.principalOf(passed) })
  })

  it('answers errors as problem details where the server or the responder says so', async () => {
    const typeWith = async (
      problemDetails: boolean | undefined,
      own?: { problemDetails?: boolean },
    ): Promise<unknown> => {
      const s2s = createS2S({ ...options, ...(problemDetails === undefined ? {} : { problemDetails }) })
      const outcome = await sendThrough({
        middleware: [s2s.requirePermission('a')],
        errorHandler: s2s.errorResponder(own),
        plainHttp: true,
      })
      return outcome.answer.headers['content-type']
    }
    assert.equal(await typeWith(undefined), 'application/json; charset=utf-8')
    assert.equal(await typeWith(true), 'application/problem+json')
    assert.equal(await typeWith(undefined, { problemDetails: true }), 'application/problem+json')
    assert.equal(await typeWith(true, { problemDetails: false }), 'application/json; charset=utf-8')
  })

  it('takes the options of a table in both forms', () => {
    const s2s = createS2S(options)
    for (const guard of [s2s.protect, s2s.protectResources]) {
      assert.equal(typeof guard({ 'GET /a/*rest': 'a' }, { pathSyntax: 'express5' }), 'function')
      assert.throws(() => guard(resources, { preflight: true } as object), refusal('ERR_S2S_OPTION_INVALID'))
    }
  })

  it('throws for a request that nobody authenticated', () => {
    const s2s = createS2S(options)
    assert.throws(() => s2s.principalOf({}), refusal('ERR_S2S_NOT_PROTECTED'))
    assert.throws(() => s2s.decisionOf({}), refusal('ERR_S2S_NOT_PROTECTED'))
  })

  it('adds and removes issuers at run time', async () => {
    const s2s = createS2S({ ...options, trustedIssuers: [], grants: [] })
    const status = async (): Promise<number> => {
      const headers = bearer(await otherOAuth.token({ claims: { scope: 'reports.read' } }))
      return (await sendThrough({ middleware: [s2s.protect(resources)], headers })).answer.status
    }
    assert.equal(await status(), 401)
    s2s.trustedIssuers.add({ type: 'static', name: 'id', issuer: otherOAuth.issuer, jwks: otherOAuth.jwks() })
    assert.equal(await status(), 200)
    assert.deepEqual(s2s.trustedIssuers.list(), [{ name: 'id', issuerNames: [otherOAuth.issuer] }])
    assert.equal(s2s.trustedIssuers.remove('id'), true)
    assert.equal(await status(), 401)
    assert.deepEqual(s2s.trustedIssuers.list(), [])
  })

  it('fetches all keys when it is made ready, and says when it cannot', async () => {
    const server = await startHttpsServer(serveDocuments({ '/jwks': oauth.jwks() }))
    const trusted = { type: 'openid', issuer: oauth.issuer, jwksUri: `${server.url}/jwks`, ca: server.ca } as const
    const s2s = createS2S({ audience: 'https://a', trustedIssuers: [trusted] })
    await s2s.ready()
    assert.deepEqual(server.requests, ['GET /jwks'])
    s2s.close()
    const broken = createS2S({ audience: 'https://a', trustedIssuers: [{ ...trusted, jwksUri: `${server.url}/none` }] })
    await assert.rejects(broken.ready(), refusal('ERR_S2S_KEYS_UNREACHABLE'))
    broken.close()
    await server.close()
  })

  for (const { name, changes, code, message } of [
    {
      name: 'an unknown option',
      changes: { audiance: 'a' },
      code: 'ERR_S2S_OPTION_UNKNOWN',
      message: 'options.audiance is unknown; did you mean `audience`?',
    },
    {
      name: 'S2S issuers without self',
      changes: { self: undefined },
      code: 'ERR_S2S_OPTION_INVALID',
      message: /^self is missing; farm speaks S2S/,
    },
    {
      name: 'OAuth issuers without audience',
      changes: { audience: undefined },
      code: 'ERR_S2S_OPTION_INVALID',
      message: /^audience is missing for https:\/\/login\.example\.com/,
    },
    {
      name: 'delegation without userRights',
      changes: { userRights: undefined },
      code: 'ERR_S2S_OPTION_INVALID',
      message:
        "farm allows delegation: give userRights(user, request) or findProfiles, or write userRights: 'checked-by-handler'",
    },
    {
      name: 'a realm no client can read',
      changes: { realm: 'a"b' },
      code: 'ERR_S2S_OPTION_INVALID',
      message: /^realm cannot be written into a challenge/,
    },
  ] as const) {
    it(`refuses ${name} at start and says the fix`, () => {
      assert.throws(() => createS2S({ ...options, ...changes } as never), refusal(code, message))
    })
  }
})

describe('createS2S with our own keys', () => {
  const key = async (): Promise<SigningKeyOptions> => {
    const { privateKeyPem, certificatePem } = await makeCertificate({ commonName: 'Ours' })
    return { privateKey: privateKeyPem, certificate: certificatePem }
  }
  const withKeys = (current: SigningKeyOptions, changes: Partial<S2SOptions> = {}): S2S =>
    createS2S({ ...options, self: { ...self, signingKeys: { current } }, ...changes })

  it('publishes them, calls others with them, and ends its connections when it is closed', async () => {
    const s2s = withKeys(await key())
    const { x5t } = s2s.signingKeys().current()
    const { answer } = await sendThrough({
      middleware: [s2s.metadataRouter(), s2s.protect(resources)],
      path: '/.well-known/jwks.json',
    })
    assert.deepEqual(
      (JSON.parse(answer.body) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid),
      [x5t],
    )
    const seen: (string | undefined)[] = []
    const target = await startHttpsServer((request, response) => {
      seen.push(request.headers.authorization)
      response.end()
    })
    const client = s2s.client({ target: target.url, targetClientId: 'a', targetRealm: 'b', ca: target.ca })
    assert.equal((await client.fetch('/')).status, 200)
    const token = parseUnverifiedToken(seen[0]?.slice('Bearer '.length) ?? '')
    assert.equal(token.header.x5t, x5t)
    assert.equal(token.claims['nameid'], `${self.clientId}@${self.realm}`)
    s2s.close()
    await target.close()
  })

  it('refuses to do so without keys, and says the fix', () => {
    const s2s = createS2S(options)
    const fix = refusal('ERR_S2S_OPTION_INVALID', /^self\.signingKeys is missing; set self: \{/)
    assert.throws(() => s2s.metadataRouter(), fix)
    assert.throws(() => s2s.client({ target: 'https://a.example' }), fix)
    assert.throws(() => s2s.signingKeys(), fix)
  })

  it('never takes one of them for the key of an issuer, not even one that is published later', async () => {
    const [current, next] = [await key(), await key()]
    const trusting = (certificates: SigningKeyOptions['certificate']): S2SOptions['trustedIssuers'] => [
      { type: 's2s-certificate', name: 'farm', registeredIssuerName: 'id@realm', certificates },
    ]
    assert.throws(
      () => withKeys(current, { trustedIssuers: trusting(current.certificate), grants: [] }),
      refusal('ERR_S2S_OPTION_INVALID'),
    )
    const s2s = withKeys(current, { trustedIssuers: [], grants: [] })
    s2s.signingKeys().publishNext(next)
    const [late] = trusting(next.certificate)
    assert.ok(late !== undefined)
    assert.throws(() => {
      s2s.trustedIssuers.add(late)
    }, refusal('ERR_S2S_OPTION_INVALID'))
  })

  it('makes tokens that do not outlive their key', async () => {
    const current = await key()
    const s2s = createS2S({ ...options, self: { ...self, signingKeys: { current, longestTokenSeconds: 600 } } })
    const lifetimes: number[] = []
    const target = await startHttpsServer((request, response) => {
      const { claims } = parseUnverifiedToken(request.headers.authorization?.slice('Bearer '.length) ?? '')
      lifetimes.push(Number(claims['exp']) - Number(claims['nbf']))
      response.end()
    })
    const known = { target: target.url, targetClientId: 'a', targetRealm: 'b', ca: target.ca }
    await s2s.client(known).fetch('/')
    await s2s.client({ ...known, lifetimeSeconds: 60 }).fetch('/')
    assert.deepEqual(lifetimes, [600, 60])
    assert.throws(
      () => s2s.client({ ...known, lifetimeSeconds: 601 }),
      refusal(
        'ERR_S2S_OPTION_INVALID',
        /^lifetimeSeconds must be at most self\.signingKeys\.longestTokenSeconds \(600\)/,
      ),
    )
    s2s.close()
    await target.close()
  })

  it('uses its own ca and agent for calls unless others are given', async () => {
    const target = await startHttpsServer((_request, response) => response.end())
    const agent = new https.Agent()
    const known = { target: target.url, targetClientId: 'a', targetRealm: 'b' }
    const s2s = withKeys(await key(), { ca: target.ca, agent })
    const client = s2s.client(known)
    assert.equal((await client.fetch('/')).status, 200)
    client.close()
    await assert.rejects(client.fetch('/'), refusal('ERR_S2S_OUTGOING_REQUEST_INVALID'))
    const closedByServer = s2s.client(known)
    s2s.close()
    await assert.rejects(closedByServer.fetch('/'), refusal('ERR_S2S_OUTGOING_REQUEST_INVALID'))
    await target.close()
  })

  it('needs none of them for the tokens of an OAuth issuer, unless one must prove who we are', async () => {
    const s2s = createS2S(options)
    const oauthOptions = (authentication: OAuthAuthentication): S2SClientOptions => ({
      target: 'https://a.example',
      oauth: { issuer: 'https://login.example', clientId: 'reports', authentication },
    })
    const given = { type: 'private_key_jwt', key: await key() } as const
    assert.equal(typeof s2s.client(oauthOptions({ type: 'client_secret_basic', secret: 'a' })).fetch, 'function')
    assert.equal(typeof s2s.client(oauthOptions(given)).fetch, 'function')
    assert.throws(() => s2s.client(oauthOptions({ type: 'private_key_jwt' })), refusal('ERR_S2S_OPTION_INVALID'))
    const client = withKeys(given.key).client(oauthOptions({ type: 'private_key_jwt' }))
    assert.equal(typeof client.fetch, 'function')
    client.close()
    s2s.close()
  })
})
