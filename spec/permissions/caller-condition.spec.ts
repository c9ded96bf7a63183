import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  deriveCaller,
  refusalOfCaller,
  type CallerCondition,
  type JudgedCaller,
} from '../../lib/permissions/caller-condition.ts'
import { decide, decideBeforeFunction, decideByFunction } from '../../lib/permissions/decide.ts'
import { explainDecision } from '../../lib/permissions/explain-decision.ts'
import { parseRequirement } from '../../lib/permissions/requirement.ts'
import { createPermissionSet } from '../../lib/permissions/scope.ts'

const alone: JudgedCaller = {
  kind: 'app',
  kindIsCertain: true,
  application: { id: 'backend' },
  user: undefined,
  issuerNames: ['login', 'https://login.example.com'],
}
const forUser: JudgedCaller = { ...alone, kind: 'user+app', user: { issuer: 'login', id: 'dana' } }
const untold: JudgedCaller = { ...forUser, kindIsCertain: false }
const nobody: JudgedCaller = { ...forUser, user: { issuer: 'login' } }
const farm: JudgedCaller = { ...forUser, application: { id: 'backend', realm: 'r' }, issuerNames: ['farm', 'x@r'] }

const only = (issuer: string, application: string): CallerCondition => ({ applications: [{ issuer, application }] })
const other = 'ERR_S2S_APPLICATION_NOT_ALLOWED'

describe('who may call', () => {
  const rows: readonly (readonly [string, CallerCondition, JudgedCaller | undefined, string | undefined])[] = [
    ['an application by the name of its issuer', only('login', 'backend'), alone, undefined],
    ['one by the iss of its token', only('https://login.example.com', 'backend'), alone, undefined],
    ['the same id of another issuer', only('other', 'backend'), alone, other],
    ['another letter case', only('login', 'Backend'), alone, other],
    ['an application with its realm', only('farm', 'backend@r'), farm, undefined],
    ['an application in any realm', only('farm', 'backend'), farm, undefined],
    ['another realm', only('farm', 'backend@q'), farm, other],
    ['a realm that an OAuth application has not', only('login', 'backend@r'), alone, other],
    ['nobody who says who it is', only('login', 'backend'), undefined, other],
    ['a call for a user', { onBehalfOf: 'user' }, forUser, undefined],
    ['a call for a user whom an S2S application names', { onBehalfOf: 'user' }, farm, undefined],
    ['an application on its own', { onBehalfOf: 'user' }, alone, 'ERR_S2S_APP_ONLY_NOT_ALLOWED'],
    ['a token that does not tell', { onBehalfOf: 'user' }, untold, 'ERR_S2S_APP_ONLY_NOT_ALLOWED'],
    ['a user who is not named', { onBehalfOf: 'user' }, nobody, 'ERR_S2S_APP_ONLY_NOT_ALLOWED'],
    ['nobody at all', { onBehalfOf: 'user' }, undefined, 'ERR_S2S_APP_ONLY_NOT_ALLOWED'],
    ['an application on its own, as demanded', { onBehalfOf: 'nobody' }, alone, undefined],
    ['a call for a user', { onBehalfOf: 'nobody' }, forUser, 'ERR_S2S_DELEGATION_NOT_ALLOWED'],
    ['a token that does not tell', { onBehalfOf: 'nobody' }, untold, 'ERR_S2S_DELEGATION_NOT_ALLOWED'],
    ['both conditions, of which one fails', { ...only('login', 'x'), onBehalfOf: 'user' }, forUser, other],
  ]
  for (const [name, condition, caller, code] of rows) {
    it(`${code === undefined ? 'may be' : 'may not be'} ${name}, of ${JSON.stringify(condition)}`, () => {
      assert.equal(refusalOfCaller(condition, caller)?.code, code)
    })
  }

  it('is told frozen', () => {
    assert.deepEqual(deriveCaller({ ...only('login', 'x'), onBehalfOf: 'user' }, alone), {
      application: 'not-listed',
      onBehalfOf: 'user',
      actsFor: 'nobody',
    })
    assert.ok(Object.isFrozen(deriveCaller({}, alone)))
  })
})

describe('a rule that says who may call', () => {
  const applications = [{ issuer: 'login', application: 'backend' }]
  const effective = { source: 'token', permissions: createPermissionSet(['reports:Write']) } as const
  const rule = parseRequirement({ scope: 'reports', right: 'Write', applications, onBehalfOf: 'user' }, 'rule')
  assert.ok(rule.type === 'right')
  const may = createPermissionSet(['reports:FullControl'])

  it('is one of any form, and needs nothing more where there is no other', () => {
    const caller = { applications, onBehalfOf: 'user' }
    assert.deepEqual(parseRequirement({ applications, onBehalfOf: 'user', shadow: true }, 'rule'), {
      ...{ type: 'authenticated', scopes: [], allowEncodedSlash: false, shadow: true, caller },
    })
    assert.deepEqual(parseRequirement({ onBehalfOf: 'user' }, 'rule').caller, { onBehalfOf: 'user' })
    const forms = [
      { scope: 'a' },
      { anyOf: ['a'] },
      { allOf: ['a'] },
      { scope: 'a', appRole: 'b' },
      { allows: () => true },
    ]
    for (const form of forms) {
      assert.deepEqual(parseRequirement({ ...form, applications }, 'rule').caller, { applications })
    }
  })

  for (const [name, value, message] of [
    ['an empty list', { applications: [] }, /applications is empty; leave it out, or leave the resource out/],
    ['applications without issuer', { applications: [{ application: 'a' }] }, /applications\[0\]\.issuer is missing/],
    ['applications as texts', { applications: ['a'] }, /applications\[0\] must be an object/],
    ['another word', { onBehalfOf: 'anybody' }, /onBehalfOf must be "user" or "nobody"/],
    ['undefined alone', { onBehalfOf: undefined }, /is no requirement; write applications or onBehalfOf/],
  ] as const) {
    it(`is refused with ${name}`, () => {
      assert.throws(() => parseRequirement(value as never, 'rule'), { code: 'ERR_S2S_OPTION_INVALID', message })
    })
  }

  it('lets the application do for a user what both may do', () => {
    const input = { requirement: rule, kind: 'user+app', effective, caller: forUser } as const
    assert.equal(decide({ ...input, userRights: may }).allowed, true)
    const reader = decide({ ...input, userRights: createPermissionSet(['reports:Read']) })
    assert.equal(reader.allowed || reader.code, 'ERR_S2S_USER_RIGHT_MISSING')
    const poor = { source: 'token', permissions: createPermissionSet([]) } as const
    const lacking = decide({ ...input, effective: poor, userRights: may })
    assert.equal(lacking.allowed || lacking.code, 'ERR_S2S_SCOPE_MISSING')
  })

  it('is open to nobody where nobody says who calls', () => {
    const decision = decide({ requirement: rule, kind: 'user+app', effective, userRights: may })
    assert.equal(decision.allowed || decision.code, other)
  })

  it('is explained', () => {
    const decision = decide({ requirement: rule, kind: 'app', effective, caller: alone })
    assert.deepEqual(explainDecision(decision.derive()).split('\n').slice(0, 4), [
      'The application acts on its own; its permissions are those in its token.',
      'The resource is for some applications only; this one is among them.',
      'The resource is for calls on behalf of a user only; this call is on behalf of nobody.',
      'The resource requires reports:Write, everywhere.',
    ])
    const stranger = decide({ requirement: rule, kind: 'app', effective, caller: { ...alone, issuerNames: ['x'] } })
    assert.match(explainDecision(stranger.derive()), /this one is not among them\./)
  })

  it('asks no function about those whom the resource is not for', () => {
    const requirement = parseRequirement({ allows: () => true, onBehalfOf: 'nobody' }, 'rule')
    const input = { requirement, kind: 'user+app', effective, caller: forUser } as const
    const refused = decideBeforeFunction(input)
    assert.ok(refused?.allowed === false)
    assert.deepEqual([refused.code, refused.missing], ['ERR_S2S_DELEGATION_NOT_ALLOWED', []])
    assert.deepEqual(refused.derive().caller, { onBehalfOf: 'nobody', actsFor: 'user' })
    assert.equal(decideBeforeFunction({ ...input, kind: 'app', caller: alone }), undefined)
    assert.deepEqual(decideByFunction(true, { ...input, caller: alone }).derive().caller, {
      onBehalfOf: 'nobody',
      actsFor: 'nobody',
    })
  })
})
