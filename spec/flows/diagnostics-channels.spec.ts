import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { after, before, describe, it, type TestContext } from 'node:test'
import express from 'express'
import { createS2S, protectResources, requirePermission, requireTls, type S2S } from 'passport-s2s'
import { createVerifier } from 'passport-s2s/verifier'
import { NOW } from '../support/clock.ts'
import { forms, guardOf, startGuardedApp } from '../support/guarded-app.ts'
import { serveDocuments, startHttpServer, startHttpsServer, type LocalServer } from '../support/https-server.ts'
import { bearer, sendThrough } from '../support/one-request.ts'
import { sendRaw } from '../support/send-raw.ts'
import { flipSignatureBit } from '../support/tokens.ts'
import { makeWorld } from '../support/world.ts'

const { farm, oauth, options } = await makeWorld()
const good = await oauth.token({ claims: { scope: 'reports.read' } })
const resources = { 'GET /reports/:id': 'reports.read' }

interface Heard {
  readonly event: string
  /** As it was when it was published. */
  readonly message: Readonly<Record<string, unknown>>
  readonly source: unknown
}

/** Hears a channel, or all events of a tracing channel, until the test ends. */
function hear(test: TestContext, name: string): Heard[] {
  const heard: Heard[] = []
  const events = ['start', 'end', 'asyncStart', 'asyncEnd', 'error']
  const names = name.startsWith('tracing:') ? events.map((event) => `${name}:${event}`) : [name]
  for (const each of names) {
    const listener = (given: unknown): void => {
      const { source, durationSeconds, ...message } = given as Record<string, unknown>
      if (durationSeconds !== undefined) assert.ok(typeof durationSeconds === 'number' && durationSeconds > 0)
      const ended = durationSeconds === undefined ? {} : { ended: true }
      heard.push({ event: each.split(':').at(-1) ?? '', message: { ...message, ...ended }, source })
    }
    subscribe(each, listener)
    test.after(() => unsubscribe(each, listener))
  }
  return heard
}

const shown = (heard: readonly Heard[]): readonly unknown[] => heard.map(({ event, message }) => [event, message])

describe('the verification channel', () => {
  it('tells start and end of what is decided at once', async (test) => {
    const heard = hear(test, 'tracing:passport-s2s:verification')
    const verifier = createVerifier({ ...verifierOptions() })
    await verifier.verify(good)
    await verifier.verify(good)
    await assert.rejects(verifier.verify(flipSignatureBit(good)))
    const accepted = { outcome: 'accepted', issuer: 'login', ended: true }
    const refused = { outcome: 'refused', code: 'ERR_S2S_SIGNATURE_INVALID', isRemembered: false, ended: true }
    assert.deepEqual(shown(heard), [
      ['start', {}],
      ['end', { ...accepted, isRemembered: false }],
      ['start', {}],
      ['end', { ...accepted, isRemembered: true }],
      ['start', {}],
      ['error', refused],
      ['end', refused],
    ])
    assert.equal(new Set(heard.map(({ source }) => source)).size, 1, 'one source for one server')
    verifier.close()
  })

  it('tells the rest later when keys are fetched, and so does the key refresh channel', async (test) => {
    const server = await startHttpsServer(serveDocuments({ '/jwks': oauth.jwks() }))
    test.after(() => server.close())
    const verifications = hear(test, 'tracing:passport-s2s:verification')
    const refreshes = hear(test, 'tracing:passport-s2s:key-refresh')
    const trusted = { type: 'openid', name: 'remote', issuer: oauth.issuer, ca: server.ca } as const
    const verifier = createVerifier({
      ...verifierOptions(),
      trustedIssuers: [{ ...trusted, jwksUri: `${server.url}/jwks` }],
    })
    const broken = createVerifier({
      ...verifierOptions(),
      trustedIssuers: [{ ...trusted, jwksUri: `${server.url}/x` }],
    })
    await verifier.verify(good)
    await assert.rejects(broken.verify(good))
    const waiting = { isRemembered: false }
    const accepted = { ...waiting, outcome: 'accepted', issuer: 'remote', ended: true }
    const unavailable = { ...waiting, outcome: 'unavailable', code: 'ERR_S2S_KEYS_UNREACHABLE', ended: true }
    assert.deepEqual(shown(verifications), [
      ['start', {}],
      ['end', waiting],
      ['asyncStart', accepted],
      ['asyncEnd', accepted],
      ['start', {}],
      ['end', waiting],
      ['error', unavailable],
      ['asyncStart', unavailable],
      ['asyncEnd', unavailable],
    ])
    const failed = { issuer: 'remote', outcome: 'failed', code: 'ERR_S2S_KEYS_UNREACHABLE', ended: true }
    assert.deepEqual(shown(refreshes.filter(({ event }) => event !== 'asyncStart')), [
      ['start', { issuer: 'remote' }],
      ['end', { issuer: 'remote' }],
      ['asyncEnd', { issuer: 'remote', outcome: 'refreshed', ended: true }],
      ['start', { issuer: 'remote' }],
      ['end', { issuer: 'remote' }],
      ['error', failed],
      ['asyncEnd', failed],
    ])
    const sources = (heard: readonly Heard[]): unknown => new Set(heard.map(({ source }) => source))
    assert.deepEqual(sources(refreshes), sources(verifications))
    verifier.close()
    broken.close()
  })
})

describe('the call channel', () => {
  let s2s: S2S
  let target: LocalServer
  before(async () => {
    target = await startHttpsServer((request, response) => {
      if (request.url !== '/never') response.writeHead(request.url === '/gone' ? 404 : 200).end()
    })
    const { certificatePem: certificate, privateKeyPem: privateKey } = farm.certificate
    assert.ok(options.self !== undefined)
    const self = { ...options.self, signingKeys: { current: { certificate, privateKey } } }
    s2s = createS2S({ ...options, self, trustedIssuers: [], grants: [] })
  })
  after(async () => {
    s2s.close()
    await target.close()
  })

  it('tells host and outcome of a call, never path or query', async (test) => {
    const heard = hear(test, 'tracing:passport-s2s:call')
    const client = s2s.client({ target: target.url, targetClientId: 'a', targetRealm: 'b', ca: target.ca })
    await client.fetch('/secret-path?secret=query')
    await client.fetch('/gone', { method: 'post' })
    await assert.rejects(client.fetch('/never', { signal: AbortSignal.timeout(20) }))
    await assert.rejects(client.fetch('https://elsewhere.example/', { method: 'SECRET-METHOD' }))
    const to = { serverAddress: 'localhost', serverPort: target.port, ended: true }
    assert.deepEqual(shown(heard.filter(({ event }) => event === 'asyncEnd')), [
      ['asyncEnd', { ...to, method: 'GET', outcome: 'answered', statusCode: 200 }],
      ['asyncEnd', { ...to, method: 'POST', outcome: 'answered', statusCode: 404 }],
      ['asyncEnd', { ...to, method: 'GET', outcome: 'aborted' }],
      ['asyncEnd', { ...to, method: '_OTHER', outcome: 'failed', code: 'ERR_S2S_OUTGOING_REQUEST_INVALID' }],
    ])
    assert.doesNotMatch(JSON.stringify(heard), /secret/i)
  })

  it('names the usual port', async (test) => {
    const heard = hear(test, 'tracing:passport-s2s:call')
    const client = s2s.client({ target: 'https://portal.example', targetClientId: 'a', targetRealm: 'b' })
    client.close()
    await assert.rejects(client.fetch('/'))
    assert.equal(heard[0]?.message['serverPort'], 443)
  })
})

describe('the decision channel', () => {
  it('is told of guards that stand alone, in the name of the server that authenticated', async (test) => {
    const heard = hear(test, 'passport-s2s:decision')
    const s2s = createS2S(options)
    const events: unknown[] = []
    const onAuditEvent = (event: unknown): void => void events.push(event)
    const [authenticate] = guardOf(s2s, { form: 'passport', resources })
    assert.ok(authenticate !== undefined)
    const middleware = [
      requireTls(),
      authenticate,
      protectResources(resources, { onAuditEvent }),
      requirePermission('reports.write'),
    ]
    await sendThrough({ middleware, headers: bearer(good) })
    await sendThrough({ middleware: [s2s.protect(resources)], headers: bearer(good) })
    await sendThrough({ middleware, plainHttp: true })
    assert.deepEqual(shown(heard), [
      ['decision', { outcome: 'allowed', issuer: 'login' }],
      ['decision', { outcome: 'refused', code: 'ERR_S2S_SCOPE_MISSING', issuer: 'login' }],
      ['decision', { outcome: 'allowed', issuer: 'login' }],
      ['decision', { outcome: 'refused', code: 'ERR_S2S_TLS_REQUIRED' }],
    ])
    const [first, second, third, fourth] = heard.map(({ source }) => source)
    assert.ok(first === second && second === third && third !== fourth)
    assert.equal(events.length, 1, 'and the guard has its own listener still')
    s2s.close()
  })

  it("is told of Passport without session: false, which is the developer's mistake", (test) => {
    const heard = hear(test, 'passport-s2s:decision')
    const s2s = createS2S(options)
    Object.assign(s2s.strategy, { error: () => undefined })
    s2s.strategy.authenticate(Object.create(null) as express.Request)
    assert.deepEqual(shown(heard), [['decision', { outcome: 'error', code: 'ERR_S2S_SESSION_REFUSED' }]])
    s2s.close()
  })
})

for (const form of forms) {
  describe(`subscribers that throw (${form})`, () => {
    it('are uncaught exceptions, as Node has it, and change no answer', async (test) => {
      const app = await startGuardedApp({ form, s2s: options, resources })
      const uncaught: string[] = []
      process.setUncaughtExceptionCaptureCallback((error) => uncaught.push(error.message))
      test.after(async () => {
        process.setUncaughtExceptionCaptureCallback(null)
        await app.close()
      })
      const fail = (_message: unknown, name: string | symbol): never => {
        throw new Error(String(name))
      }
      const names = ['start', 'end', 'error'].map((event) => `tracing:passport-s2s:verification:${event}`)
      for (const name of [...names, 'passport-s2s:decision']) {
        subscribe(name, fail)
        test.after(() => unsubscribe(name, fail))
      }
      for (const [token, status] of [
        [good, 200],
        [flipSignatureBit(good), 401],
      ] as const) {
        const calls = app.handlerCalls()
        assert.equal((await sendRaw(app, { headers: bearer(token) })).status, status)
        assert.equal(app.handlerCalls(), status === 200 ? calls + 1 : calls)
      }
      const [start, end, error] = names
      const decision = 'passport-s2s:decision'
      assert.deepEqual(uncaught, [start, end, decision, start, error, end, decision])
    })
  })
}

describe('plain http', () => {
  it('is told as a decision of its own, without a verification', async (test) => {
    const decisions = hear(test, 'passport-s2s:decision')
    const verifications = hear(test, 'tracing:passport-s2s:verification')
    const s2s = createS2S(options)
    const app = express()
    app.use(s2s.protect(resources))
    const server = await startHttpServer(app)
    assert.equal((await sendRaw(server, { headers: bearer(good) })).status, 403)
    assert.deepEqual(shown(decisions), [['decision', { outcome: 'refused', code: 'ERR_S2S_TLS_REQUIRED' }]])
    assert.deepEqual(verifications, [])
    s2s.close()
    await server.close()
  })
})

function verifierOptions(): Parameters<typeof createVerifier>[0] {
  const { audience, trustedIssuers } = options
  assert.ok(audience !== undefined)
  return { clock: () => NOW, audience, trustedIssuers: trustedIssuers.slice(2) }
}
