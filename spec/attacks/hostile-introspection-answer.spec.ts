import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { after, before, describe, it } from 'node:test'
import type { S2SOptions } from 'passport-s2s'
import { assertRefused } from '../support/attack.ts'
import { makeMovableClock, NOW } from '../support/clock.ts'
import { answers, drips, neverAnswers, neverEnds } from '../support/faults.ts'
import type { Fault } from '../support/failing-issuer.ts'
import { startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { startHttpServer, startHttpsServer, type LocalServer } from '../support/https-server.ts'
import {
  introspectionClient,
  startIntrospectionServer,
  type IntrospectionServer,
} from '../support/introspection-server.ts'
import { sendRaw } from '../support/send-raw.ts'
import { oauthAudience } from '../support/world.ts'

const time = makeMovableClock()
const json = { 'content-type': 'application/json' }
const unavailable = [503, 'ERR_S2S_INTROSPECTION_UNAVAILABLE'] as const
const inactive = [401, 'ERR_S2S_TOKEN_INACTIVE'] as const
const wrongClaim = [401, 'ERR_S2S_CLAIM_INVALID'] as const
const wrongType = [401, 'ERR_S2S_TOKEN_TYPE'] as const
const otherAudience = [401, 'ERR_S2S_AUDIENCE_MISMATCH'] as const

type Refused = readonly [status: number, code: string]

/** Members that are written into the usual answer about an active token; `undefined` leaves one out. */
const answersOfMembers: readonly (readonly [name: string, changes: Readonly<Record<string, unknown>>, Refused])[] = [
  ['active is false', { active: false }, inactive],
  ['active is a text', { active: 'true' }, unavailable],
  ['active is 1', { active: 1 }, unavailable],
  ['active is a list', { active: [true] }, unavailable],
  ['active is null', { active: null }, unavailable],
  ['active is missing', { active: undefined }, unavailable],
  ['iss is another issuer', { iss: 'https://other.example' }, [401, 'ERR_S2S_ISSUER_UNTRUSTED']],
  ['iss is a list', { iss: ['https://other.example'] }, wrongClaim],
  ['iss is empty', { iss: '' }, wrongClaim],
  ['aud is missing', { aud: undefined }, wrongClaim],
  ['aud is null', { aud: null }, wrongClaim],
  ['aud is an empty list', { aud: [] }, wrongClaim],
  ['aud is another server', { aud: 'https://billing.example.com' }, otherAudience],
  ['aud begins as ours', { aud: `${oauthAudience}.evil.example` }, otherAudience],
  ['aud has a number beside ours', { aud: [oauthAudience, 1] }, wrongClaim],
  ['aud is an object', { aud: { 0: oauthAudience } }, wrongClaim],
  ['exp has passed', { exp: NOW - 60 }, [401, 'ERR_S2S_TOKEN_EXPIRED']],
  ['exp is a text', { exp: String(NOW + 600) }, wrongClaim],
  ['exp is null', { exp: null }, wrongClaim],
  ['exp is negative', { exp: -1 }, wrongClaim],
  ['nbf lies ahead', { nbf: NOW + 61 }, [401, 'ERR_S2S_TOKEN_NOT_YET_VALID']],
  ['nbf is a text', { nbf: '0' }, wrongClaim],
  ['iat lies ahead', { iat: NOW + 600 }, [401, 'ERR_S2S_TOKEN_NOT_YET_VALID']],
  ['client_id is missing', { client_id: undefined, sub: 'ana' }, wrongClaim],
  ['client_id is an object', { client_id: { id: 'billing' } }, wrongClaim],
  ['sub is a number', { sub: 7 }, wrongClaim],
  ['username is a list', { username: ['ana'] }, wrongClaim],
  ['token_type is missing, as for a refresh token', { token_type: undefined }, wrongType],
  ['token_type is another', { token_type: 'mac' }, wrongType],
  ['token_type is a list', { token_type: ['Bearer'] }, wrongClaim],
  ['token_use is that of a refresh token', { token_use: 'refresh_token' }, wrongType],
  ['typ is that of a refresh token', { typ: 'Refresh' }, wrongType],
  ['it is an ID token', { at_hash: 'x' }, wrongType],
  ['it has an actor token', { actortoken: 'a.b.c' }, wrongClaim],
  [
    'it is bound to a key',
    { cnf: { jkt: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs' } },
    [401, 'ERR_S2S_TOKEN_BOUND'],
  ],
  ['it is a DPoP token of no key', { token_type: 'DPoP' }, [401, 'ERR_S2S_TOKEN_BOUND']],
  ['it is bound to nothing we know', { cnf: {} }, [401, 'ERR_S2S_TOKEN_BOUND']],
]

/** Whole answers. `usual` is the answer that would let the token in. */
const wholeAnswers: readonly (readonly [name: string, fault: (usual: string) => Fault, Refused])[] = [
  ['a list of answers', (usual) => answers(200, `[${usual}]`, json), unavailable],
  ['nothing', () => answers(200, '', json), unavailable],
  ['a text', () => answers(200, '"active"', json), unavailable],
  ['true', () => answers(200, 'true', json), unavailable],
  [
    'active twice, the good one last',
    (usual) => answers(200, usual.replace('{', '{"active":false,'), json),
    unavailable,
  ],
  [
    'active twice, spelt with an escape',
    (usual) => answers(200, usual.replace('{', '{"\\u0061ctive":true,'), json),
    unavailable,
  ],
  ['a member __proto__', (usual) => answers(200, usual.replace('{', '{"__proto__":{},'), json), unavailable],
  [
    'what is not UTF-8',
    (usual) => answers(200, Buffer.from(usual.replace('billing', 'b\u00ff'), 'latin1'), json),
    unavailable,
  ],
  ['JSON and more', (usual) => answers(200, `${usual} x`, json), unavailable],
  ['another content type', (usual) => answers(200, usual, { 'content-type': 'text/html' }), unavailable],
  ['no content type', (usual) => answers(200, usual), unavailable],
  [
    'a signed answer (RFC 9701)',
    (usual) => answers(200, usual, { 'content-type': 'application/token-introspection+jwt' }),
    unavailable,
  ],
  ['a compressed answer', (usual) => answers(200, usual, { ...json, 'content-encoding': 'gzip' }), unavailable],
  ['a good answer with status 201', (usual) => answers(201, usual, json), unavailable],
  ['a good answer with status 400', (usual) => answers(400, usual, json), unavailable],
  ['a good answer with status 500', (usual) => answers(500, usual, json), unavailable],
  ['status 204', () => answers(204, ''), unavailable],
  ['status 401', () => answers(401, '{"error":"invalid_client"}', json), unavailable],
  ['status 403', () => answers(403, '{"error":"access_denied"}', json), unavailable],
  ['status 429', () => answers(429, '{"error":"slow_down"}', json), unavailable],
  ['status 999', () => answers(999, '{}', json), unavailable],
  ['that it knows no such tokens', () => answers(400, '{"error":"unsupported_token_type"}', json), inactive],
  ['more than it may', (usual) => answers(200, usual.replace('{', `{"x":"${'x'.repeat(33_000)}",`), json), unavailable],
  ['without end', () => neverEnds, unavailable],
  ['byte after byte', () => drips, unavailable],
  ['never', () => neverAnswers, unavailable],
  ['by closing the connection', () => ({ answer: (_, response) => response.destroy() }), unavailable],
]

describe('a hostile answer about an opaque token', () => {
  let issuer: IntrospectionServer
  let app: GuardedApp
  let canary: LocalServer
  let plainCanary: LocalServer

  before(async () => {
    issuer = await startIntrospectionServer(time.clock)
    const steal = (_request: unknown, response: ServerResponse): void => {
      response.writeHead(200, json).end(issuer.answer())
    }
    canary = await startHttpsServer(steal)
    plainCanary = await startHttpServer(steal)
    app = await startGuardedApp({
      form: 'protect',
      s2s: optionsFor(issuer),
      resources: { 'GET /reports/:id': 'reports.read' },
    })
  })
  after(async () => {
    await Promise.all([app.close(), issuer.close(), canary.close(), plainCanary.close()])
  })

  async function assertRefusedBy(fault: Fault, [status, code]: Refused): Promise<void> {
    // So that the failures before it do not count.
    time.advance(60)
    const token = issuer.token()
    issuer.fault = fault
    try {
      const startedAt = performance.now()
      await assertRefused(app, { name: '', token, status, code })
      assert.ok(performance.now() - startedAt < 2000, 'it is answered in time')
    } finally {
      issuer.fault = undefined
    }
    await assertHealthy()
  }

  /** The bad answer is not remembered for others, and the issuer is asked again. */
  async function assertHealthy(): Promise<void> {
    const answer = await sendRaw(app, { headers: [['Authorization', `Bearer ${issuer.token()}`]] })
    assert.equal(answer.status, 200, answer.body)
  }

  for (const [name, changes, refused] of answersOfMembers) {
    it(`lets nobody in when ${name}`, async () => {
      const now = time.clock() + 60
      const moved = Object.fromEntries(
        Object.entries(changes).map(([member, value]) => [
          member,
          typeof value === 'number' && value > 1_000_000 ? value - NOW + now : value,
        ]),
      )
      await assertRefusedBy(
        { answer: (_, response) => response.writeHead(200, json).end(issuer.answer(moved)) },
        refused,
      )
    })
  }

  for (const [name, fault, refused] of wholeAnswers) {
    it(`lets nobody in when the issuer answers ${name}`, async () => {
      await assertRefusedBy(
        { answer: (request, response) => fault(issuer.answer()).answer?.(request, response) },
        refused,
      )
    })
  }

  for (const status of [301, 302, 307, 308]) {
    it(`is not looked for elsewhere (${status})`, async () => {
      for (const { url } of [canary, plainCanary]) {
        await assertRefusedBy(answers(status, '', { location: `${url}/introspect` }), unavailable)
      }
      assert.deepEqual([...canary.requests, ...plainCanary.requests], [])
    })
  }

  it('never stands in an event, nor does the token or our secret', () => {
    const told = JSON.stringify(app.events)
    assert.ok(issuer.questions.length > 60)
    for (const { form } of issuer.questions) assert.ok(!told.includes(form['token'] ?? '-'))
    assert.ok(!told.includes(introspectionClient.secret))
    assert.deepEqual(app.failures, [])
  })
})

function optionsFor(issuer: IntrospectionServer): S2SOptions {
  return { audience: oauthAudience, clock: time.clock, trustedIssuers: [issuer.trust({ timeoutMilliseconds: 300 })] }
}
