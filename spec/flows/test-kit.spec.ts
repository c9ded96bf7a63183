import assert from 'node:assert/strict'
import express, { type Express, type RequestHandler } from 'express'
import { createHmac, createPublicKey, verify } from 'node:crypto'
import { after, describe, it } from 'node:test'
import { createS2S, type AuditEvent, type S2SOptions, type TrustedIssuerOptions } from 'passport-s2s'
import {
  createTestCertificate,
  createTestClock,
  createTestIssuer,
  forgedTokens,
  serveOverHttps,
  type Attack,
  type TestIssuer,
} from 'passport-s2s/testing'
import request from 'supertest'

const audience = 'https://reports.example.com'
const self = { clientId: 'reports', realm: 'realm-1', hosts: ['reports.example.com'] }
const s2sAudience = 'reports/reports.example.com@realm-1'
const clock = createTestClock()

interface KnownApp {
  readonly app: Express
  readonly auditEvents: readonly AuditEvent[]
  handlerCalls(this: void): number
}

/** An application of ours as a user writes it. */
function guardedApp(trusted: TrustedIssuerOptions, more: Partial<S2SOptions> = {}): KnownApp {
  const auditEvents: AuditEvent[] = []
  const s2s = createS2S({
    audience,
    self,
    clock,
    trustedIssuers: [trusted],
    onAuditEvent: (event) => auditEvents.push(event),
    ...more,
  })
  after(s2s.close)
  return { auditEvents, ...appBehind(s2s.protect({ 'GET /reports/:id': 'authenticated' }), s2s.errorResponder()) }
}

function appBehind(guard: RequestHandler, ...behind: express.ErrorRequestHandler[]): Omit<KnownApp, 'auditEvents'> {
  let calls = 0
  const app = express()
  app.use(guard)
  app.get('/reports/:id', (_request, response) => {
    calls += 1
    response.json({ report: 1 })
  })
  for (const handler of behind) app.use(handler)
  return { app, handlerCalls: () => calls }
}

const issuers = {
  openid: await createTestIssuer({ type: 'openid', audience, clock }),
  's2s-metadata': await createTestIssuer({ type: 's2s-metadata', audience: s2sAudience, clock }),
  's2s-certificate, a broker that may act for users': await createTestIssuer({
    type: 's2s-certificate',
    audience: s2sAudience,
    clock,
    issuerId: 'token-service',
    trust: { allowDelegation: { applications: ['c3ab8885-458f-4864-8804-1608145e2ac4'] } },
  }),
}

const userRights = (): string[] => ['reports.read']
const guarded = new Map<string, KnownApp>()

/** One issuer of each protocol is attacked in every way, the other in those that its keys and names decide. */
const families: Readonly<Record<string, readonly string[]>> = {
  's2s-metadata': ['cve-2026-55040', 'forged-actor-token', 'signed-outer-token', 'realm-swap', 'swapped-actor-token'],
}

for (const [name, issuer] of Object.entries(issuers)) {
  const { app, ...probes } = guardedApp(issuer.options, name.includes('users') ? { userRights } : {})
  guarded.set(name, { app, ...probes })
  describe(`attacks on ${name}`, async () => {
    const only = families[name]
    const options = { issuer, path: '/reports/1', ...(only === undefined ? {} : { families: only }) }
    for (const attack of await forgedTokens(options)) {
      it(attack.name, () => attack.expectRefused(app, probes))
    }
  })
}

describe('the three lines of README', async () => {
  const issuer = await createTestIssuer({ type: 'static', audience })
  const { app } = guardedApp(issuer.options, { clock: () => Date.now() / 1000 })

  for (const attack of await forgedTokens({ issuer, path: '/reports/1', families: ['token-lifetime'] })) {
    it(`${attack.name}, by the system clock`, () => attack.expectRefused(app))
  }
})

describe('tokens of a test issuer', () => {
  it('are accepted through supertest, and the keys were fetched in memory', async () => {
    const issuer = issuers.openid
    const { app } = guarded.get('openid') ?? assert.fail()
    const server = await serveOverHttps(app)
    const ask = (token: string): request.Test =>
      request(server.url).get('/reports/1').ca(server.ca).auth(token, { type: 'bearer' })
    await ask(issuer.appToken()).expect(200)
    await ask(issuer.userToken({ user: 'dana', scopes: ['reports.read'], roles: ['reader'] })).expect(200)
    await ask(issuer.appToken({ algorithm: 'ES256' })).expect(200)
    await ask(issuer.appToken({ claims: { exp: 1 } })).expect(401)
    assert.deepEqual(
      [...new Set(issuer.requests)],
      ['https://issuer.test/.well-known/openid-configuration', 'https://issuer.test/jwks'],
    )
    await server.close()
  })

  it('of an S2S issuer name applications and users', async () => {
    const name = 's2s-certificate, a broker that may act for users'
    const { app } = guarded.get(name) ?? assert.fail()
    const issuer = issuers[name]
    const server = await serveOverHttps(app)
    const ask = (token: string): request.Test =>
      request(server.url).get('/reports/1').ca(server.ca).auth(token, { type: 'bearer' })
    await ask(issuer.appToken()).expect(200)
    await ask(issuer.userToken({ user: { upn: 'dana@fabrikam.example' } })).expect(200)
    await ask(issuer.userToken({ actor: { claims: { trustedfordelegation: 'false' } } })).expect(401)
    await ask(issuer.acsUserToken()).expect(401)
    await server.close()
  })

  it('of ACS are accepted where they are believed', async () => {
    const issuer = await createTestIssuer({
      type: 's2s-metadata',
      audience: s2sAudience,
      clock,
      issuerId: 'token-service',
      applicationId: 'billing',
      trust: { acceptsUserTokens: true, allowDelegation: { applications: ['billing'] } },
    })
    const { app, ...probes } = guardedApp(issuer.options, { userRights })
    const server = await serveOverHttps(app)
    await request(server.url)
      .get('/reports/1')
      .ca(server.ca)
      .auth(issuer.acsUserToken(), { type: 'bearer' })
      .expect(200)
    assert.deepEqual(issuer.requests, ['https://issuer.test/_layouts/15/metadata/json/1'])
    for (const attack of await forgedTokens({ issuer, path: '/reports/1', families: ['acs-user-token'] })) {
      await attack.expectRefused(server, probes)
    }
    await server.close()
  })

  it('end when the clock moves on', async () => {
    const time = createTestClock(1_000_000)
    const issuer = await createTestIssuer({ type: 'static', audience, clock: time })
    const { app } = guardedApp(issuer.options, { clock: time })
    const server = await serveOverHttps(app)
    const token = issuer.appToken()
    const ask = (): request.Test => request(server.url).get('/reports/1').ca(server.ca).auth(token, { type: 'bearer' })
    await ask().expect(200)
    time.advance(700)
    await ask().expect(401)
    await server.close()
  })
})

/** What applications really do wrong; each must be found. */
const brokenGuards: Readonly<Record<string, (issuer: TestIssuer) => (token: string) => boolean>> = {
  'that decodes without verifying': () => (token) => claimsOf(token)['aud'] === audience,
  'that takes the algorithm from the header': (issuer) => (token) => {
    const [head = '', body = '', signature = ''] = token.split('.')
    const { alg } = readPart(head)
    if (alg === 'none') return true
    if (issuer.protocol !== 'oauth') return false
    const pem = issuer.keys.RS256.publicKey.export({ type: 'spki', format: 'pem' })
    if (alg === 'HS256') return createHmac('sha256', pem).update(`${head}.${body}`).digest('base64url') === signature
    return verifies(token, issuer.keys.RS256.publicKey)
  },
  'that takes the key from the header': (issuer) => (token) => {
    const { jwk } = readPart(token.split('.')[0] ?? '')
    if (issuer.protocol !== 'oauth') return false
    const given = typeof jwk === 'object' && jwk !== null && 'kty' in jwk && jwk.kty === 'RSA'
    return verifies(token, given ? createPublicKey({ key: jwk as never, format: 'jwk' }) : issuer.keys.RS256.publicKey)
  },
  'that verifies the signature and nothing else': (issuer) => (token) =>
    issuer.protocol === 'oauth' && verifies(token, issuer.keys.RS256.publicKey),
}

const foundIn: Readonly<Record<string, readonly string[]>> = {
  'that decodes without verifying': ['unsigned-token', 'algorithm-confusion', 'forged-signature', 'token-lifetime'],
  'that takes the algorithm from the header': ['unsigned-token', 'algorithm-confusion'],
  'that takes the key from the header': ['header-key-injection'],
  'that verifies the signature and nothing else': [
    'critical-header',
    'token-lifetime',
    'audience-mismatch',
    'issuer-spoofing',
    'token-type',
    'malformed-json',
  ],
}

function verifies(token: string, key: ReturnType<typeof createPublicKey>): boolean {
  const end = token.lastIndexOf('.')
  return verify('sha256', Buffer.from(token.slice(0, end)), key, Buffer.from(token.slice(end + 1), 'base64url'))
}

function readPart(part: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
}

function claimsOf(token: string): Record<string, unknown> {
  return readPart(token.split('.')[1] ?? '')
}

/** Answers 401 unless `accepts` says yes; whatever it throws is a refusal. */
function homemadeGuard(accepts: (token: string) => boolean): RequestHandler {
  return (incoming, response, next) => {
    try {
      if (accepts(String(incoming.headers.authorization).replace('Bearer ', ''))) {
        next()
        return
      }
    } catch {
      // A token that cannot be read.
    }
    response.status(401).set('WWW-Authenticate', 'Bearer').end()
  }
}

async function failuresOf(attacks: readonly Attack[], app: Express, probes = {}): Promise<Map<string, string>> {
  const failures = new Map<string, string>()
  for (const attack of attacks) {
    await attack.expectRefused(app, probes).catch((error: unknown) => {
      assert.ok(error instanceof assert.AssertionError)
      failures.set(attack.family, error.message)
    })
  }
  return failures
}

describe('an application that is broken is found', async () => {
  const issuer = issuers.openid
  const attacks = await forgedTokens({ issuer, path: '/reports/1', families: ['unsigned-token'] })
  for (const [name, makeGuard] of Object.entries(brokenGuards)) {
    it(`one ${name}`, async () => {
      const { app } = appBehind(homemadeGuard(makeGuard(issuer)))
      const found = foundIn[name] ?? []
      const failures = await failuresOf(await forgedTokens({ issuer, path: '/reports/1', families: found }), app)
      for (const family of found) assert.match(failures.get(family) ?? '', /: accepted: /, family)
    })
  }

  it('one that believes any actor token', async () => {
    const s2s = issuers['s2s-metadata']
    const { app } = appBehind(homemadeGuard((token) => claimsOf(token)['aud'] === s2sAudience))
    const failures = await failuresOf(await forgedTokens({ issuer: s2s, path: '/reports/1' }), app)
    for (const family of [
      'cve-2023-29357',
      'cve-2026-55040',
      'swapped-actor-token',
      'delegation-absent',
      'realm-swap',
    ]) {
      assert.match(failures.get(family) ?? '', /: accepted: /, family)
    }
  })

  const [attack] = attacks
  assert.ok(attack)

  it('one that refuses, but whose handler ran', async () => {
    const known = guarded.get('openid') ?? assert.fail()
    let calls = 0
    const app = express()
    app.use((_request, _response, next) => {
      calls += 1
      next()
    }, known.app)
    await assert.rejects(attack.expectRefused(app, { handlerCalls: () => calls }), /refused, but the handler ran/)
  })

  it('one that refuses for another reason than it should', async () => {
    const { app } = guarded.get('openid') ?? assert.fail()
    await assert.rejects(attack.expectRefused(app, { auditEvents: [] }), /refused for another reason/)
  })

  it('one that answers with another status', async () => {
    const { app } = appBehind((incoming, response, next) => {
      if (incoming.headers.authorization === `Bearer ${attack.token}`) response.status(500).end()
      else next()
    })
    await assert.rejects(attack.expectRefused(app), /not refused as expected/)
  })

  it('one that repeats the token in its answer', async () => {
    const { app } = appBehind((incoming, response, next) => {
      if (incoming.headers.authorization === `Bearer ${attack.token}`) response.status(401).send(attack.token)
      else next()
    })
    await assert.rejects(attack.expectRefused(app), /the answer repeats a part of the token/)
  })

  it('one that refuses everybody, every time it is asked', async () => {
    const { app } = appBehind(homemadeGuard(() => false))
    await assert.rejects(attack.expectRefused(app), /an honest token is answered with 401 too/)
    await assert.rejects(attack.expectRefused(app), /an honest token is answered with 401 too/)
  })
})

describe('what the kit refuses', () => {
  it('is an option that it does not know', async () => {
    const unknown = { code: 'ERR_S2S_OPTION_UNKNOWN' }
    const invalid = { code: 'ERR_S2S_OPTION_INVALID' }
    await assert.rejects(createTestIssuer({ type: 'static', audience, audiance: 'x' } as never), unknown)
    await assert.rejects(createTestIssuer({ type: 's2s-metadata', audience }), invalid)
    await assert.rejects(
      createTestIssuer({ type: 'static', audience, keyPairs: { RS256: { publicKey: 'x' } } } as never),
      invalid,
    )
    await assert.rejects(forgedTokens({ issuer: {} as never }), invalid)
    await assert.rejects(forgedTokens({ issuer: issuers.openid, familys: [] } as never), unknown)
    await assert.rejects(forgedTokens({ issuer: issuers.openid, families: ['no-such-family'] }), {
      ...invalid,
      message: /no-such-family, which is none of this protocol; there are unsigned-token, /,
    })
  })
})

it('certificates of the kit are made for what they are asked', async () => {
  const { certificatePem, x5t } = await createTestCertificate({ keyType: 'ec256' })
  assert.match(certificatePem, /^-----BEGIN CERTIFICATE-----/)
  assert.equal(Buffer.from(x5t, 'base64url').length, 20)
})
