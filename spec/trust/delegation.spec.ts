import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseOptions } from '../../lib/foundation/parse-options.ts'
import { createDelegationPolicy, delegationSchema, type NamedUser } from '../../lib/trust/delegation.ts'
import type { DelegatedApplication, DelegationOptions } from '../../lib/trust/issuer-options.ts'

const client = { id: 'client', realm: 'realm' }
const dana = { nameid: 'S-1-5-21-1107', upn: 'dana@fabrikam.example' }
const danaListed = ['s-1-5-21-1107', 'Dana@Fabrikam.example']

function policyOf(...applications: DelegationOptions['applications']): ReturnType<typeof createDelegationPolicy> {
  return createDelegationPolicy({ applications }, 'farm')
}

interface LevelCase extends Omit<DelegatedApplication, 'id'> {
  readonly asItself: boolean
  readonly forDana: boolean
}

const levels: readonly LevelCase[] = [
  { level: 'none', asItself: false, forDana: false },
  { level: 'user', asItself: false, forDana: true },
  { level: 'user', users: {}, asItself: false, forDana: true },
  { level: 'user', users: { allow: danaListed }, asItself: false, forDana: true },
  { level: 'user', users: { allow: ['eve@fabrikam.example'] }, asItself: false, forDana: false },
  { level: 'user', users: { deny: ['eve@fabrikam.example'] }, asItself: false, forDana: true },
  { level: 'user', users: { deny: ['dana@fabrikam.example'] }, asItself: false, forDana: false },
  { level: 'application', asItself: true, forDana: false },
  { level: 'application', users: {}, asItself: true, forDana: false },
  { level: 'application', users: { deny: ['eve@fabrikam.example'] }, asItself: true, forDana: false },
  { level: 'application', users: { allow: danaListed }, asItself: true, forDana: true },
  { level: 'application', users: { allow: ['eve@fabrikam.example'] }, asItself: true, forDana: false },
  { level: 'application', users: { allow: danaListed, deny: ['S-1-5-21-1107'] }, asItself: true, forDana: false },
  { level: 'full', asItself: true, forDana: true },
  { level: 'full', users: { deny: ['eve@fabrikam.example'] }, asItself: true, forDana: true },
  { level: 'full', users: { deny: ['s-1-5-21-1107'] }, asItself: true, forDana: false },
]

describe('the level of an application', () => {
  for (const { asItself, forDana, ...trust } of levels) {
    it(`${JSON.stringify(trust)}: ${asItself ? '' : 'not '}itself, ${forDana ? '' : 'not '}for dana`, () => {
      const policy = policyOf({ id: 'client', ...trust })
      assert.equal(policy.refusalAsItself(client) === undefined, asItself)
      assert.equal(policy.refusalForUser(client, dana) === undefined, forDana)
    })
  }

  it('is full for an application that is listed as text', () => {
    for (const text of ['client', 'client@realm']) {
      assert.equal(policyOf(text).refusalAsItself(client), undefined)
      assert.equal(policyOf(text).refusalForUser(client, dana), undefined)
    }
  })

  it('lets an application that is not listed act as itself and for nobody', () => {
    const policy = policyOf('other', 'Client', 'client@elsewhere', '*')
    assert.equal(policy.refusalAsItself(client), undefined)
    assert.equal(policy.refusalForUser(client, dana), 'it is not listed in allowDelegation.applications')
  })

  it('is that of the application in its realm before that of the application', () => {
    const none = { id: 'client@realm', level: 'none' } as const
    for (const policy of [policyOf('client', none), policyOf(none, 'client')]) {
      assert.equal(policy.refusalAsItself(client), "its level 'none' lets it never act as itself")
      assert.equal(policy.refusalForUser(client, dana), "its level 'none' lets it act for nobody")
      assert.equal(policy.refusalForUser({ id: 'client', realm: 'elsewhere' }, dana), undefined)
    }
  })

  it('does not take a member of every object for an application', () => {
    for (const id of ['__proto__', 'constructor', 'toString']) {
      assert.notEqual(policyOf('client').refusalForUser({ id, realm: 'realm' }, dana), undefined)
    }
  })

  it('must not be said twice', () => {
    assert.throws(() => policyOf('client', { id: 'client', level: 'none' }), {
      code: 'ERR_S2S_OPTION_INVALID',
      message: 'farm: allowDelegation.applications lists client twice; merge the two',
    })
  })
})

interface UserCase {
  readonly name: string
  readonly user: NamedUser
  readonly allowed: boolean
  readonly denied: boolean
}

const listed = ['dana@fabrikam.example', 'S-1-5-21-1107', 'mike@fabrikam.example']
const users: readonly UserCase[] = [
  { name: 'listed by nameid', user: { nameid: 's-1-5-21-1107' }, allowed: true, denied: true },
  { name: 'listed by upn', user: { upn: 'dana@fabrikam.example' }, allowed: true, denied: true },
  { name: 'listed by smtp', user: { smtp: 'dana@fabrikam.example' }, allowed: true, denied: true },
  { name: 'listed by sip', user: { sip: 'dana@fabrikam.example' }, allowed: true, denied: true },
  { name: 'listed in other letters', user: { upn: 'DANA@Fabrikam.Example' }, allowed: true, denied: true },
  { name: 'listed, with a scheme', user: { sip: 'SIP:dana@fabrikam.example' }, allowed: true, denied: true },
  { name: 'listed, with blanks', user: { smtp: '\tsmtp:dana@fabrikam.example ' }, allowed: true, denied: true },
  { name: 'listed by all identifiers', user: dana, allowed: true, denied: true },
  {
    name: 'listed by one identifier beside another one',
    user: { ...dana, nameid: 's-1-5-21-500' },
    allowed: false,
    denied: true,
  },
  { name: 'listed by a part', user: { upn: 'ana@fabrikam.example' }, allowed: false, denied: false },
  { name: 'listed but for a scheme within', user: { sip: 'dsip:ana@fabrikam.example' }, allowed: false, denied: false },
  { name: 'of another domain', user: { upn: 'dana@fabrikam.example.net' }, allowed: false, denied: false },
  { name: 'with the Kelvin sign for a k', user: { upn: 'mi\u212ae@fabrikam.example' }, allowed: false, denied: true },
  { name: 'who is not listed', user: { upn: 'eve@fabrikam.example' }, allowed: false, denied: false },
  { name: 'who has no identifier', user: {}, allowed: false, denied: false },
]

describe('a user', () => {
  const allowing = policyOf({ id: 'client', level: 'application', users: { allow: listed } })
  const denying = policyOf({
    id: 'client',
    level: 'full',
    users: { deny: ['sip:dana@fabrikam.example', 's-1-5-21-1107', 'mike@fabrikam.example'] },
  })
  for (const { name, user, allowed, denied } of users) {
    it(`${name} is ${allowed ? '' : 'not '}allowed and ${denied ? '' : 'not '}denied`, () => {
      assert.equal(
        allowing.refusalForUser(client, user),
        allowed
          ? undefined
          : "its level 'application' lets it act only for users of whom users.allow lists every identifier in the token",
      )
      assert.equal(denying.refusalForUser(client, user), denied ? 'the user is listed in its users.deny' : undefined)
    })
  }
})

describe('the option allowDelegation', () => {
  const good: readonly unknown[] = [
    false,
    { applications: ['id', 'id@realm'] },
    { applications: ['id', { id: 'other', level: 'none' }] },
    { applications: [{ id: 'id', level: 'user', users: { allow: ['a'], deny: ['b'] } }] },
    { applications: [{ id: 'id', level: 'application', users: { allow: ['a'] } }] },
    { applications: [{ id: 'id', level: 'full', users: { deny: ['a'] } }] },
  ]
  for (const value of good) {
    it(`takes ${JSON.stringify(value)}`, () => {
      assert.deepEqual(parseOptions(delegationSchema, value, 'allowDelegation'), value)
    })
  }

  const at = 'allowDelegation.applications[0]'
  const bad: readonly [value: unknown, message: string][] = [
    [true, 'allowDelegation must be false or an object, not a boolean'],
    [{ applications: [] }, 'allowDelegation.applications is empty; write allowDelegation: false instead'],
    [{ applications: [''] }, `${at} is empty`],
    [{ applications: [{ id: '', level: 'full' }] }, `${at}.id is empty`],
    [{ applications: [{ id: 'a' }] }, `${at}.level must be "none" or "user" or "application" or "full"`],
    [{ applications: [{ id: 'a', level: 'Full' }] }, `${at}.level must be "none" or "user" or "application" or "full"`],
    [{ applications: [{ id: 'a', level: 'user', user: {} }] }, `${at}.user is unknown; did you mean \`users\`?`],
    [
      { applications: [{ id: 'a', level: 'user', users: { allow: [] } }] },
      `${at}.users.allow is empty; list the users, or write level 'none' or 'application' without users`,
    ],
    [
      { applications: [{ id: 'a', level: 'user', users: { deny: [] } }] },
      `${at}.users.deny is empty; leave it out instead`,
    ],
    [
      { applications: [{ id: 'a', level: 'full', users: { allow: ['b'] } }] },
      `${at}.users.allow is not for level 'full', which means any user; write level 'application' or 'user'`,
    ],
    [
      { applications: [{ id: 'a', level: 'none', users: { allow: ['b'] } }] },
      `${at}.users is not for level 'none', which means no user; leave it out`,
    ],
    [
      { applications: [{ id: 'a', level: 'user', users: { allowed: ['b'] } }] },
      `${at}.users.allowed is unknown; did you mean \`allow\`?`,
    ],
  ]
  for (const [value, message] of bad) {
    it(`refuses ${JSON.stringify(value)}`, () => {
      assert.throws(() => parseOptions(delegationSchema, value, 'allowDelegation'), {
        name: 'ConfigurationError',
        message,
      })
    })
  }
})
