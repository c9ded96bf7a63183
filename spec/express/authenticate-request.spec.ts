import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Request } from 'express'
import type { AuditEvent } from '../../lib/audit/audit-event.ts'
import { createServer, type S2SOptions, type S2SServer } from '../../lib/express/authenticate-request.ts'
import { readCredential } from '../../lib/express/read-credential.ts'
import { decisionOf, principalOf, recordOf } from '../../lib/express/request-record.ts'
import type { S2SVerify, S2SVerifyDone } from '../../lib/express/verify-call.ts'
import { UnavailableError } from '../../lib/foundation/errors.ts'
import type { S2SPrincipal } from '../../lib/identity/principal.ts'
import { refusal } from '../support/refusal.ts'
import { makeWorld } from '../support/world.ts'

const { options, oauth } = await makeWorld()
const text = await oauth.token({ claims: { scope: 'reports.read' } })
const token = { kind: 'token', token: text, scheme: 'bearer' } as const

const requestWith = (changes: object = {}): Request =>
  ({ method: 'GET', url: '/', headers: { 'x-request-id': 'id-1' }, socket: { encrypted: true }, ...changes }) as never

function serverWith(verify?: S2SVerify, changes: Partial<S2SOptions> = {}): S2SServer & { events: AuditEvent[] } {
  const events: AuditEvent[] = []
  const onAuditEvent = (event: AuditEvent): unknown => events.push(event)
  return {
    ...createServer({ ...options, correlationIdHeader: 'X-Request-Id', onAuditEvent, ...changes }, { verify }),
    events,
  }
}

describe('createServer', () => {
  it('registers the caller for this request and no other', async () => {
    const server = serverWith()
    const request = requestWith()
    const { caller, user, info } = await server.authenticate(request, token)
    assert.equal(user, caller.principal)
    assert.equal(info, undefined)
    assert.equal(principalOf(request), caller.principal)
    assert.equal(recordOf(request).context, server.context)
    assert.throws(() => principalOf(requestWith()), refusal('ERR_S2S_NOT_PROTECTED'))
    assert.throws(() => decisionOf(request), refusal('ERR_S2S_NOT_PROTECTED'))
    assert.deepEqual(
      server.events.map(({ name, correlationId }) => [name, correlationId]),
      [['token.accepted', 'id-1']],
    )
  })

  it('takes the user and the info of the verify callback; the principal stays what it is', async () => {
    const verify = (request: Request, principal: S2SPrincipal, done: S2SVerifyDone): void => {
      done(null, { account: principal.application.id, method: request.method }, 'info')
    }
    const { user, info, caller } = await serverWith(verify, { passReqToCallback: true }).authenticate(
      requestWith(),
      token,
    )
    assert.deepEqual(user, { account: 'reporting', method: 'GET' })
    assert.equal(info, 'info')
    assert.equal(caller.principal.application.id, 'reporting')
  })

  for (const answer of [false, null, undefined]) {
    it(`refuses and registers nobody when the callback gives ${String(answer)}`, async () => {
      const server = serverWith(() => answer)
      const request = requestWith()
      await assert.rejects(async () => server.authenticate(request, token), refusal('ERR_S2S_CALLER_REFUSED'))
      assert.throws(() => principalOf(request), refusal('ERR_S2S_NOT_PROTECTED'))
      assert.deepEqual(
        server.events.map(({ name, code }) => [name, code]),
        [
          ['token.accepted', undefined],
          ['access.denied', 'ERR_S2S_CALLER_REFUSED'],
        ],
      )
    })
  }

  it('hands on what the callback throws, and tells the audit log of an outage', async () => {
    const bug = new TypeError('a bug')
    await assert.rejects(async () => serverWith(() => Promise.reject(bug)).authenticate(requestWith(), token), bug)
    const server = serverWith(() => Promise.reject(new UnavailableError('ERR_S2S_PROFILES_UNAVAILABLE')))
    await assert.rejects(async () => server.authenticate(requestWith(), token), refusal('ERR_S2S_PROFILES_UNAVAILABLE'))
    assert.equal(server.events.at(-1)?.name, 'verifier.unavailable')
  })

  it('registers nobody for a token that is refused', async () => {
    const server = serverWith()
    const request = requestWith()
    await assert.rejects(
      async () => server.authenticate(request, { ...token, token: 'a.b.c' }),
      refusal('ERR_S2S_TOKEN_MALFORMED'),
    )
    assert.throws(() => principalOf(request), refusal('ERR_S2S_NOT_PROTECTED'))
  })

  for (const { changes, code, message } of [
    {
      changes: { passReqToCallback: 1 },
      code: 'ERR_S2S_OPTION_INVALID',
      message: /^options\.passReqToCallback must be/,
    },
    { changes: { hsts: true }, code: 'ERR_S2S_OPTION_INVALID', message: /^options\.hsts must be false or an object/ },
    { changes: { clock: 5 }, code: 'ERR_S2S_OPTION_INVALID', message: /^options\.clock must be a function/ },
    {
      changes: { trustedIssuer: [] },
      code: 'ERR_S2S_OPTION_UNKNOWN',
      message: 'options.trustedIssuer is unknown; did you mean `trustedIssuers`?',
    },
    {
      changes: { trustedIssuers: [{ type: 'openid', issuer: 'http://login.example.com' }] },
      code: 'ERR_S2S_OPTION_INVALID',
      message: /^trustedIssuers\[0\]\.issuer must be an https address/,
    },
  ] as const) {
    it(`refuses ${JSON.stringify(changes)} at start and says the fix`, () => {
      assert.throws(() => createServer({ ...options, ...(changes as object) }), refusal(code, message))
    })
  }
})

describe('readCredential', () => {
  const { context, events } = serverWith()

  for (const { name, headers, expected } of [
    {
      name: 'a token',
      headers: { authorization: 'Bearer a.b.c' },
      expected: { kind: 'token', token: 'a.b.c', scheme: 'bearer' },
    },
    { name: 'none', headers: {}, expected: { kind: 'none' } },
    { name: 'the empty credential', headers: { authorization: 'Bearer' }, expected: { kind: 'empty' } },
    { name: 'another scheme', headers: { authorization: 'Basic YTpi' }, expected: { kind: 'other-scheme' } },
  ]) {
    it(`reads ${name} and says nothing yet`, () => {
      assert.deepEqual(readCredential(requestWith({ headers }), context), expected)
      assert.deepEqual(events, [])
    })
  }

  it('does not even look at a token that came over plain http', () => {
    const request = requestWith({ socket: {} })
    Object.defineProperty(request.headers, 'authorization', { get: () => 'Bearer a.b.c, Bearer a.b.c' })
    assert.throws(() => readCredential(request, context), refusal('ERR_S2S_TLS_REQUIRED'))
    assert.deepEqual(
      events.splice(0).map(({ name }) => name),
      ['token.exposed'],
    )
  })

  for (const { changes, code } of [
    { changes: { headers: { authorization: 'Bearer a, Bearer b' } }, code: 'ERR_S2S_HEADER_MALFORMED' },
    { changes: { url: '/?access_token=a' }, code: 'ERR_S2S_TOKEN_IN_QUERY' },
    { changes: { body: { access_token: 'a' } }, code: 'ERR_S2S_TOKEN_IN_BODY' },
  ] as const) {
    it(`refuses ${JSON.stringify(changes)} and tells the audit log`, () => {
      assert.throws(() => readCredential(requestWith(changes), context), refusal(code))
      assert.deepEqual(
        events.splice(0).map(({ name, outcome, code: heard }) => [name, outcome, heard]),
        [['request.rejected', 'refused', code]],
      )
    })
  }

  it('tells the audit log also of what is no refusal of ours', () => {
    const request = requestWith()
    Object.defineProperty(request, 'body', {
      get: () => {
        throw new TypeError('a parser that is broken')
      },
    })
    assert.throws(() => readCredential(request, context), TypeError)
    assert.deepEqual(
      events.splice(0).map(({ name, code }) => [name, code]),
      [['request.rejected', undefined]],
    )
  })
})
