import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DoctorOptions } from '../../lib/doctor/doctor-options.ts'
import { explainToken } from '../../lib/doctor/explain-token.ts'
import type { AuditEvent } from '../../lib/audit/audit-event.ts'
import { changed, client, farm, granting, login, named, oauth, sound, withProfiles } from '../support/faulty-tokens.ts'
import { refusal } from '../support/refusal.ts'

const resources = {
  'GET /reports/:id': 'reports.read',
  'POST /reports': 'reports.write',
  'GET /health': 'public',
  'GET /me': 'authenticated',
  'GET /own': () => assert.fail('a function of the application was called'),
} as const

describe('explainToken', () => {
  it('says who calls when the token is accepted', async () => {
    const { accepted, verdict, kind, code, checks } = await explainToken(sound, await oauth())
    assert.deepEqual({ accepted, kind, code }, { accepted: true, kind: 'accepted', code: undefined })
    assert.equal(verdict, 'Accepted: the application "reporting" of login calls on its own.')
    assert.deepEqual(new Set(checks.map(({ outcome }) => outcome)), new Set(['passed']))
  })

  it('names every check of an OAuth token in the order of the verifier, with what is expected and found', async () => {
    const { checks } = await explainToken(sound, await oauth({ aud: 'https://payroll.example.com' }))
    assert.deepEqual(
      checks.map(({ check, outcome }) => `${check}: ${outcome}`),
      ['form: passed', 'issuer: passed', 'algorithm: passed', 'type: passed', 'audience: failed', 'lifetime: not reached', 'claims: not reached', 'key: not reached', 'signature: not reached', 'caller: not reached'], // prettier-ignore
    )
    assert.deepEqual(checks[4], {
      check: 'audience',
      expected: '"aud" is https://reports.example.com',
      found: '"https://payroll.example.com"',
      outcome: 'failed',
      code: 'ERR_S2S_AUDIENCE_MISMATCH',
    })
  })

  it('names the checks of both tokens of a pair', async () => {
    const { checks } = await explainToken(sound, await named())
    assert.deepEqual(
      checks.map(({ check }) => check),
      ['form', 'issuer', 'algorithm', 'type', 'claims', 'audience', 'lifetime', 'outer token', 'outer audience', 'outer lifetime', 'delegation claim', 'user named', 'key', 'signature', 'policy', 'caller'], // prettier-ignore
    )
    assert.equal(checks.find(({ check }) => check === 'user named')?.found, 'nameid, nii, upn')
  })

  it('names the checks of an application token', async () => {
    const { checks } = await explainToken(changed('farm', { isTrustBroker: false }), await farm.appOnlyToken())
    assert.deepEqual(
      checks.filter(({ outcome }) => outcome === 'failed').map(({ check, expected }) => `${check}: ${expected}`),
      ['claims: "nameid" is id@realm of the realm of "iss", and is "iss" itself'],
    )
  })

  it('says of every resource whether it would be open, and calls no function of the application', async () => {
    const userRights = (): never => assert.fail('userRights was called')
    const { verdict, resources: found = [] } = await explainToken(changed('farm', {}, { userRights }), await named(), {
      resources,
    })
    assert.deepEqual(
      found.map((one) => `${one.resource}: ${one.outcome}${one.outcome === 'depends' ? `, ${one.cause}` : ''}`),
      [
        'GET /reports/:id: depends, it depends on the rights of the user (userRights)',
        'POST /reports: refused',
        'GET /health: allowed',
        'GET /me: allowed',
        'GET /own: depends, it depends on what the function of the resource says',
      ],
    )
    assert.match(verdict, /^Accepted: .* for the user "s-1-5-21-[\d-]+"; open to it are 4 of 5 resources\.$/)
  })

  it('judges a user by the rights that are assumed, and by those of the profile', async () => {
    const one = { 'GET /reports/:id': 'reports.read' } as const
    const assumed = await explainToken(sound, await named(), { resources: one, userRights: ['reports.read'] })
    assert.deepEqual(
      assumed.resources?.map(({ outcome }) => outcome),
      ['allowed'],
    )
    const profile = await explainToken(
      { ...withProfiles(['1']), userRights: undefined as never },
      await named({ upn: 'dana@fabrikam.example' }),
      { resources: one },
    )
    assert.equal(profile.kind, 'user-right-missing')
    const handler = await explainToken(sound, await named(), { resources: one })
    assert.deepEqual(
      handler.resources?.map(({ outcome }) => outcome),
      ['allowed'],
    )
    const user = await explainToken(
      { ...withProfiles(['1']), userRights: undefined as never },
      await oauth({ sub: 'dana', scope: 'reports.read' }),
      { resources: one },
    )
    assert.deepEqual(
      user.resources?.map(({ outcome }) => outcome),
      ['allowed'],
    )
  })

  it('leaves to the request what depends on its container', async () => {
    const container = (): string => '/sites/a'
    const table = { 'PUT /lists': { scope: 'lists', right: 'Write', container } } as const
    const limited = { scope: 'lists', right: 'Write', container: '/sites/a' }
    const { resources: found } = await explainToken(granting({ permissions: [limited] }), await farm.appOnlyToken(), {
      resources: table,
    })
    assert.deepEqual(found, [
      { resource: 'PUT /lists', outcome: 'depends', cause: 'it depends on the container that the request is about' },
    ])
    const other = await explainToken(granting({ permissions: ['lists:Read'] }), await farm.appOnlyToken(), {
      resources: table,
    })
    assert.equal(other.kind, 'right-too-low')
  })

  it('says how the token alone fares when something was copied along with it', async () => {
    const good = await explainToken(sound, ` Bearer ${await oauth()}\n`)
    assert.equal(good.accepted, false)
    assert.deepEqual(good.beneath?.accepted, true)
    const bad = await explainToken(sound, `"${await oauth({ iss: 'https://login.example.com/' })}"`)
    assert.equal(bad.beneath?.kind, 'issuer-slash')
  })

  it('tells no audit listener, and changes nothing', async () => {
    const events: AuditEvent[] = []
    const options: DoctorOptions = { ...sound, onAuditEvent: (event) => events.push(event), realm: 'reports' }
    const explanation = await explainToken(options, await oauth())
    assert.equal(explanation.accepted, true)
    assert.deepEqual(events, [])
    assert.ok(Object.isFrozen(explanation))
  })

  it('refuses options as a server does, and a table that cannot be read', async () => {
    const mistyped = { ...sound, audiense: 'x' } as unknown as DoctorOptions
    await assert.rejects(explainToken(mistyped, ''), refusal('ERR_S2S_OPTION_UNKNOWN'))
    const table = { 'GET /x': '' }
    await assert.rejects(explainToken(sound, await oauth(), { resources: table }), refusal('ERR_S2S_OPTION_INVALID'))
  })

  for (const [name, token, kind] of [
    ['"aud" is a list of others', () => oauth({ aud: ['https://a.test', 'https://b.test'] }), 'audience-other'],
    [
      '"aud" is a list with a near one',
      () => oauth({ aud: ['https://a.test', `${login.issuer}/`, 'https://reports.example.com/'] }),
      'audience-slash',
    ],
    ['"iss" is an object', () => oauth({ iss: {} }), 'claim-invalid'],
    ['"iss" is empty', () => oauth({ iss: '' }), 'claim-invalid'],
    ['"exp" is an object', () => oauth({ exp: {} }), 'claim-invalid'],
    ['"exp" is infinite', () => oauth({ exp: '1e999' }), 'date-as-text'],
    [
      '"nbf" alone says when it begins',
      () => farm.appOnlyToken({ nbf: '99999999999', exp: '999999999999' }),
      'begins-ahead',
    ],
    [
      'an S2S token has only an actor claim',
      () => farm.appOnlyToken({ nameid: undefined, actor: 'a@b' }),
      'claim-invalid',
    ],
    ['the actor is no name', () => farm.appOnlyToken({ nameid: 'no name' }), 'claim-invalid'],
  ] as const) {
    it(`does not stumble when ${name}`, async () => {
      assert.equal((await explainToken(sound, await token())).kind, kind)
    })
  }

  it('names the application of a grant that is elsewhere in its own words', async () => {
    const options = granting({ application: `${client}@other` })
    const { kind } = await explainToken(options, await farm.appOnlyToken(), { resources: { 'GET /x': 'reports.read' } })
    assert.equal(kind, 'grant-missing')
  })
})
