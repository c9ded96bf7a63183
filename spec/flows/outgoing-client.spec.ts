import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import express, { type Express } from 'express'
import { createS2S, OutgoingError, type AuditEvent, type S2S, type S2SPrincipal, type SelfOptions } from 'passport-s2s'
import { makeMovableClock } from '../support/clock.ts'
import { makeFarm, type Farm } from '../support/farm.ts'
import { startHttpsServer, type LocalServer } from '../support/https-server.ts'
import { makeOutgoingCaller, type OutgoingCaller } from '../support/outgoing-caller.ts'
import { sendRaw } from '../support/send-raw.ts'
import { caller, target } from '../support/target.ts'
import { dana } from '../support/world.ts'

/** An application guarded by passport-s2s, whose configuration can be replaced while it runs. */
interface GuardedTarget extends LocalServer {
  readonly s2s: () => S2S
  readonly events: AuditEvent[]
  /** Who called the handlers, with the body that came. */
  readonly calls: { caller: S2SPrincipal; body: string }[]
  configure(self?: Partial<SelfOptions>): void
}

const time = makeMovableClock()
const { clock } = time
const application = { id: caller.clientId, realm: caller.realm }
const farmClient = 'c3ab8885-458f-4864-8804-1608145e2ac4'

/** Starts an application that trusts `source` and, as a partner that may name users, `farm`. */
async function startTargetApp(source: OutgoingCaller, farm: Farm): Promise<GuardedTarget> {
  let app: Express = express()
  let s2s: S2S | undefined
  const events: AuditEvent[] = []
  const calls: GuardedTarget['calls'] = []
  const server = await startHttpsServer((request, response) => {
    app(request, response)
  })

  function configure(self: Partial<SelfOptions> = {}): void {
    const configured = createS2S({
      self: { ...target, hosts: [`localhost:${server.port}`], advertise: true, ...self },
      clock,
      trustedIssuers: [issuerOf('caller', source.issuerName, source.certificate.certificatePem), issuerOfFarm(farm)],
      grants: ['caller', 'farm'].map((issuer) => ({
        issuer,
        application: issuer === 'caller' ? caller.clientId : farmClient,
        permissions: ['reports.read', 'reports.write'],
        appOnly: true,
      })),
      userRights: () => ['reports.read'],
      onAuditEvent: (event) => events.push(event),
    })
    s2s?.close()
    s2s = configured
    app = express()
    app.use(express.text({ type: '*/*' }))
    app.use(configured.protect({ 'GET /reports/:id': 'reports.read', 'POST /reports': 'reports.write' }))
    app.use((request, response) => {
      const body: unknown = request.body
      calls.push({ caller: configured.principalOf(request), body: typeof body === 'string' ? body : '' })
      response.json({ path: request.path })
    })
  }

  configure()
  const close = (): Promise<void> => {
    s2s?.close()
    return server.close()
  }
  return { ...server, close, s2s: () => s2s as S2S, events, calls, configure }
}

function issuerOf(name: string, registeredIssuerName: string, certificates: string) {
  const application = registeredIssuerName.split('@')[0] ?? ''
  const allowDelegation = { applications: [application] }
  return { type: 's2s-certificate', name, registeredIssuerName, certificates, allowDelegation } as const
}

function issuerOfFarm(farm: Farm) {
  return issuerOf('farm', farm.issuerName, farm.certificate.certificatePem)
}

describe('a server that calls another one over https', () => {
  let source: OutgoingCaller
  let farm: Farm
  let app: GuardedTarget
  let client: ReturnType<S2S['client']>

  before(async () => {
    source = await makeOutgoingCaller(clock)
    farm = await makeFarm({
      realm: caller.realm,
      clientId: farmClient,
      issuerId: farmClient,
      audience: `${caller.clientId}/reports.example@${caller.realm}`,
      clock,
    })
    app = await startTargetApp(source, farm)
    client = source.s2s.client({ target: app.url, ca: app.ca })
  })
  afterEach(() => {
    app.calls.length = 0
    app.events.length = 0
  })
  after(async () => {
    client.close()
    source.s2s.close()
    await app.close()
  })

  it('calls as itself', async () => {
    const answer = await client.fetch('/reports/1')
    assert.deepEqual([answer.status, await answer.json()], [200, { path: '/reports/1' }])
    const [call] = app.calls
    assert.deepEqual([call?.caller.kind, call?.caller.application, call?.caller.user], ['app', application, undefined])
    assert.deepEqual(app.requests, ['GET /reports/1', 'GET /reports/1'])
  })

  it('calls for a user by explicit identifiers', async () => {
    const answer = await client.fetch('/reports/1', { onBehalfOf: { upn: 'DANA@fabrikam.example', nii: dana.nii } })
    assert.equal(answer.status, 200)
    const [call] = app.calls
    assert.deepEqual([call?.caller.kind, call?.caller.user?.upn], ['user+app', dana.upn])
    assert.deepEqual(call?.caller.application, application)
  })

  it('is refused what the user may not do, once, and not as itself instead', async () => {
    const init = { method: 'POST', body: 'a report' }
    const refused = await client.fetch('/reports', { ...init, onBehalfOf: { upn: dana.upn } })
    assert.equal(refused.status, 403)
    assert.deepEqual(app.calls, [])
    assert.deepEqual(
      app.events.filter(({ outcome }) => outcome === 'refused').map(({ code }) => code),
      ['ERR_S2S_USER_RIGHT_MISSING'],
    )
    assert.equal((await client.fetch('/reports', init)).status, 200)
    assert.deepEqual(
      app.calls.map(({ body, caller: { kind } }) => [body, kind]),
      [['a report', 'app']],
    )
  })

  it('asked who the target is once, and made one token for each user and for itself', () => {
    assert.equal(app.requests.filter((request) => request === 'GET /reports/1').length, 3)
    const minted = source.events.filter(({ name }) => name === 'token.minted')
    assert.deepEqual(
      minted.map(({ kind, user }) => [kind, user?.upn]),
      [
        ['app', undefined],
        ['user+app', 'DANA@fabrikam.example'],
        ['user+app', dana.upn],
      ],
    )
  })

  it('passes the user of an incoming call on', async () => {
    // The caller of this story is called itself: it guards its own resources.
    const guarded = createS2S({
      self: { ...caller, hosts: ['reports.example'] },
      clock,
      trustedIssuers: [issuerOfFarm(farm)],
      grants: [{ issuer: 'farm', application: farmClient, permissions: ['reports.read'] }],
      userRights: () => ['reports.read'],
    })
    const front = express()
    front.use(guarded.protect({ 'GET /reports/:id': 'reports.read' }))
    front.get('/reports/:id', async (request, response) => {
      const answer = await client.fetch(`/reports/${request.params.id}`, { onBehalfOf: guarded.principalOf(request) })
      response.status(answer.status).end(await answer.text())
    })
    const server = await startHttpsServer(front)
    const token = await farm.userToken({ nameid: dana.nameid, nii: dana.nii, upn: dana.upn })
    const { status, body } = await sendRaw(server, { headers: [['authorization', `Bearer ${token}`]] })
    guarded.close()
    await server.close()
    assert.deepEqual([status, body], [200, '{"path":"/reports/1"}'])
    assert.equal(app.calls.length, 1)
    for (const { caller: principal } of app.calls) {
      assert.deepEqual(principal.application, application)
      // The SID is not passed on: the middle server does not accept SIDs of that farm either.
      assert.deepEqual([principal.user?.upn, principal.user?.id], [dana.upn, undefined])
    }
  })

  it('makes new tokens before the old ones expire: no call is refused in a day', async () => {
    const count = source.events.length
    for (let minutes = 0; minutes < 24 * 60; minutes += 20) {
      assert.equal((await client.fetch('/reports/1')).status, 200)
      time.advance(20 * 60)
    }
    assert.deepEqual(
      app.events.filter(({ outcome }) => outcome === 'refused'),
      [],
    )
    const minted = source.events.slice(count).filter(({ name }) => name === 'token.minted')
    assert.ok(minted.length >= 18 && minted.length <= 36, String(minted.length))
  })

  it('learns the new name of a target that changed it, and repeats the call once with its body', async () => {
    await client.fetch('/reports/1')
    app.calls.length = 0
    app.events.length = 0
    const count = app.requests.length
    app.configure({ realm: '1e7b0a53-5d0c-4d0f-a9b5-0c5b5f6a9b11' })
    const post = { method: 'POST', headers: { 'content-type': 'text/plain' } }
    const stream = new Response('a report').body as ReadableStream
    const answer = await client.fetch('/reports', { ...post, body: stream, duplex: 'half' })
    assert.equal(answer.status, 200)
    assert.deepEqual(
      app.calls.map(({ body }) => body),
      ['a report'],
    )
    assert.deepEqual(app.requests.slice(count), ['POST /reports', 'GET /reports', 'POST /reports'])
    app.configure()
  })

  it('asks once when many calls find the name changed at the same time', async () => {
    await client.fetch('/reports/1')
    app.configure({ realm: '2e7b0a53-5d0c-4d0f-a9b5-0c5b5f6a9b11' })
    const count = app.requests.length
    const minted = source.events.length
    const answers = await Promise.all(Array.from({ length: 20 }, () => client.fetch('/reports/1')))
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    // Twenty calls were refused, one question was asked, twenty calls were repeated.
    const requests = app.requests.slice(count)
    assert.ok(requests.length <= 41, String(requests.length))
    assert.equal(source.events.slice(minted).filter(({ name }) => name === 'token.minted').length, 1)
    app.configure()
  })

  it('is told which side must act when the target does not trust it', async () => {
    const stranger = await makeOutgoingCaller(clock)
    app.s2s().trustedIssuers.remove('caller')
    const lonely = stranger.s2s.client({ target: app.url, ca: app.ca })
    await assert.rejects(lonely.fetch('/reports/1'), (error) => {
      assert.ok(error instanceof OutgoingError)
      assert.deepEqual([error.code, error.side], ['ERR_S2S_TARGET_DOES_NOT_TRUST_US', 'target'])
      return true
    })
    lonely.close()
    stranger.s2s.close()
    app.configure()
    assert.deepEqual(app.calls, [])
  })

  it('is told so too when its own authority is not known to it', async () => {
    const unsure = source.s2s.client({ target: app.url })
    await assert.rejects(unsure.fetch('/reports/1'), (error) => {
      assert.ok(error instanceof OutgoingError)
      assert.deepEqual([error.code, error.side], ['ERR_S2S_TARGET_UNREACHABLE', 'ours'])
      return true
    })
    unsure.close()
  })
})
