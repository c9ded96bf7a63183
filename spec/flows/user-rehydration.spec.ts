import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { FindProfiles, ProfileQuery, S2SOptions, TrustedIssuerOptions, UserProfile } from 'passport-s2s'
import { describeAttack, assertRefused, type AttackCase } from '../support/attack.ts'
import { startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { sendRaw } from '../support/send-raw.ts'
import { dana, makeWorld } from '../support/world.ts'

const { farm, oauth, options } = await makeWorld()
const client = '4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28'
const { self, audience, clock, grants } = options
const resources = { 'GET /reports/:id': 'reports.read', 'GET /any': 'authenticated' } as const

interface Person extends UserProfile {
  readonly sid?: string
  readonly upn?: string
  readonly smtp?: string
  readonly sip?: string
}

const people: readonly Person[] = [
  {
    id: 'dana',
    sid: dana.nameid,
    upn: dana.upn,
    smtp: 'dana@mail.fabrikam.example',
    sip: 'sip:dana@fabrikam.example',
    roles: ['readers'],
    rights: ['reports.read'],
  },
  { id: 'eve', upn: 'eve@fabrikam.example', smtp: 'eve@fabrikam.example' },
  { id: 'twin-1', upn: 'twin@fabrikam.example', rights: ['reports.read'] },
  { id: 'twin-2', upn: 'twin@fabrikam.example', rights: ['reports.read'] },
]

const findPeople: FindProfiles = ({ attribute, value }) =>
  people.filter((person) => attribute !== 'nameid' && person[attribute] === value)

function believing(changes: Partial<S2SOptions> = {}, issuer: object = {}): S2SOptions {
  const trustedIssuers = options.trustedIssuers.map((trusted) =>
    trusted.name === 'farm'
      ? ({ ...trusted, acceptSecurityIdentifiers: true, ...issuer } as TrustedIssuerOptions)
      : trusted,
  )
  return { self, audience, clock, grants, trustedIssuers, findProfiles: findPeople, ...changes } as S2SOptions
}

const refusals: readonly (readonly [name: string, user: Readonly<Record<string, string>>, code: string])[] = [
  ['a user whom nobody knows', { upn: 'mallory@fabrikam.example' }, 'ERR_S2S_USER_NOT_FOUND'],
  ['a user with two profiles', { upn: 'twin@fabrikam.example' }, 'ERR_S2S_USER_AMBIGUOUS'],
  ['a user whose names are two people', { upn: dana.upn, smtp: 'eve@fabrikam.example' }, 'ERR_S2S_USER_CONFLICT'],
  ['a user who has no right', { upn: 'eve@fabrikam.example' }, 'ERR_S2S_USER_RIGHT_MISSING'],
]

describeAttack(
  'users who are looked up',
  { s2s: believing(), resources },
  await Promise.all(
    refusals.map(async ([name, user, code]): Promise<AttackCase> => ({
      name,
      token: await farm.userToken(user),
      status: 403,
      code,
    })),
  ),
)

describeAttack(
  'a SID where the issuer may not use it',
  { s2s: believing({}, { acceptSecurityIdentifiers: false }), resources },
  [
    {
      name: 'a user named by nothing else',
      token: await farm.userToken({ nameid: dana.nameid, nii: dana.nii }),
      status: 403,
      code: 'ERR_S2S_USER_NOT_FOUND',
    },
  ],
)

describeAttack(
  'user stores that are listed',
  { s2s: believing({ profileOptions: { userStores: { [dana.nii]: 'windows' } } }), resources },
  [
    {
      name: 'a user of another store',
      token: await farm.userToken({ ...dana, nii: 'trusted:elsewhere' }),
      status: 403,
      code: 'ERR_S2S_USER_STORE_UNKNOWN',
    },
  ],
)

const broken: FindProfiles = () => {
  throw new Error('the directory is down')
}
describeAttack('a directory that is down', { s2s: believing({ findProfiles: broken }), resources }, [
  {
    name: 'nobody for good: 503',
    token: await farm.userToken(dana),
    status: 503,
    code: 'ERR_S2S_PROFILES_UNAVAILABLE',
  },
])

const silent: FindProfiles = () => new Promise(() => undefined)
describeAttack(
  'a directory that does not answer',
  { s2s: believing({ findProfiles: silent, profileOptions: { timeoutMilliseconds: 50 } }), resources },
  [{ name: 'with 503 in time', token: await farm.userToken(dana), status: 503, code: 'ERR_S2S_PROFILES_UNAVAILABLE' }],
)

describe('a user who is looked up', () => {
  const queries: ProfileQuery[] = []
  let app: GuardedApp
  before(async () => {
    const findProfiles: FindProfiles = (query, context) => {
      queries.push(query)
      return findPeople(query, context)
    }
    app = await startGuardedApp({ form: 'protect', resources, s2s: believing({ findProfiles }) })
  })
  after(() => app.close())

  const get = async (token: string): Promise<number> => {
    const headers = [['Authorization', `Bearer ${token}`]] as const
    return (await sendRaw(app, { path: '/reports/1', headers })).status
  }

  it('has the profile in the principal, and its rights', async () => {
    assert.equal(await get(await farm.userToken(dana)), 200)
    assert.equal(app.lastCaller()?.user?.profile?.id, 'dana')
    assert.deepEqual(app.lastCaller()?.user?.profile?.roles, ['readers'])
  })

  it('is asked for once by each identifier, within issuer and realm', () => {
    const vouching = { issuer: 'farm', realm: farm.applicationName.split('@')[1], store: dana.nii }
    assert.deepEqual(queries, [
      { attribute: 'sid', value: dana.nameid, ...vouching },
      { attribute: 'upn', value: dana.upn, ...vouching },
    ])
  })

  it('is one in the audit log by the id of the profile, and nothing else of it', () => {
    const events = app.events.filter(({ user }) => user !== undefined)
    assert.deepEqual(
      events.map(({ name }) => name),
      ['delegation.accepted', 'access.allowed'],
    )
    for (const { user } of events) assert.equal(user?.profileId, 'dana')
    assert.doesNotMatch(JSON.stringify(events), /readers/)
  })

  it('is not looked up when the application calls as itself', async () => {
    queries.length = 0
    assert.equal(await get(await farm.appOnlyToken()), 200)
    assert.deepEqual(queries, [])
  })

  it('is named in the event of a refusal', async () => {
    const attack = { name: '', token: await farm.userToken({ upn: 'twin@fabrikam.example' }), status: 403 }
    await assertRefused(app, { ...attack, code: 'ERR_S2S_USER_AMBIGUOUS' })
    const event = app.events.at(-1)
    assert.deepEqual(event?.application, { id: client, realm: farm.applicationName.split('@')[1] })
    assert.equal(event.user?.upn, 'twin@fabrikam.example')
  })
})

describe('users of OAuth tokens', () => {
  const token = oauth.token({ claims: { sub: 'Dana', client_id: 'portal', scope: 'reports.read' } })
  const bySubject: FindProfiles = ({ attribute, value }) =>
    attribute === 'nameid' && value === 'Dana' ? [{ id: 'dana', rights: [] }] : []

  it('are not looked up, and their rights are what the token says', async () => {
    const app = await startGuardedApp({ form: 'protect', resources, s2s: believing({ findProfiles: broken }) })
    const headers = [['Authorization', `Bearer ${await token}`]] as const
    assert.equal((await sendRaw(app, { path: '/reports/1', headers })).status, 200)
    assert.equal(app.lastCaller()?.user?.profile, undefined)
    await app.close()
  })

  it('are looked up by sub when that is asked for, and then have the rights of the profile only', async () => {
    const s2s = believing({ findProfiles: bySubject, profileOptions: { includeOAuthUsers: true } })
    const app = await startGuardedApp({ form: 'protect', resources, s2s })
    await assertRefused(app, { name: '', token: await token, status: 403, code: 'ERR_S2S_USER_RIGHT_MISSING' })
    await app.close()
  })
})
