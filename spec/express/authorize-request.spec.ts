import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Request } from 'express'
import { createAuditLog } from '../../lib/audit/audit-log.ts'
import type { AuditEvent } from '../../lib/audit/audit-event.ts'
import { authorizeRequest } from '../../lib/express/authorize-request.ts'
import { createGuardContext, type GuardContext } from '../../lib/express/guard-context.ts'
import { createChallenges } from '../../lib/express/www-authenticate.ts'
import { UnavailableError } from '../../lib/foundation/errors.ts'
import type { AuthenticatedCaller } from '../../lib/permissions/authenticate-caller.ts'
import type { ResourceRequirement } from '../../lib/permissions/requirement-forms.ts'
import { parseRequirement } from '../../lib/permissions/requirement.ts'
import { createPermissionSet } from '../../lib/permissions/scope.ts'
import { fixedClock } from '../support/clock.ts'

interface Story {
  readonly requirement: ResourceRequirement<Request>
  readonly userRights?: GuardContext['userRights']
  readonly user?: object
  /** Default: as `user` says. */
  readonly kind?: 'user+app'
  readonly source?: 'token' | 'grants'
}

/** Authorizes one request of a caller that holds `reports.read` and `sites:Write`; gives the audit events. */
async function authorize({
  requirement,
  userRights,
  user,
  kind,
  source = 'token',
}: Story): Promise<readonly AuditEvent[]> {
  const events: AuditEvent[] = []
  const audit = createAuditLog({ clock: fixedClock, onAuditEvent: (event) => events.push(event) })
  const context = createGuardContext({}, { audit, challenges: createChallenges(), userRights })
  const permissions = createPermissionSet(['reports.read', { scope: 'sites', right: 'Write', container: '/sites/a' }])
  const principal = {
    kind: kind ?? (user === undefined ? 'app' : 'user+app'),
    application: { id: 'svc' },
    issuer: 'login',
    user,
  }
  const caller = { principal, effective: { source, permissions } } as unknown as AuthenticatedCaller
  const request = { method: 'GET', headers: {}, path: '/sites/a/1' } as unknown as Request
  const entry = { name: 'GET /x', requirement: parseRequirement(requirement, 'GET /x') }
  const decision = await Promise.resolve()
    .then(() => authorizeRequest([entry], { request, caller, context }))
    .finally(() => {
      lastEvents = events
    })
  assert.equal(decision.allowed, true)
  return events
}

/** Of the request that was authorized last, also when it was refused. */
let lastEvents: readonly AuditEvent[] = []

const dana = { issuer: 'login', id: 'dana' }

describe('authorizeRequest', () => {
  it('allows what the caller holds and says so', async () => {
    const [event, ...others] = await authorize({ requirement: 'reports.read' })
    assert.deepEqual(others, [])
    assert.equal(event?.name, 'access.allowed')
    assert.equal(event.resource, 'GET /x')
  })

  it('says how it came about, allowed or not', async () => {
    const right = { scope: 'sites', right: 'Read', container: () => '/sites/a/secret' } as const
    const [allowed] = await authorize({ requirement: right, user: dana, userRights: () => ['sites:Manage'] })
    assert.deepEqual(allowed?.derivation, {
      kind: 'user+app',
      source: 'token',
      needs: 'all',
      container: 'named',
      permissions: [{ required: 'sites:Read', application: 'held', given: [], user: 'held' }],
      conclusion: 'allowed',
    })
    await assert.rejects(authorize({ requirement: { ...right, right: 'Manage' }, source: 'grants' }))
    const [refused] = lastEvents
    assert.equal(refused?.name, 'access.denied')
    assert.deepEqual(refused.derivation, {
      kind: 'app',
      source: 'grants',
      needs: 'all',
      container: 'named',
      permissions: [{ required: 'sites:Manage', application: 'not-held', given: [], user: 'not-asked' }],
      conclusion: 'ERR_S2S_GRANT_MISSING',
    })
    await assert.rejects(authorize({ requirement: () => false }))
    assert.equal(lastEvents[0]?.derivation?.needs, 'function')
    assert.doesNotMatch(JSON.stringify([allowed, refused]), /secret/)
  })

  it('asks the container of a right', async () => {
    const right = { scope: 'sites', right: 'Read' } as const
    await authorize({ requirement: { ...right, container: (request) => request.path } })
    await assert.rejects(authorize({ requirement: { ...right, container: () => '/sites/b' } }), {
      code: 'ERR_S2S_SCOPE_MISSING',
    })
    await assert.rejects(authorize({ requirement: right }), { code: 'ERR_S2S_SCOPE_MISSING' })
  })

  it('lets a function judge: only true is true', async () => {
    await authorize({ requirement: () => true })
    await authorize({ requirement: () => Promise.resolve(true) })
    for (const answer of [false, undefined, 1, 'true', {}]) {
      const requirement = (() => answer) as unknown as ResourceRequirement<Request>
      await assert.rejects(authorize({ requirement }), { code: 'ERR_S2S_SCOPE_MISSING' })
      await assert.rejects(authorize({ requirement, source: 'grants' }), { code: 'ERR_S2S_GRANT_MISSING' })
    }
  })

  it("asks the user's own rights for a call on behalf of a user, and only then", async () => {
    const userRights = (): readonly string[] => []
    await authorize({ requirement: 'reports.read', userRights })
    await assert.rejects(authorize({ requirement: 'reports.read', userRights, user: dana }), {
      code: 'ERR_S2S_USER_RIGHT_MISSING',
    })
    await authorize({ requirement: 'reports.read', userRights: () => Promise.resolve(['reports.read']), user: dana })
    await authorize({ requirement: 'reports.read', userRights: 'checked-by-handler', user: dana })
  })

  it('holds that a user who is not named has no rights', async () => {
    const story = { requirement: 'reports.read', kind: 'user+app' } as const
    await assert.rejects(authorize({ ...story, userRights: () => assert.fail('not asked') }), {
      code: 'ERR_S2S_USER_RIGHT_MISSING',
    })
  })

  it('hands on the outage of a rights store, and the bug of a function', async () => {
    const down = new UnavailableError('ERR_S2S_PROFILES_UNAVAILABLE')
    const userRights = (): never => {
      throw down
    }
    await assert.rejects(authorize({ requirement: 'reports.read', userRights, user: dana }), down)
    const bug = new TypeError('a bug')
    await assert.rejects(authorize({ requirement: () => Promise.reject(bug) }), bug)
  })
})
