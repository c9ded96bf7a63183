import assert from 'node:assert/strict'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, it } from 'node:test'
import {
  createUserRehydrator,
  type FindProfiles,
  type ProfileQuery,
  type ProfileRight,
  type UserProfile,
  type UserRehydratorOptions,
} from '../../lib/identity/rehydrate-user.ts'
import type { IdentifiedUser, UserIssuer } from '../../lib/identity/user-attributes.ts'
import { UnavailableError } from '../../lib/foundation/errors.ts'
import { createPermissionSet, type Permission } from '../../lib/permissions/scope.ts'
import { fixedClock, makeMovableClock } from '../support/clock.ts'

const windows = 'urn:office:idp:activedirectory'
const danaSid = 's-1-5-21-1-2-3-1107'
const userStores = { [windows]: 'windows', 'trusted:adfs': 'adfs' }
const farm: UserIssuer = { name: 'farm', protocol: 's2s', acceptSecurityIdentifiers: true }
const otherFarm: UserIssuer = { name: 'other farm', protocol: 's2s', acceptSecurityIdentifiers: false }

interface Entry {
  readonly profile: UserProfile
  readonly identifiers: readonly string[]
}

const dana: UserProfile = { id: 'dana', roles: ['editor'], rights: ['reports.read'] }
const entries: readonly Entry[] = [
  {
    profile: dana,
    identifiers: [`sid ${danaSid}`, 'upn dana@f.example', 'smtp d@f.example', 'sip dana@f.example', 'nameid 42 adfs'],
  },
  { profile: { id: 'eve' }, identifiers: ['upn eve@f.example', 'smtp e@f.example', 'sip eve@f.example'] },
  { profile: { id: 'twin-1' }, identifiers: ['upn twin@f.example', 'smtp one@f.example'] },
  { profile: { id: 'twin-2' }, identifiers: ['upn twin@f.example', 'sip two@f.example'] },
  { profile: { id: 'copy' }, identifiers: ['upn copy@f.example'] },
  { profile: { id: 'copy' }, identifiers: ['upn copy@f.example'] },
]

/** A directory in memory: matches an identifier to the letter; the store counts for `nameid`. */
function directory(): { findProfiles: FindProfiles; queries: ProfileQuery[] } {
  const queries: ProfileQuery[] = []
  return {
    queries,
    findProfiles(query) {
      queries.push(query)
      const { attribute, value, store } = query
      const wanted = attribute === 'nameid' ? `${attribute} ${value} ${store ?? ''}` : `${attribute} ${value}`
      return entries.filter(({ identifiers }) => identifiers.includes(wanted)).map(({ profile }) => profile)
    },
  }
}

function rehydrator(changes: Partial<UserRehydratorOptions> = {}): ReturnType<typeof createUserRehydrator> {
  return createUserRehydrator({ findProfiles: directory().findProfiles, userStores, clock: fixedClock, ...changes })
}

interface Case {
  readonly name: string
  readonly user: IdentifiedUser
  readonly issuer?: UserIssuer
  /** The id of the profile, or the end of the code. */
  readonly expected: 'dana' | 'copy' | 'NOT_FOUND' | 'AMBIGUOUS' | 'CONFLICT' | 'STORE_UNKNOWN'
}

const sidOfDana = { id: danaSid, nii: windows }
const addresses = { upn: 'dana@f.example', smtp: 'd@f.example', sip: 'dana@f.example' }

const cases: readonly Case[] = [
  { name: 'a SID alone', user: sidOfDana, expected: 'dana' },
  { name: 'a SID in capitals', user: { id: danaSid.toUpperCase(), nii: windows.toUpperCase() }, expected: 'dana' },
  { name: 'a UPN alone', user: { upn: 'dana@f.example' }, expected: 'dana' },
  { name: 'a UPN in capitals', user: { upn: 'DANA@F.EXAMPLE' }, expected: 'dana' },
  { name: 'a UPN beside the Windows nii', user: { nii: windows, upn: 'dana@f.example' }, expected: 'dana' },
  { name: 'an SMTP address alone', user: { smtp: 'd@f.example' }, expected: 'dana' },
  { name: 'a SIP address alone', user: { sip: 'dana@f.example' }, expected: 'dana' },
  { name: 'the id of another store', user: { id: '42', nii: 'trusted:adfs' }, expected: 'dana' },
  {
    name: 'the id of another store by an alias',
    user: { id: '42', nii: 'urn:office:idp:trusted:ADFS' },
    expected: 'dana',
  },
  { name: 'all four that agree', user: { ...sidOfDana, ...addresses }, expected: 'dana' },
  {
    name: 'two that agree beside two that match nobody',
    user: { ...sidOfDana, ...addresses, upn: 'x', sip: 'y' },
    expected: 'dana',
  },
  {
    name: 'one that matches beside three that match nobody',
    user: { id: 's-1-5-9', nii: windows, upn: 'x', smtp: 'd@f.example', sip: 'y' },
    expected: 'dana',
  },
  { name: 'one profile that is found twice', user: { upn: 'copy@f.example' }, expected: 'copy' },
  {
    name: 'a SID that is ignored beside a UPN',
    user: { id: 's-1-5-500', nii: windows, upn: 'dana@f.example' },
    issuer: otherFarm,
    expected: 'dana',
  },
  { name: 'a SID alone where it is not accepted', user: sidOfDana, issuer: otherFarm, expected: 'NOT_FOUND' },
  {
    name: 'a SID and nothing said of its acceptance',
    user: sidOfDana,
    issuer: { name: 'farm' },
    expected: 'NOT_FOUND',
  },
  { name: 'a SID of another store', user: { id: danaSid, nii: 'trusted:adfs' }, expected: 'NOT_FOUND' },
  { name: 'a SID without its nii', user: { id: danaSid }, expected: 'STORE_UNKNOWN' },
  { name: 'an account name of the Windows store', user: { id: 'f\\dana', nii: windows }, expected: 'NOT_FOUND' },
  { name: 'a UPN that nobody has', user: { upn: 'nobody@f.example' }, expected: 'NOT_FOUND' },
  { name: 'a part of a UPN', user: { upn: 'dana' }, expected: 'NOT_FOUND' },
  { name: 'a UPN as SMTP address', user: { smtp: 'dana@f.example' }, expected: 'NOT_FOUND' },
  { name: 'an asterisk', user: { upn: '*' }, expected: 'NOT_FOUND' },
  {
    name: 'four that nobody has',
    user: { id: 's-1-5-9', nii: windows, upn: 'x', smtp: 'y', sip: 'z' },
    expected: 'NOT_FOUND',
  },
  { name: 'no identifier at all', user: {}, expected: 'NOT_FOUND' },
  { name: 'an nii without any identifier', user: { nii: windows }, expected: 'NOT_FOUND' },
  { name: 'a UPN that two have', user: { upn: 'twin@f.example' }, expected: 'AMBIGUOUS' },
  {
    name: 'a UPN that two have, although the SMTP address of one is there',
    user: { upn: 'twin@f.example', smtp: 'one@f.example' },
    expected: 'AMBIGUOUS',
  },
  {
    name: 'a UPN that two have beside the SMTP address of a third',
    user: { upn: 'twin@f.example', smtp: 'd@f.example' },
    expected: 'AMBIGUOUS',
  },
  {
    name: 'a third SMTP address before a SIP address, then two',
    user: { smtp: 'one@f.example', sip: 'two@f.example' },
    expected: 'CONFLICT',
  },
  { name: 'a SID and the UPN of another', user: { ...sidOfDana, upn: 'eve@f.example' }, expected: 'CONFLICT' },
  {
    name: 'a UPN and the SMTP address of another',
    user: { upn: 'dana@f.example', smtp: 'e@f.example' },
    expected: 'CONFLICT',
  },
  {
    name: 'a UPN and the SIP address of another',
    user: { upn: 'dana@f.example', sip: 'eve@f.example' },
    expected: 'CONFLICT',
  },
  {
    name: 'the id of a store and the UPN of another',
    user: { id: '42', nii: 'trusted:adfs', upn: 'eve@f.example' },
    expected: 'CONFLICT',
  },
  {
    name: 'three that agree and one of another',
    user: { ...sidOfDana, ...addresses, sip: 'eve@f.example' },
    expected: 'CONFLICT',
  },
  { name: 'an id of an unknown nii', user: { id: '42', nii: 'trusted:other' }, expected: 'STORE_UNKNOWN' },
  {
    name: 'an id of an unknown nii beside a UPN',
    user: { id: '42', nii: 'urn:federation:MicrosoftOnline', ...addresses },
    expected: 'STORE_UNKNOWN',
  },
  {
    name: 'an unknown nii without an id, beside a UPN',
    user: { nii: 'trusted:other', upn: 'dana@f.example' },
    expected: 'dana',
  },
]

describe('a user is found by', () => {
  for (const { name, user, issuer = farm, expected } of cases) {
    it(`${name}: ${expected}`, async () => {
      const found = rehydrator()(user, issuer)
      if (expected === 'dana' || expected === 'copy') assert.equal((await found).id, expected)
      else await assert.rejects(found, { name: 'IdentityError', code: `ERR_S2S_USER_${expected}`, status: 403 })
    })
  }

  it('the subject of an OAuth token, to the letter', async () => {
    const { findProfiles, queries } = directory()
    const issuer: UserIssuer = { name: 'login', protocol: 'oauth' }
    await assert.rejects(rehydrator({ findProfiles })({ id: 'AbC' }, issuer), { code: 'ERR_S2S_USER_NOT_FOUND' })
    assert.deepEqual(queries, [{ attribute: 'nameid', value: 'AbC', issuer: 'login' }])
  })

  it('any nii where none is mapped', async () => {
    const { findProfiles, queries } = directory()
    const rehydrate = createUserRehydrator({ findProfiles, clock: fixedClock })
    await assert.rejects(rehydrate({ id: '42', nii: 'urn:office:idp:trusted:ADFS' }, farm), {
      code: 'ERR_S2S_USER_NOT_FOUND',
    })
    assert.deepEqual(queries, [{ attribute: 'nameid', value: '42', store: 'trusted:adfs', issuer: 'farm' }])
  })
})

describe('the question to the profile store', () => {
  it('is asked for every identifier at the same time, with attribute, value, store and issuer', async () => {
    const queries: ProfileQuery[] = []
    let release: () => void = () => undefined
    const all = new Promise<void>((resolve) => (release = resolve))
    const findProfiles: FindProfiles = async (query) => {
      queries.push(query)
      if (queries.length === 4) release()
      await all
      return [dana]
    }
    assert.equal(await rehydrator({ findProfiles })({ ...sidOfDana, ...addresses }, farm), dana)
    const common = { store: 'windows', issuer: 'farm' }
    assert.deepEqual(queries, [
      { attribute: 'sid', value: danaSid, ...common },
      { attribute: 'upn', value: 'dana@f.example', ...common },
      { attribute: 'smtp', value: 'd@f.example', ...common },
      { attribute: 'sip', value: 'dana@f.example', ...common },
    ])
  })

  it('has an answer that does not depend on who answers first', async () => {
    for (const slow of ['upn', 'smtp'] as const) {
      const { findProfiles } = directory()
      const rehydrate = rehydrator({
        findProfiles: async (query, context) => {
          if (query.attribute === slow) await wait(5)
          return findProfiles(query, context)
        },
      })
      const user = { upn: 'twin@f.example', smtp: 'd@f.example' }
      await assert.rejects(rehydrate(user, farm), { code: 'ERR_S2S_USER_AMBIGUOUS' })
    }
  })

  it('names only attributes in the reason of a refusal', async () => {
    const reasonOf = async (user: IdentifiedUser): Promise<string | undefined> => {
      const error: unknown = await rehydrator()(user, farm).catch((thrown: unknown) => thrown)
      return (error as { reason?: string }).reason
    }
    assert.equal(await reasonOf({}), 'no identifier of the user may be looked up')
    assert.equal(await reasonOf({ upn: 'x', sip: 'y' }), 'no profile has the identifiers: upn, sip')
    assert.equal(await reasonOf({ upn: 'twin@f.example' }), 'several profiles have the same upn')
    assert.equal(
      await reasonOf({ upn: 'dana@f.example', smtp: 'e@f.example' }),
      'these identifiers belong to different profiles: upn, smtp',
    )
    assert.equal(await reasonOf({ id: 'x', nii: 'y' }), '"nii" of the user is missing, or not in userStores')
  })
})

describe('a profile store that', () => {
  const down = new Error('connection refused')
  const broken: readonly [name: string, findProfiles: unknown][] = [
    ['rejects', () => Promise.reject(down)],
    [
      'throws',
      () => {
        throw down
      },
    ],
    [
      'fails for one identifier of several',
      ({ attribute }: ProfileQuery) => (attribute === 'sip' ? Promise.reject(down) : [dana]),
    ],
    ['gives nothing', () => undefined],
    ['gives null', () => null],
    ['gives one profile instead of a list', () => dana],
    ['gives null in a list', () => [null]],
    ['gives a profile without id', () => [{ name: 'dana' }]],
    ['gives a profile with an empty id', () => [{ id: '' }]],
    ['gives a profile whose id is a number', () => [{ id: 1 }]],
  ]
  for (const [name, findProfiles] of broken) {
    it(`${name} is an outage`, async () => {
      const rehydrate = rehydrator({ findProfiles: findProfiles as FindProfiles })
      await assert.rejects(rehydrate({ ...sidOfDana, ...addresses }, farm), (error) => {
        assert.ok(error instanceof UnavailableError)
        assert.equal(error.code, 'ERR_S2S_PROFILES_UNAVAILABLE')
        assert.equal(error.status, 503)
        assert.equal(error.source, 'profiles')
        assert.ok(error.cause instanceof Error)
        return true
      })
    })
  }

  it('is slow is an outage, and is told that nobody waits any more', async () => {
    const signals: AbortSignal[] = []
    const rehydrate = rehydrator({
      timeoutMilliseconds: 20,
      findProfiles: async ({ attribute }, { signal }) => {
        signals.push(signal)
        if (attribute === 'smtp') await wait(10_000, undefined, { signal })
        return [dana]
      },
    })
    await assert.rejects(rehydrate(addresses, farm), (error) => {
      assert.ok(error instanceof UnavailableError)
      assert.equal(error.code, 'ERR_S2S_PROFILES_UNAVAILABLE')
      assert.ok(error.cause instanceof Error)
      assert.equal(error.cause.message, 'findProfiles gave no answer within 20 milliseconds')
      return true
    })
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [true, true, true],
    )
  })

  it('answers within the time is no outage', async () => {
    const findProfiles: FindProfiles = async () => {
      await wait(5)
      return [dana]
    }
    assert.equal(await rehydrator({ findProfiles, timeoutMilliseconds: 2000 })(addresses, farm), dana)
  })

  it('comes back is asked again at once', async () => {
    let isDown = true
    const findProfiles: FindProfiles = () => (isDown ? Promise.reject(down) : [dana])
    const rehydrate = rehydrator({ findProfiles })
    await assert.rejects(rehydrate(addresses, farm), { code: 'ERR_S2S_PROFILES_UNAVAILABLE' })
    isDown = false
    assert.equal(await rehydrate(addresses, farm), dana)
  })
})

describe('a profile that was found', () => {
  it('is used again for a minute', async () => {
    const { findProfiles, queries } = directory()
    const { clock, advance } = makeMovableClock()
    const rehydrate = rehydrator({ findProfiles, clock })
    await rehydrate({ upn: 'dana@f.example' }, farm)
    advance(59)
    await rehydrate({ upn: 'Dana@F.example' }, farm)
    assert.equal(queries.length, 1)
    advance(1)
    await rehydrate({ upn: 'dana@f.example' }, farm)
    assert.equal(queries.length, 2)
  })

  it('is asked for once by all who wait', async () => {
    const { findProfiles, queries } = directory()
    const rehydrate = rehydrator({ findProfiles })
    const found = await Promise.all(Array.from({ length: 50 }, () => rehydrate({ upn: 'dana@f.example' }, farm)))
    assert.ok(found.every((profile) => profile === dana))
    assert.equal(queries.length, 1)
  })

  it('is bounded in number', async () => {
    const { findProfiles, queries } = directory()
    const rehydrate = rehydrator({ findProfiles, maximumEntries: 1 })
    for (const upn of ['dana@f.example', 'eve@f.example', 'dana@f.example']) await rehydrate({ upn }, farm)
    assert.equal(queries.length, 3)
  })

  it('is not the profile of the same user of another issuer', async () => {
    const findProfiles: FindProfiles = ({ issuer }) => [{ id: `dana of ${issuer}` }]
    const rehydrate = rehydrator({ findProfiles })
    const [one, other] = await Promise.all([rehydrate(addresses, farm), rehydrate(addresses, otherFarm)])
    assert.equal(one.id, 'dana of farm')
    assert.equal(other.id, 'dana of other farm')
    assert.equal((await rehydrate(addresses, farm)).id, 'dana of farm')
  })

  it('is not the profile of the same user of another realm of the issuer (CVE-2025-55241)', async () => {
    const asked: (string | undefined)[] = []
    const rehydrate = rehydrator({
      findProfiles: ({ realm }) => {
        asked.push(realm)
        return realm === undefined ? [] : [{ id: `dana of ${realm}` }]
      },
    })
    for (const realm of ['one', 'two', 'one']) {
      assert.equal((await rehydrate({ upn: 'dana@f.example', realm }, farm)).id, `dana of ${realm}`)
    }
    assert.deepEqual(asked, ['one', 'two'])
  })

  it('is not the profile of somebody whose identifiers join to the same text', async () => {
    const findProfiles: FindProfiles = ({ attribute, value, store }) => [{ id: `${attribute}|${value}|${store ?? ''}` }]
    const rehydrate = createUserRehydrator({ findProfiles, clock: fixedClock })
    const users: readonly IdentifiedUser[] = [
      { upn: 'a' },
      { smtp: 'a' },
      { sip: 'a' },
      { id: 'a' },
      { id: 'a', nii: 'x' },
      { upn: 'a', nii: 'x' },
      { upn: 'a"],["farm","smtp",null,"a' },
    ]
    const ids = new Set<string>()
    for (const user of users) ids.add((await rehydrate(user, farm)).id)
    assert.equal(ids.size, users.length)
  })

  it('is not kept when the user was refused', async () => {
    const { findProfiles, queries } = directory()
    const rehydrate = rehydrator({ findProfiles })
    for (let round = 0; round < 2; round++) {
      await assert.rejects(rehydrate({ upn: 'twin@f.example' }, farm), { code: 'ERR_S2S_USER_AMBIGUOUS' })
    }
    assert.equal(queries.length, 2)
  })

  it('has rights that are permissions', () => {
    const rights: readonly ProfileRight[] = ['a', { scope: 'b', right: 'Read', container: '/c' }, { scope: 'd' }]
    const permissions: readonly Permission[] = rights
    assert.deepEqual(createPermissionSet(permissions).names, ['a', 'd', 'b:Read in /c'])
  })
})

describe('the options of rehydration', () => {
  const findProfiles: FindProfiles = () => []
  const bad: readonly [given: object, message: string][] = [
    [{ findProfiles: 'ldap://' }, 'findProfiles must be a function that gives the profiles of an identifier'],
    [{ findProfiles, clock: 1 }, 'clock must be a function that gives seconds'],
    [{ findProfiles, userStore: {} }, 'userStore is unknown; did you mean `userStores`?'],
    [{ findProfiles, userStores: { 'trusted:adfs': '' } }, 'userStores["trusted:adfs"] is empty'],
    [{ findProfiles, timeoutMilliseconds: 0 }, 'timeoutMilliseconds must be at least 1'],
    [{ findProfiles, timeoutMilliseconds: 60_001 }, 'timeoutMilliseconds must be at most 60000'],
    [{ findProfiles, cacheSeconds: -1 }, 'cacheSeconds must be at least 0'],
    [{ findProfiles, maximumEntries: 0 }, 'maximumEntries must be at least 1'],
  ]
  for (const [given, message] of bad) {
    it(`refuse: ${message}`, () => {
      assert.throws(() => createUserRehydrator({ clock: fixedClock, ...given } as UserRehydratorOptions), {
        name: 'ConfigurationError',
        message,
      })
    })
  }
})
