import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  isWindowsUser,
  readUserIdentifiers,
  type IdentifiedUser,
  type UserIdentifier,
  type UserIssuer,
} from '../../lib/identity/user-attributes.ts'
import { createUserStores } from '../../lib/identity/user-stores.ts'

const windows = 'urn:office:idp:activedirectory'
const sid = 'S-1-5-21-1-2-3-1107'
const farm: UserIssuer = { name: 'farm' }
const windowsFarm: UserIssuer = { name: 'farm', acceptSecurityIdentifiers: true }
const login: UserIssuer = { name: 'login', protocol: 'oauth', acceptSecurityIdentifiers: true }
const unmapped = createUserStores()
const mapped = createUserStores({ [windows]: 'windows', 'trusted:adfs': 'adfs' })

interface Case {
  readonly name: string
  readonly user: IdentifiedUser
  readonly issuer?: UserIssuer
  readonly stores?: ReturnType<typeof createUserStores>
  readonly expected: readonly UserIdentifier[] | 'refused'
}

const cases: readonly Case[] = [
  {
    name: 'upn',
    user: { upn: 'Dana@Fabrikam.example' },
    expected: [{ attribute: 'upn', value: 'dana@fabrikam.example' }],
  },
  {
    name: 'a upn with the Kelvin sign, which is nobody with a k',
    user: { upn: 'MI\u212aE@fabrikam.example' },
    expected: [{ attribute: 'upn', value: 'mi\u212ae@fabrikam.example' }],
  },
  { name: 'smtp', user: { smtp: 'D@f.example' }, expected: [{ attribute: 'smtp', value: 'd@f.example' }] },
  { name: 'sip', user: { sip: 'D@f.example' }, expected: [{ attribute: 'sip', value: 'd@f.example' }] },
  {
    name: 'a SID where it is accepted',
    ...{ user: { id: sid, nii: windows.toUpperCase() }, issuer: windowsFarm, stores: mapped },
    expected: [{ attribute: 'sid', value: 's-1-5-21-1-2-3-1107', store: 'windows' }],
  },
  { name: 'no SID where it is not accepted', user: { id: sid, nii: windows }, expected: [] },
  {
    name: 'the addresses beside a SID that is not accepted, with the store',
    ...{ user: { id: sid, nii: windows, upn: 'd', smtp: 'e', sip: 'f' }, stores: mapped },
    expected: [
      { attribute: 'upn', value: 'd', store: 'windows' },
      { attribute: 'smtp', value: 'e', store: 'windows' },
      { attribute: 'sip', value: 'f', store: 'windows' },
    ],
  },
  {
    name: 'no other name of the Windows store',
    user: { id: 'f\\dana', nii: windows },
    issuer: windowsFarm,
    expected: [],
  },
  { name: 'no SID without nii', user: { id: sid }, issuer: windowsFarm, expected: [] },
  {
    name: 'the id of another store',
    ...{ user: { id: 'Dana', nii: 'urn:office:idp:trusted:ADFS' }, stores: mapped },
    expected: [{ attribute: 'nameid', value: 'dana', store: 'adfs' }],
  },
  {
    name: 'a SID of another store as its id',
    ...{ user: { id: sid, nii: 'trusted:adfs' }, issuer: windowsFarm, stores: mapped },
    expected: [{ attribute: 'nameid', value: sid.toLowerCase(), store: 'adfs' }],
  },
  {
    name: 'the id of any store without a mapping',
    user: { id: '10033FFF', nii: 'urn:federation:MicrosoftOnline' },
    expected: [{ attribute: 'nameid', value: '10033fff', store: 'urn:federation:microsoftonline' }],
  },
  {
    name: 'an id without nii and without a mapping',
    user: { id: 'D' },
    expected: [{ attribute: 'nameid', value: 'd' }],
  },
  { name: 'no id without nii with a mapping', user: { id: 'd', upn: 'd' }, stores: mapped, expected: 'refused' },
  {
    name: 'no id of an unknown nii',
    user: { id: 'd', nii: 'trusted:x', upn: 'd' },
    stores: mapped,
    expected: 'refused',
  },
  {
    name: 'a upn beside an unknown nii without an id',
    ...{ user: { nii: 'trusted:x', upn: 'd' }, stores: mapped },
    expected: [{ attribute: 'upn', value: 'd' }],
  },
  {
    name: 'the subject of an OAuth token, in its letters',
    ...{ user: { id: 'AbC', nii: 'x', upn: 'd' }, issuer: login, stores: mapped },
    expected: [{ attribute: 'nameid', value: 'AbC' }],
  },
  { name: 'no subject where there is none', user: {}, issuer: login, expected: [] },
  { name: 'nothing of nobody', user: {}, expected: [] },
]

describe('the identifiers of a user', () => {
  for (const { name, user, issuer = farm, stores = unmapped, expected } of cases) {
    it(`has ${name}`, () => {
      const read = (): unknown => readUserIdentifiers(user, issuer, stores)
      if (expected === 'refused') {
        assert.throws(read, { name: 'IdentityError', code: 'ERR_S2S_USER_STORE_UNKNOWN', status: 403 })
      } else {
        assert.deepEqual(read(), expected)
      }
    })
  }
})

describe('a Windows user', () => {
  const table: readonly [user: IdentifiedUser, isWindows: boolean][] = [
    [{ id: sid, nii: windows }, true],
    [{ id: sid.toLowerCase(), nii: windows.toUpperCase() }, true],
    [{ id: sid }, false],
    [{ nii: windows }, false],
    [{ id: sid, nii: 'trusted:adfs' }, false],
    [{ id: `x${sid}`, nii: windows }, false],
    [{ id: `${sid}\n`, nii: windows }, false],
    [{ id: 's-1', nii: windows }, false],
    [{ id: 's-1-', nii: windows }, false],
  ]
  for (const [user, isWindows] of table) {
    it(`${isWindows ? 'is' : 'is not'} ${JSON.stringify(user)}`, () => {
      assert.equal(isWindowsUser(user), isWindows)
    })
  }
})
