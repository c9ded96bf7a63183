import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { after, before, describe, it } from 'node:test'
import { Attribute } from 'ldapts'
import type { FindProfiles, ProfileQuery, S2SOptions, TrustedIssuerOptions, UserProfile } from 'passport-s2s'
import { makeCertificate, makeLocalhostTls } from '../support/certificates.ts'
import { startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { findInActiveDirectory, type ActiveDirectory } from '../support/ldap-profiles.ts'
import { readmeCode } from '../support/readme.ts'
import { sendRaw } from '../support/send-raw.ts'
import { findSlapd, startDirectory, type Directory, type DirectoryEntry } from '../support/slapd.ts'
import { dana, makeWorld } from '../support/world.ts'

/**
 * The LDAP recipe of README.md against a real directory server, with the attributes of Active Directory.
 */

const base = 'dc=fabrikam,dc=example'
const reader = `cn=s2s reader,${base}`
const readers = `cn=report readers,${base}`
const danaGuid = '00112233445566778899aabbccddeeff'
/** `s-1-5-21-1111111111-2222222222-333333333-1107` as bytes, worked out by hand. */
const danaSid = Buffer.from('0105000000000005' + '15000000' + 'c7353a42' + '8e6b7484' + '5543de13' + '53040000', 'hex')

interface PersonOptions {
  readonly name: string
  readonly guid: string
  readonly sid?: Buffer
  readonly attributes: Readonly<Record<string, string | readonly string[]>>
}

function person({ name, guid, sid, attributes }: PersonOptions): DirectoryEntry {
  const usual = { objectClass: 'user', objectCategory: 'person', userAccountControl: '512' }
  return [
    `cn=${name},${base}`,
    [
      ...Object.entries({ ...usual, ...attributes }).map(
        ([type, values]) => new Attribute({ type, values: [values].flat() }),
      ),
      new Attribute({ type: 'objectGUID', values: [Buffer.from(guid, 'hex')] }),
      ...(sid === undefined ? [] : [new Attribute({ type: 'objectSid', values: [sid] })]),
    ],
  ]
}

const guid = (digit: string): string => digit.repeat(32)
const entries: readonly DirectoryEntry[] = [
  person({
    name: 'dana',
    guid: danaGuid,
    sid: danaSid,
    attributes: {
      userPrincipalName: 'Dana@Fabrikam.example',
      mail: 'dana.first@fabrikam.example',
      proxyAddresses: ['SMTP:dana.first@fabrikam.example', 'smtp:D.Second@fabrikam.example', 'x500:/o=dana'],
      'msRTCSIP-PrimaryUserAddress': 'sip:dana@chat.fabrikam.example',
      memberOf: [readers, `cn=others,${base}`],
    },
  }),
  person({
    name: 'eve',
    guid: guid('e'),
    attributes: { userPrincipalName: 'eve@fabrikam.example', mail: 'eve@fabrikam.example' },
  }),
  ...['1', '2', '3'].map((digit) =>
    person({ name: `triplet ${digit}`, guid: guid(digit), attributes: { mail: 'triplet@fabrikam.example' } }),
  ),
  person({ name: 'twin a', guid: guid('a'), attributes: { mail: 'twin@fabrikam.example' } }),
  person({ name: 'twin b', guid: guid('b'), attributes: { proxyAddresses: 'smtp:twin@fabrikam.example' } }),
  person({
    name: 'left',
    guid: guid('4'),
    attributes: { userPrincipalName: 'left@fabrikam.example', userAccountControl: '514' },
  }),
  person({
    name: 'machine',
    guid: guid('5'),
    attributes: { userPrincipalName: 'machine@fabrikam.example', objectCategory: 'computer' },
  }),
  person({ name: 'odd', guid: guid('6'), attributes: { userPrincipalName: 'a*(b)\\c@fabrikam.example' } }),
]

const vouching = { issuer: 'farm', realm: 'realm' }
const store = dana.nii
const danaProfile = { id: danaGuid, roles: [readers, `cn=others,${base}`], rights: ['reports.read'] }

const slapd = findSlapd()
const skip = 'missing' in slapd ? slapd.missing : false

describe('findProfiles in a directory', { skip }, () => {
  let directory: Directory
  let find: (query: Partial<ProfileQuery>) => Promise<readonly UserProfile[]>
  let options: ActiveDirectory
  before(async () => {
    assert.ok('path' in slapd)
    directory = await startDirectory(slapd.path, { base, reader, entries })
    const { url, ca, password } = directory
    options = { url, ca, base, account: reader, password, rights: { [readers]: ['reports.read'] } }
    find = (query) => ask(findInActiveDirectory(options), query)
  })
  after(() => directory.close())

  for (const [attribute, value] of [
    ['sid', dana.nameid],
    ['upn', 'dana@fabrikam.example'],
    ['smtp', 'dana.first@fabrikam.example'],
    ['smtp', 'd.second@fabrikam.example'],
    ['sip', 'dana@chat.fabrikam.example'],
    ['sip', 'sip:dana@chat.fabrikam.example'],
  ] as const) {
    it(`finds a user by ${attribute} ${value}, with groups and their rights`, async () => {
      assert.deepEqual(await find({ attribute, value }), [danaProfile])
      assert.deepEqual(await find({ attribute, value, store }), [danaProfile])
    })
  }

  for (const [name, query] of [
    ['a name that nobody has', { value: 'mallory@fabrikam.example' }],
    ['the beginning of a name', { value: 'dana' }],
    ['an address that is no user principal name', { value: 'dana.first@fabrikam.example' }],
    ['an address of another kind', { attribute: 'smtp', value: '/o=dana' }],
    ['a disabled account', { value: 'left@fabrikam.example' }],
    ['a computer', { value: 'machine@fabrikam.example' }],
    ['another SID', { attribute: 'sid', value: `${dana.nameid}0` }],
    ['a SID that is none: a part is too large', { attribute: 'sid', value: 's-1-5-21-4294967296' }],
    ['a SID that is none: the authority is too large', { attribute: 'sid', value: 's-1-4294967296-21' }],
    ['a SID that is none: too many parts', { attribute: 'sid', value: `s-1-5${'-1'.repeat(16)}` }],
    ['a SID without parts', { attribute: 'sid', value: 's-1-5' }],
    ['the name of a user of another store', { value: 'dana@fabrikam.example', store: 'trusted:adfs' }],
    ['a name identifier of another kind', { attribute: 'nameid', value: 'dana@fabrikam.example' }],
    ['an empty name', { value: '' }],
    ['a name that the directory takes for alike: spaces', { value: ' dana@fabrikam.example ' }],
    ['a name that the directory takes for alike: full-width letters', { value: '\uff44ana@fabrikam.example' }],
  ] as const) {
    it(`finds nobody by ${name}`, async () => {
      assert.deepEqual(await find(query), [])
    })
  }

  for (const value of [
    '*',
    'd*',
    'dana@fabrikam.example*',
    '*)(objectClass=*',
    'x)(|(objectClass=*)',
    'dana@fabrikam.example)(objectClass=user',
    'dana@fabrikam.example\0',
    '\0',
    '\\2a',
    '\\00',
    'dana\\40fabrikam.example',
    '&(objectClass=*)',
    '(cn=dana)',
    `${'x'.repeat(10_000)}*`,
  ]) {
    it(`takes ${JSON.stringify(value.slice(0, 40))} for a name like any other, which nobody has`, async () => {
      for (const attribute of ['upn', 'smtp', 'sip'] as const) assert.deepEqual(await find({ attribute, value }), [])
    })
  }

  it('finds a user whose name looks like a filter', async () => {
    const found = await find({ value: 'a*(b)\\c@fabrikam.example' })
    assert.deepEqual(
      found.map(({ id }) => id),
      [guid('6')],
    )
  })

  for (const [name, value] of [
    ['two users, in different attributes', 'twin@fabrikam.example'],
    ['three users, more than are asked for', 'triplet@fabrikam.example'],
  ] as const) {
    it(`sees ${name}, as several`, async () => {
      const found = await find({ attribute: 'smtp', value })
      assert.equal(new Set(found.map(({ id }) => id)).size, 2)
    })
  }

  it('fails where the account is wrong, and never asks anonymously', async () => {
    const { password } = options
    for (const wrong of [{ password: `${password}x` }, { account: `cn=nobody,${base}` }, { base: 'dc=elsewhere' }]) {
      await assert.rejects(ask(findInActiveDirectory({ ...options, ...wrong }), {}))
    }
    assert.throws(() => findInActiveDirectory({ ...options, password: '' }), TypeError)
  })

  it('speaks TLS only, to nobody but the directory', async () => {
    for (const url of [options.url.replace('ldaps:', 'ldap:'), 'https://127.0.0.1', '']) {
      assert.throws(() => findInActiveDirectory({ ...options, url }), TypeError)
    }
    const other = await makeCertificate({ commonName: 'Another Authority', keyType: 'ec256' })
    await assert.rejects(ask(findInActiveDirectory({ ...options, ca: other.certificatePem }), {}), /certificate/)
  })

  it('ends its connection when nobody waits any longer', async () => {
    const { certificatePem, privateKeyPem, ca } = await makeLocalhostTls()
    const silent = createTlsServer({ cert: certificatePem, key: privateKeyPem }).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const url = `ldaps://127.0.0.1:${(silent.address() as AddressInfo).port}`
    const controller = new AbortController()
    const query = { attribute: 'upn', value: 'dana@fabrikam.example', ...vouching } as const
    const closed = once(silent, 'secureConnection').then(([connection]: unknown[]) => {
      const socket = connection as TLSSocket
      // How it ends is not the matter here: newer versions of Node reset it.
      socket.on('error', () => undefined).resume()
      controller.abort()
      return new Promise((resolve) => socket.once('close', resolve))
    })
    const { signal } = controller
    try {
      await assert.rejects(async () => findInActiveDirectory({ ...options, url, ca })(query, { signal }), /in time/)
      await closed
    } finally {
      silent.close()
    }
  })

  describe('behind a guard', () => {
    let app: GuardedApp
    let send: (user: Readonly<Record<string, string>>) => Promise<string>
    before(async () => {
      const world = await makeWorld()
      app = await startGuardedApp({
        form: 'protect',
        resources: { 'GET /reports/:id': 'reports.read' },
        s2s: lookingUp(world.options, findInActiveDirectory(options)),
      })
      send = async (user) => {
        const calls = app.handlerCalls()
        const token = await world.farm.userToken(user)
        const { status } = await sendRaw(app, { headers: [['Authorization', `Bearer ${token}`]] })
        assert.equal(app.handlerCalls(), status === 200 ? calls + 1 : calls)
        return `${status} ${app.events.at(-1)?.code ?? ''}`.trim()
      }
    })
    after(() => app.close())

    const everyName = {
      ...dana,
      smtp: 'd.second@fabrikam.example',
      sip: 'dana@chat.fabrikam.example',
    }

    it('lets a user pass who is one and the same by every name, with the rights of the groups', async () => {
      assert.equal(await send(everyName), '200')
      assert.equal(app.lastCaller()?.user?.profile?.id, danaGuid)
    })

    for (const [name, user, expected] of [
      ['nobody', { upn: '*' }, '403 ERR_S2S_USER_NOT_FOUND'],
      ['several', { smtp: 'triplet@fabrikam.example' }, '403 ERR_S2S_USER_AMBIGUOUS'],
      ['two people by two names', { ...everyName, smtp: 'eve@fabrikam.example' }, '403 ERR_S2S_USER_CONFLICT'],
      ['a user without the right', { upn: 'eve@fabrikam.example' }, '403 ERR_S2S_USER_RIGHT_MISSING'],
    ] as const) {
      it(`refuses ${name}`, async () => {
        assert.equal(await send(user), expected)
      })
    }

    it('is an outage while the directory does not answer, and none afterwards', async () => {
      directory.pause()
      try {
        assert.equal(await send({ upn: 'Dana@fabrikam.example' }), '503 ERR_S2S_PROFILES_UNAVAILABLE')
      } finally {
        directory.resume()
      }
      assert.equal(await send({ upn: 'Dana@fabrikam.example' }), '200')
    })

    it('is an outage when the directory is gone; who was found before is let in for a while', async () => {
      await directory.close()
      assert.equal(await send({ upn: 'eve@fabrikam.example', smtp: dana.upn }), '503 ERR_S2S_PROFILES_UNAVAILABLE')
      assert.equal(await send(everyName), '200')
    })
  })
})

describe('README.md', () => {
  it('shows this code', () => {
    const shown = readmeCode('ts', 'ldap')
    const source = readFileSync(join(import.meta.dirname, '..', 'support', 'ldap-profiles.ts'), 'utf8')
    assert.ok(shown.length === 1)
    for (const code of shown) assert.equal(code, source)
  })
})

async function ask(findProfiles: FindProfiles, query: Partial<ProfileQuery>): Promise<readonly UserProfile[]> {
  const { signal } = new AbortController()
  return findProfiles({ attribute: 'upn', value: 'dana@fabrikam.example', ...vouching, ...query }, { signal })
}

/** The farm may name users, by SIDs too; their rights are those of their profiles. */
function lookingUp({ self, clock, grants, trustedIssuers }: S2SOptions, findProfiles: FindProfiles): S2SOptions {
  return {
    ...{ clock, grants, findProfiles, profileOptions: { timeoutMilliseconds: 1000 } },
    ...(self === undefined ? {} : { self }),
    trustedIssuers: trustedIssuers
      .filter(({ name }) => name === 'farm')
      .map((issuer) => ({ ...issuer, acceptSecurityIdentifiers: true }) as TrustedIssuerOptions),
  } as S2SOptions
}
