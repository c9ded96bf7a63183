import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DecisionDerivation, PermissionDerivation } from '../../lib/audit/audit-event.ts'
import {
  anonymousDerivation,
  decide,
  decideByFunction,
  type Decision,
  type DecisionInput,
  type DecidableRequirement,
} from '../../lib/permissions/decide.ts'
import {
  effectivePermissions,
  type CallerFacts,
  type EffectivePermissions,
} from '../../lib/permissions/effective-permissions.ts'
import { createMemoryGrants, type Grant } from '../../lib/permissions/grants.ts'
import type { ResourceRequirement } from '../../lib/permissions/requirement-forms.ts'
import { parseRequirement } from '../../lib/permissions/requirement.ts'
import { createPermissionSet, type Permission } from '../../lib/permissions/scope.ts'

function requirementOf(requirement: ResourceRequirement): DecidableRequirement {
  return parseRequirement(requirement, 'requirement') as DecidableRequirement
}

function token(...permissions: readonly Permission[]): EffectivePermissions {
  return { source: 'token', permissions: createPermissionSet(permissions) }
}

function grants(permissions: readonly Permission[], withheld?: readonly Permission[]): EffectivePermissions {
  const held = { source: 'grants', permissions: createPermissionSet(permissions) } as const
  return withheld === undefined ? held : { ...held, withheld: createPermissionSet(withheld) }
}

interface Case extends Omit<DecisionInput, 'requirement'> {
  readonly name: string
  readonly requirement: ResourceRequirement
  readonly expected: { code?: string; required: readonly string[]; missing?: readonly string[] }
}

function check(cases: readonly Case[]): void {
  for (const { name, requirement, expected, ...input } of cases) {
    it(name, () => {
      const decision = decide({ ...input, requirement: requirementOf(requirement) })
      assert.deepEqual(decision.required, expected.required)
      assert.equal(decision.allowed ? undefined : decision.code, expected.code)
      assert.deepEqual(decision.allowed ? undefined : decision.missing, expected.missing)
      assertAgreement(decision)
    })
  }
}

describe('a decision about an application on its own', () => {
  const kind = 'app'
  check([
    {
      name: 'allows what is public',
      ...{ kind, requirement: 'public', effective: token() },
      expected: { required: [] },
    },
    {
      name: 'allows any verified caller where no permission is required',
      ...{ kind, requirement: 'authenticated', effective: grants([]) },
      expected: { required: [] },
    },
    {
      name: 'allows a scope that is held',
      ...{ kind, requirement: 'a', effective: token('a') },
      expected: { required: ['a'] },
    },
    {
      name: 'denies a scope that the token lacks',
      ...{ kind, requirement: 'a', effective: token('ab', 'A', 'b') },
      expected: { code: 'ERR_S2S_SCOPE_MISSING', required: ['a'], missing: ['a'] },
    },
    {
      name: 'denies a scope that was not granted',
      ...{ kind, requirement: 'a', effective: grants(['b']) },
      expected: { code: 'ERR_S2S_GRANT_MISSING', required: ['a'], missing: ['a'] },
    },
    {
      name: 'denies a scope that was granted for users only, and says so',
      ...{ kind, requirement: 'a', effective: grants([], ['a']) },
      expected: { code: 'ERR_S2S_APP_ONLY_NOT_ALLOWED', required: ['a'], missing: ['a'] },
    },
    {
      name: 'says that a grant is missing when what is withheld would not do either',
      ...{ kind, requirement: ['a', 'b'], effective: grants([], ['a']) },
      expected: { code: 'ERR_S2S_GRANT_MISSING', required: ['a', 'b'], missing: ['a', 'b'] },
    },
    {
      name: 'counts what is held and what is withheld together for the reason',
      ...{ kind, requirement: ['a', 'b'], effective: grants(['a'], ['b']) },
      expected: { code: 'ERR_S2S_APP_ONLY_NOT_ALLOWED', required: ['a', 'b'], missing: ['b'] },
    },
    {
      name: 'needs all of a list',
      ...{ kind, requirement: ['a', 'b'], effective: token('b') },
      expected: { code: 'ERR_S2S_SCOPE_MISSING', required: ['a', 'b'], missing: ['a'] },
    },
    {
      name: 'needs one of anyOf',
      ...{ kind, requirement: { anyOf: ['a', 'b'] }, effective: token('b') },
      expected: { required: ['a', 'b'] },
    },
    {
      name: 'denies when none of anyOf is held',
      ...{ kind, requirement: { anyOf: ['a', 'b'] }, effective: token('c') },
      expected: { code: 'ERR_S2S_SCOPE_MISSING', required: ['a', 'b'], missing: ['a', 'b'] },
    },
    {
      name: 'says that anyOf may be used for users only when one of it is withheld',
      ...{ kind, requirement: { anyOf: ['a', 'b'] }, effective: grants(['c'], ['b']) },
      expected: { code: 'ERR_S2S_APP_ONLY_NOT_ALLOWED', required: ['a', 'b'], missing: ['a', 'b'] },
    },
    {
      name: 'needs the role, not the scope',
      ...{ kind, requirement: { scope: 's', appRole: 'r' }, effective: token('s') },
      expected: { code: 'ERR_S2S_SCOPE_MISSING', required: ['r'], missing: ['r'] },
    },
    {
      name: 'allows the role',
      ...{ kind, requirement: { scope: 's', appRole: 'r' }, effective: token('r') },
      expected: { required: ['r'] },
    },
    {
      name: 'takes no notice of rights of a user',
      ...{ kind, requirement: 'a', effective: token('a'), userRights: createPermissionSet([]) },
      expected: { required: ['a'] },
    },
  ])
})

describe('a decision about an application that acts for a user', () => {
  const kind = 'user+app'
  const user = (...permissions: readonly Permission[]): Pick<DecisionInput, 'userRights'> => ({
    userRights: createPermissionSet(permissions),
  })
  check([
    {
      name: 'allows what both hold',
      ...{ kind, requirement: ['a', 'b'], effective: grants(['a', 'b', 'c']), ...user('b', 'a') },
      expected: { required: ['a', 'b'] },
    },
    {
      name: 'denies what the user lacks, and never falls back to the application on its own',
      ...{ kind, requirement: ['a', 'b'], effective: grants(['a', 'b']), ...user('a') },
      expected: { code: 'ERR_S2S_USER_RIGHT_MISSING', required: ['a', 'b'], missing: ['b'] },
    },
    {
      name: 'denies what the application lacks, whatever the user may do',
      ...{ kind, requirement: 'a', effective: grants([]), ...user('a') },
      expected: { code: 'ERR_S2S_GRANT_MISSING', required: ['a'], missing: ['a'] },
    },
    {
      name: 'needs one of anyOf that both hold',
      ...{ kind, requirement: { anyOf: ['a', 'b'] }, effective: token('a', 'b'), ...user('b') },
      expected: { required: ['a', 'b'] },
    },
    {
      name: 'denies anyOf when each holds another one',
      ...{ kind, requirement: { anyOf: ['a', 'b'] }, effective: token('a'), ...user('b') },
      expected: { code: 'ERR_S2S_USER_RIGHT_MISSING', required: ['a', 'b'], missing: ['a'] },
    },
    {
      name: 'needs the scope, not the role, of both',
      ...{ kind, requirement: { scope: 's', appRole: 'r' }, effective: token('s'), ...user('s') },
      expected: { required: ['s'] },
    },
    {
      name: 'does not take the role of the application for the scope',
      ...{ kind, requirement: { scope: 's', appRole: 'r' }, effective: token('r'), ...user('s') },
      expected: { code: 'ERR_S2S_SCOPE_MISSING', required: ['s'], missing: ['s'] },
    },
    {
      name: 'does not take the role of the user for the scope',
      ...{ kind, requirement: { scope: 's', appRole: 'r' }, effective: token('s'), ...user('r') },
      expected: { code: 'ERR_S2S_USER_RIGHT_MISSING', required: ['s'], missing: ['s'] },
    },
    {
      name: 'leaves the user to the handler where the developer says so',
      ...{ kind, requirement: 'a', effective: grants(['a']), userRights: 'checked-by-handler' },
      expected: { required: ['a'] },
    },
    {
      name: 'takes no notice of the user where no rights are configured',
      ...{ kind, requirement: 'a', effective: token('a'), userRights: undefined },
      expected: { required: ['a'] },
    },
    {
      name: 'needs nothing of the user where no permission is required',
      ...{ kind, requirement: 'authenticated', effective: grants([]), ...user() },
      expected: { required: [] },
    },
    {
      name: 'needs the right of both on the ladder',
      ...{ kind, requirement: { scope: 'lists', right: 'Write' }, effective: grants(['lists:FullControl']) },
      ...user('lists:Read'),
      expected: { code: 'ERR_S2S_USER_RIGHT_MISSING', required: ['lists:Write'], missing: ['lists:Write'] },
    },
    {
      name: 'needs the container of both',
      ...{ kind, requirement: { scope: 'lists', right: 'Read' }, effective: grants(['lists:Read']), container: '/b' },
      ...user({ scope: 'lists', right: 'Manage', container: '/a' }),
      expected: { code: 'ERR_S2S_USER_RIGHT_MISSING', required: ['lists:Read'], missing: ['lists:Read'] },
    },
  ])
})

describe('a decision about a right', () => {
  const requirement = { scope: 'lists', right: 'Write' } as const
  const required = ['lists:Write']
  const inSite = { scope: 'lists', right: 'Manage', container: '/sites/a' } as const
  const missing = { code: 'ERR_S2S_GRANT_MISSING', required, missing: required }
  const kind = 'app'
  check([
    { name: 'allows the right', kind, requirement, effective: grants(['lists:Write']), expected: { required } },
    {
      name: 'allows a higher right, anywhere',
      ...{ kind, requirement, effective: grants(['lists:FullControl']), container: '/sites/b' },
      expected: { required },
    },
    { name: 'denies a lower right', kind, requirement, effective: grants(['lists:Read']), expected: missing },
    { name: 'denies the bare scope', kind, requirement, effective: grants(['lists']), expected: missing },
    {
      name: 'allows a right in the container',
      ...{ kind, requirement, effective: grants([inSite]), container: '/sites/a' },
      expected: { required },
    },
    {
      name: 'allows a right above the container',
      ...{ kind, requirement, effective: grants([inSite]), container: '/sites/a/lists/b' },
      expected: { required },
    },
    {
      name: 'denies a right in another container',
      ...{ kind, requirement, effective: grants([inSite]), container: '/sites/ab' },
      expected: missing,
    },
    {
      name: 'denies a right that is limited to a container where the request names none',
      ...{ kind, requirement, effective: grants([inSite]), container: undefined },
      expected: missing,
    },
    {
      name: 'says that a right in the container may be used for users only',
      ...{ kind, requirement, effective: grants([], [inSite]), container: '/sites/a' },
      expected: { ...missing, code: 'ERR_S2S_APP_ONLY_NOT_ALLOWED' },
    },
    {
      name: 'takes a scope of a token with a right in its name for the right',
      ...{ kind, requirement, effective: token('lists:Manage') },
      expected: { required },
    },
  ])
})

describe('the reason of a denial', () => {
  it('names what is missing in words of the resource table only', () => {
    const reasonOf = (input: DecisionInput): string => {
      const decision: Decision = decide(input)
      return decision.allowed ? '' : decision.reason
    }
    const requirement = requirementOf(['a', 'b'])
    const user = { userRights: createPermissionSet(['hidden']) }
    assert.equal(
      reasonOf({ requirement, kind: 'app', effective: token('hidden') }),
      'the token of the application lacks: a, b',
    )
    assert.equal(
      reasonOf({ requirement, kind: 'app', effective: grants(['a']) }),
      'the application has no grant for: b',
    )
    assert.equal(
      reasonOf({ requirement, kind: 'app', effective: grants(['a'], ['b']) }),
      'the application may not use on its own (appOnly): b',
    )
    assert.equal(
      reasonOf({ requirement, kind: 'user+app', effective: grants(['a', 'b']), ...user }),
      'the user lacks: a, b',
    )
  })
})

describe("the decision of a resource's own function", () => {
  it('lets nothing pass but true', () => {
    for (const answer of [false, undefined, null, 1, 'true', {}, [true]]) {
      const decision = decideByFunction(answer, { requirement: {}, kind: 'app', effective: token('a') })
      assert.equal(decision.allowed ? 'allowed' : decision.code, 'ERR_S2S_SCOPE_MISSING')
    }
    assert.equal(decideByFunction(true, { requirement: {}, kind: 'app', effective: token() }).allowed, true)
  })

  it('is refused in the words of where the permissions come from, and says that a function judged', () => {
    const refused = decideByFunction(false, { requirement: {}, kind: 'user+app', effective: grants([]) })
    assert.ok(!refused.allowed)
    assert.deepEqual([refused.code, refused.required, refused.missing], ['ERR_S2S_GRANT_MISSING', [], []])
    assert.equal(refused.reason, "the resource's own function did not answer true")
    const common = { kind: 'user+app', source: 'grants', needs: 'function', permissions: [] } as const
    assert.deepEqual(refused.derive(), { ...common, conclusion: 'ERR_S2S_GRANT_MISSING' })
    const allowed = decideByFunction(true, { requirement: {}, kind: 'user+app', effective: grants([]) })
    assert.deepEqual(allowed.derive(), { ...common, conclusion: 'allowed' })
    assert.deepEqual(allowed.required, [])
  })
})

describe('the derivation of a decision', () => {
  it('is not worked out before somebody asks, and is frozen to the bottom', () => {
    let questions = 0
    const given = (): [] => {
      questions += 1
      return []
    }
    for (const permission of ['a', 'b']) {
      const effective = { ...token(permission), given }
      const decision = decide({ requirement: requirementOf('a'), kind: 'app', effective })
      assert.equal(questions, 0)
      assertFrozen(decision.derive())
      assert.equal(questions, 1)
      questions = 0
    }
    assertFrozen(anonymousDerivation)
    assertFrozen(decideByFunction(true, { requirement: {}, kind: 'app', effective: token() }).derive())
  })
})

/**
 * The algebra of permissions, every combination. What is expected is said in words of the protocol:
 * effective(app only) = grants with the app-only switch; effective(user + app) = grants AND rights of the user; OAuth
 * grants by scope claims, and by role claims to an application on its own; all within the ceiling of the issuer.
 */
describe('the algebra of permissions', () => {
  const wanted = 'reports.read'
  const ceilings = { none: undefined, including: ['other', wanted], excluding: ['other'] }
  const rights = {
    unconfigured: undefined,
    held: createPermissionSet([wanted]),
    lacking: createPermissionSet(['other']),
    'left to the handler': 'checked-by-handler',
  } as const
  const holders = {
    nobody: undefined,
    'this application': { issuer: 'farm', application: 'app' },
    'another application': { issuer: 'farm', application: 'other' },
    'the same name of another issuer': { issuer: 'other', application: 'app' },
  }
  const switches = { 'left out': {}, off: { appOnly: false }, on: { appOnly: true } }
  const claims = {
    nothing: {},
    'the scope': { scope: `openid ${wanted}` },
    'a longer scope': { scope: `${wanted}.all` },
    'the role': { roles: [wanted] },
    'a configured claim': { realm_access: { roles: [wanted] } },
  }
  type Key<Table> = keyof Table & string
  const keysOf = <Table extends object>(table: Table): Key<Table>[] => Object.keys(table) as Key<Table>[]
  let rows = 0

  function row(
    title: string,
    outcome: {
      facts: CallerFacts
      grants: readonly Grant[]
      right: Key<typeof rights>
      expected: string
      /** What the derivation says of what was given, in order. */
      verdict: string
    },
  ): void {
    rows += 1
    it(`${title}: ${outcome.expected}`, () => {
      const effective = effectivePermissions(outcome.facts, createMemoryGrants(outcome.grants))
      const { kind } = outcome.facts
      const decision = decide({
        requirement: requirementOf(wanted),
        kind,
        effective,
        userRights: rights[outcome.right],
      })
      assert.equal(decision.allowed ? 'allowed' : decision.code, outcome.expected)
      assertAgreement(decision)
      const [permission, ...others] = decision.derive().permissions
      assert.deepEqual(others, [])
      assert.ok(permission)
      assert.equal(permission.given.map(({ verdict }) => verdict).join(), outcome.verdict)
      const users = {
        held: 'held',
        lacking: 'not-held',
        unconfigured: 'not-asked',
        'left to the handler': 'checked-by-handler',
      }
      assert.equal(permission.user, kind === 'app' ? 'not-asked' : users[outcome.right])
    })
  }

  const base = { application: { id: 'app' }, issuerNames: ['farm'], permissionClaims: [['realm_access', 'roles']] }
  for (const kind of ['app', 'user+app'] as const) {
    for (const ceiling of keysOf(ceilings)) {
      const limit = ceilings[ceiling] === undefined ? {} : { permissionCeiling: ceilings[ceiling] }
      for (const right of keysOf(rights)) {
        for (const holder of keysOf(holders)) {
          for (const appOnly of keysOf(switches)) {
            const facts = {
              ...base,
              protocol: 's2s',
              kind,
              kindIsCertain: true,
              claims: claims['the scope'],
              ...limit,
            } as const
            const owner = holders[holder]
            row(`S2S ${kind}, ceiling ${ceiling}, grant to ${holder}, app-only ${appOnly}, user right ${right}`, {
              facts,
              grants: owner === undefined ? [] : [{ ...owner, permissions: [wanted], ...switches[appOnly] }],
              right,
              expected: expectedOfS2S({ kind, ceiling, holder, appOnly, right }),
              verdict: verdictOfS2S({ kind, ceiling, holder, appOnly }),
            })
          }
        }
        for (const claim of keysOf(claims)) {
          for (const kindIsCertain of [true, false]) {
            const facts = { ...base, protocol: 'oauth', kind, kindIsCertain, claims: claims[claim], ...limit } as const
            row(`OAuth ${kind}${kindIsCertain ? '' : '?'}, ceiling ${ceiling}, claim ${claim}, user right ${right}`, {
              facts,
              grants: [{ issuer: 'farm', application: 'app', permissions: [wanted], appOnly: true }],
              right,
              expected: expectedOfOAuth({ kind: kindIsCertain ? kind : `${kind}?`, ceiling, claim, right }),
              verdict: verdictOfOAuth({ kind: kindIsCertain ? kind : `${kind}?`, ceiling, claim }),
            })
          }
        }
      }
    }
  }

  it('was looked at in every combination', () => {
    assert.equal(rows, 2 * 3 * 4 * (4 * 3 + 5 * 2))
  })
})

function expectedOfS2S(row: { kind: string; ceiling: string; holder: string; appOnly: string; right: string }): string {
  if (row.holder !== 'this application' || row.ceiling === 'excluding') return 'ERR_S2S_GRANT_MISSING'
  if (row.kind === 'app') return row.appOnly === 'on' ? 'allowed' : 'ERR_S2S_APP_ONLY_NOT_ALLOWED'
  return row.right === 'lacking' ? 'ERR_S2S_USER_RIGHT_MISSING' : 'allowed'
}

function verdictOfS2S(row: { kind: string; ceiling: string; holder: string; appOnly: string }): string {
  if (row.holder !== 'this application') return ''
  if (row.ceiling === 'excluding') return 'beyond-ceiling'
  return row.kind === 'app' && row.appOnly !== 'on' ? 'app-only-off' : 'counts'
}

function verdictOfOAuth(row: { kind: string; ceiling: string; claim: string }): string {
  if (row.claim === 'nothing' || row.claim === 'a longer scope') return ''
  if (row.claim === 'the role' && row.kind !== 'app') return 'not-counted'
  if (row.claim === 'a configured claim' && row.kind.endsWith('?')) return 'not-counted'
  return row.ceiling === 'excluding' ? 'beyond-ceiling' : 'counts'
}

function expectedOfOAuth(row: { kind: string; ceiling: string; claim: string; right: string }): string {
  const claimsThatCount: Record<string, readonly string[]> = {
    app: ['the scope', 'the role', 'a configured claim'],
    'app?': ['the scope'],
    'user+app': ['the scope', 'a configured claim'],
    'user+app?': ['the scope'],
  }
  if (row.ceiling === 'excluding' || claimsThatCount[row.kind]?.includes(row.claim) !== true) {
    return 'ERR_S2S_SCOPE_MISSING'
  }
  return row.kind.startsWith('user') && row.right === 'lacking' ? 'ERR_S2S_USER_RIGHT_MISSING' : 'allowed'
}

/**
 * The same on the ladder: `lists:Write` is wanted in /sites/a/lists/b. Who holds it is written down as two lists of
 * permissions that are enough; every other one is not. A ceiling is a list of exact names, not of steps.
 */
describe('the algebra of rights', () => {
  const requirement = requirementOf({ scope: 'lists', right: 'Write' })
  const container = '/sites/a/lists/b'
  const held: readonly Permission[] = [
    'lists',
    ...(['Read', 'Write', 'Manage', 'FullControl'] as const).flatMap((right): Permission[] => [
      `lists:${right}`,
      `other:${right}`,
      { scope: 'lists', right, container: '/sites/a' },
      { scope: 'lists', right, container },
      { scope: 'lists', right, container: `${container}/c` },
      { scope: 'lists', right, container: '/sites/a/lists/bc' },
    ]),
  ]
  const enough = ['Write', 'Manage', 'FullControl'].flatMap((right) =>
    ['', ' in /sites/a', ` in ${container}`].map((place) => `lists:${right}${place}`),
  )
  const ceilings: readonly (readonly string[] | undefined)[] = [
    undefined,
    ['lists:Read', 'lists:Write', 'lists:Manage', 'lists:FullControl'],
    ['lists:Write'],
    ['lists:FullControl', 'lists'],
    ['lists'],
    [],
  ]
  const users: readonly (Permission | undefined)[] = [undefined, 'checked-by-handler', ...held]
  const nameOf = (permission: Permission): string => createPermissionSet([permission]).names.join()
  const isEnough = (permission: Permission, ceiling?: readonly string[]): boolean =>
    enough.includes(nameOf(permission)) &&
    (ceiling === undefined || ceiling.includes(nameOf(permission).replace(/ in .*/, '')))

  function expected({ kind, ceiling, grant, appOnly, user }: RightRow): string {
    if (!isEnough(grant, ceiling)) return 'ERR_S2S_GRANT_MISSING'
    if (kind === 'app') return appOnly ? 'allowed' : 'ERR_S2S_APP_ONLY_NOT_ALLOWED'
    if (user === undefined || user === 'checked-by-handler' || isEnough(user)) return 'allowed'
    return 'ERR_S2S_USER_RIGHT_MISSING'
  }

  function actual({ kind, ceiling, grant, appOnly, user }: RightRow): string {
    const effective = effectivePermissions(
      {
        protocol: 's2s',
        kind,
        kindIsCertain: true,
        application: { id: 'app', realm: 'realm' },
        issuerNames: ['farm'],
        claims: { scope: 'lists:FullControl', roles: ['lists:FullControl'] },
        ...(ceiling === undefined ? {} : { permissionCeiling: ceiling }),
      },
      createMemoryGrants([{ issuer: 'farm', application: 'app@realm', permissions: [grant], appOnly }]),
    )
    const rights = user === undefined || user === 'checked-by-handler' ? user : createPermissionSet([user])
    const decision = decide({ requirement, kind, effective, userRights: rights, container })
    assertAgreement(decision)
    return decision.allowed ? 'allowed' : decision.code
  }

  let rows = 0
  for (const kind of ['app', 'user+app'] as const) {
    for (const ceiling of ceilings) {
      for (const appOnly of [false, true]) {
        it(`${kind}, ceiling ${ceiling?.join(' ') ?? 'none'}, app-only ${appOnly ? 'on' : 'off'}: every grant and right`, () => {
          for (const grant of held) {
            for (const user of users) {
              rows += 1
              const row = { kind, ceiling, grant, appOnly, user }
              assert.equal(actual(row), expected(row), JSON.stringify(row))
            }
          }
        })
      }
    }
  }

  it('was looked at in every combination', () => {
    assert.equal(rows, 2 * 6 * 2 * 25 * 27)
  })
})

interface RightRow {
  readonly kind: 'app' | 'user+app'
  readonly ceiling: readonly string[] | undefined
  readonly grant: Permission
  readonly appOnly: boolean
  readonly user: Permission | undefined
}

/** Whoever reads nothing but the derivation must come to the same conclusion. */
function assertAgreement(decision: Decision): void {
  const derivation = decision.derive()
  assert.equal(derivation.conclusion, decision.allowed ? 'allowed' : decision.code)
  assert.equal(concludeFrom(derivation), derivation.conclusion)
  assert.deepEqual(
    derivation.permissions.map(({ required }) => required),
    decision.required,
  )
  for (const permission of derivation.permissions) assertEntriesAgree(permission)
}

function concludeFrom({ source, needs, permissions }: DecisionDerivation): string {
  const isEnough = (some: readonly unknown[]): boolean =>
    needs === 'any' ? some.length > 0 : some.length === permissions.length
  const held = permissions.filter(({ application }) => application === 'held')
  const both = held.filter(({ user }) => user !== 'not-held')
  if (isEnough(held)) return isEnough(both) ? 'allowed' : 'ERR_S2S_USER_RIGHT_MISSING'
  if (source === 'token') return 'ERR_S2S_SCOPE_MISSING'
  const withSwitch = permissions.filter(({ application }) => ['held', 'app-only-off'].includes(application))
  return isEnough(withSwitch) ? 'ERR_S2S_APP_ONLY_NOT_ALLOWED' : 'ERR_S2S_GRANT_MISSING'
}

/** The entries explain what the sets decided; a set that was made by hand has none. */
function assertEntriesAgree({ application, given }: PermissionDerivation): void {
  if (given.length === 0) return
  const verdicts = new Set(given.map(({ verdict }) => verdict))
  const best = (['counts', 'app-only-off', 'beyond-ceiling'] as const).find((verdict) => verdicts.has(verdict))
  assert.equal(application, best === 'counts' ? 'held' : (best ?? 'not-held'))
}

function assertFrozen(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  assert.ok(Object.isFrozen(value))
  for (const member of Object.values(value)) assertFrozen(member)
}
