import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Request, Response } from 'express'
import type { AuditEvent } from '../../lib/audit/audit-event.ts'
import { createAuditLog } from '../../lib/audit/audit-log.ts'
import { createGuardContext } from '../../lib/express/guard-context.ts'
import { decisionOf } from '../../lib/express/request-record.ts'
import {
  createResourceGuard,
  isPassedPreflight,
  judgeResource,
  type Resources,
} from '../../lib/express/resource-guard.ts'
import { createChallenges } from '../../lib/express/www-authenticate.ts'
import type { AuthenticatedCaller } from '../../lib/permissions/authenticate-caller.ts'
import { createPermissionSet } from '../../lib/permissions/scope.ts'
import { fixedClock } from '../support/clock.ts'
import { refusal } from '../support/refusal.ts'

const events: AuditEvent[] = []
const audit = createAuditLog({ clock: fixedClock, onAuditEvent: (event) => events.push(event) })
const context = createGuardContext({}, { audit, challenges: createChallenges(), userRights: undefined })
const caller = {
  principal: { kind: 'app', application: { id: 'svc' }, issuer: 'login' },
  effective: { source: 'token', permissions: createPermissionSet(['reports.read']) },
} as unknown as AuthenticatedCaller

const requestOf = (line: string, headers: object = {}): Request => {
  const [method, url] = line.split(' ')
  return { method, url, originalUrl: url, path: url, headers } as unknown as Request
}

const guard = createResourceGuard({
  'GET /reports/:id': 'reports.read',
  'GET /files/:name': { allOf: ['reports.read'], allowEncodedSlash: true },
  'GET /health': 'public',
  'PUT /reports/:id': ['reports.read', 'reports.write'],
} satisfies Resources)

const judge = (request: Request, as: AuthenticatedCaller | undefined): ReturnType<typeof judgeResource> =>
  judgeResource(guard, { request, response: {} as unknown as Response, context, caller: as })

describe('createResourceGuard', () => {
  it('compiles the table and lets no preflight pass by itself', () => {
    const made = createResourceGuard({ 'GET /a': 'public' })
    assert.equal(made.letsPreflightPass, false)
    assert.deepEqual(
      made.table.find('GET', '/a').map(({ name }) => name),
      ['GET /a'],
    )
  })

  it('takes its options', () => {
    assert.equal(createResourceGuard({ 'GET /a': 'public' }, { preflight: 'pass' }).letsPreflightPass, true)
    const deep = createResourceGuard({ 'GET /a/*rest': 'public' }, { pathSyntax: 'express5' })
    assert.equal(deep.table.find('GET', '/a/b/c').length, 1)
  })

  for (const { options, code, message } of [
    { options: { preflight: true }, code: 'ERR_S2S_OPTION_INVALID', message: 'options.preflight must be "pass"' },
    { options: { pathSyntax: 'express4' }, code: 'ERR_S2S_OPTION_INVALID', message: /must be "express5"$/ },
    {
      options: { preflights: 'pass' },
      code: 'ERR_S2S_OPTION_UNKNOWN',
      message: 'options.preflights is unknown; did you mean `preflight`?',
    },
  ] as const) {
    it(`refuses the options ${JSON.stringify(options)} and says the fix`, () => {
      assert.throws(() => createResourceGuard({ 'GET /a': 'public' }, options as object), refusal(code, message))
    })
  }

  it('refuses a table that cannot be meant', () => {
    assert.throws(() => createResourceGuard({ 'GET reports': 'a' }), refusal('ERR_S2S_OPTION_INVALID'))
    assert.throws(() => createResourceGuard({ 'GET /a/*rest': 'a' }), refusal('ERR_S2S_OPTION_INVALID', /express5/))
  })
})

describe('isPassedPreflight', () => {
  const passing = createResourceGuard({ 'GET /a': 'public' }, { preflight: 'pass' })
  const asking = { 'access-control-request-method': 'PUT' }
  const cors = { origin: 'https://a', ...asking }

  it('lets a preflight pass where that was asked for', () => {
    assert.equal(isPassedPreflight(requestOf('OPTIONS /a', cors), passing), true)
    assert.equal(isPassedPreflight(requestOf('OPTIONS /a', cors), guard), false)
  })

  for (const { name, line, headers } of [
    { name: 'of another method', line: 'GET /a', headers: cors },
    { name: 'without Origin', line: 'OPTIONS /a', headers: asking },
    { name: 'that asks for no method', line: 'OPTIONS /a', headers: { origin: 'https://a' } },
  ]) {
    it(`takes no request for a preflight ${name}`, () => {
      assert.equal(isPassedPreflight(requestOf(line, headers), passing), false)
    })
  }
})

describe('judgeResource', () => {
  it('lets a caller go on who holds what is required, and keeps the decision', async () => {
    const request = requestOf('GET /reports/1')
    assert.equal(await judge(request, caller), undefined)
    assert.deepEqual(decisionOf(request), { resource: 'GET /reports/:id', required: ['reports.read'], allowed: true })
    assert.ok(Object.isFrozen(decisionOf(request)) && Object.isFrozen(decisionOf(request).required))
    const { derivation } = decisionOf(request)
    assert.deepEqual([derivation.conclusion, derivation.permissions[0]?.application], ['allowed', 'held'])
    assert.deepEqual(
      events.splice(0).map((event) => [event.name, event.resource, event.derivation]),
      [['access.allowed', 'GET /reports/:id', derivation]],
    )
  })

  it('lets anybody go on to what is public', async () => {
    for (const as of [undefined, caller]) {
      const request = requestOf('GET /health')
      assert.equal(await judge(request, as), undefined)
      assert.deepEqual(decisionOf(request), { resource: 'GET /health', required: [], allowed: true })
      const { kind, needs, conclusion } = decisionOf(request).derivation
      assert.deepEqual([kind, needs, conclusion], [as?.principal.kind, 'nothing', 'allowed'])
      assert.deepEqual(events.pop()?.derivation, decisionOf(request).derivation)
    }
  })

  for (const line of ['GET /reports/1', 'GET /nothing']) {
    it(`asks for a caller for ${line}`, async () => {
      const request = requestOf(line)
      assert.equal((await judge(request, undefined))?.status, 401)
      assert.throws(() => decisionOf(request), refusal('ERR_S2S_NOT_PROTECTED'))
      assert.deepEqual(
        events.splice(0).map(({ name }) => name),
        ['request.rejected'],
      )
    })
  }

  for (const { line, code } of [
    { line: 'PUT /reports/1', code: 'ERR_S2S_SCOPE_MISSING' },
    { line: 'DELETE /reports/1', code: 'ERR_S2S_RESOURCE_NOT_LISTED' },
    { line: 'GET /nothing', code: 'ERR_S2S_RESOURCE_NOT_LISTED' },
    { line: 'GET /reports//1', code: 'ERR_S2S_PATH_AMBIGUOUS' },
    { line: 'GET /reports/a%2fb', code: 'ERR_S2S_PATH_AMBIGUOUS' },
    { line: 'GET /nothing/a%2fb', code: 'ERR_S2S_PATH_AMBIGUOUS' },
    { line: 'GET /files/a%2f..%2fb', code: 'ERR_S2S_PATH_AMBIGUOUS' },
  ] as const) {
    it(`refuses ${line} with ${code}, once in the audit log`, async () => {
      await assert.rejects(async () => judge(requestOf(line), caller), refusal(code))
      const [event, ...others] = events.splice(0)
      assert.deepEqual(others, [])
      assert.equal(event?.code, code)
      assert.equal(event.application?.id, 'svc')
    })
  }

  it('refuses an ambiguous path before it asks for a caller', async () => {
    await assert.rejects(async () => judge(requestOf('GET /health/..'), undefined), refusal('ERR_S2S_PATH_AMBIGUOUS'))
    const [event] = events.splice(0)
    assert.deepEqual([event?.name, event?.application], ['request.rejected', undefined])
  })

  it('takes %2f where every entry allows it', async () => {
    const request = requestOf('GET /files/a%2Fb')
    assert.equal(await judge(request, caller), undefined)
    assert.equal(decisionOf(request).resource, 'GET /files/:name')
    events.splice(0)
  })
})
