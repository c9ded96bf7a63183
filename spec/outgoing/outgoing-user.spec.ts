import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { S2SPrincipal, S2SUser } from '../../lib/identity/principal.ts'
import type { OutgoingUser } from '../../lib/outgoing/mint-token.ts'
import { userOf, userOfCall, type OutgoingUserAttribute } from '../../lib/outgoing/outgoing-user.ts'
import { refusal } from '../support/refusal.ts'

const windows = 'urn:office:idp:activedirectory'
const sid = 's-1-5-21-1111111111-2222222222-333333333-1107'
const addresses = { upn: 'dana@fabrikam.example', smtp: 'dana@mail.example', sip: 'dana@sip.example' }

function principal(user: Omit<S2SUser, 'issuer'> | undefined, format: 's2s-user' | 's2s-app' | 'jwt'): S2SPrincipal {
  return {
    kind: user === undefined ? 'app' : 'user+app',
    application: { id: 'app', realm: 'realm' },
    ...(user === undefined ? {} : { user: { issuer: 'farm', ...user } }),
    issuer: 'farm',
    actorChain: ['app'],
    permissions: [],
    token: { format, expiresAt: 0 },
  }
}

interface Case {
  readonly title: string
  readonly from: S2SPrincipal | OutgoingUser
  readonly attributes?: readonly OutgoingUserAttribute[]
  readonly sent: object
}

const cases: readonly Case[] = [
  {
    title: 'given identifiers as they are',
    from: { nameid: sid, nii: windows, ...addresses },
    sent: { nameid: sid, nii: windows, ...addresses },
  },
  { title: 'one identifier alone', from: { upn: 'dana' }, sent: { upn: 'dana' } },
  { title: 'a given identifier without its store', from: { nameid: 'dana' }, sent: { nameid: 'dana' } },
  {
    title: 'nothing that does not identify',
    from: { upn: 'dana', role: 'admin' } as OutgoingUser,
    sent: { upn: 'dana' },
  },
  {
    title: 'the identifiers and the store of a principal',
    from: principal({ id: 'dana', nii: 'trusted:adfs', ...addresses }, 's2s-user'),
    sent: { nameid: 'dana', nii: 'trusted:adfs', ...addresses },
  },
  {
    title: 'the SID of a principal whose issuer may name SIDs',
    from: principal({ id: sid, sid, nii: windows }, 's2s-user'),
    sent: { nameid: sid, nii: windows },
  },
  {
    title: 'no SID of a principal whose issuer may not: it is not believed here either',
    from: principal({ id: sid, nii: windows, upn: 'dana' }, 's2s-user'),
    sent: { nii: windows, upn: 'dana' },
  },
  {
    title: 'no name identifier of a principal without its store',
    from: principal({ id: 'dana', upn: 'dana@fabrikam.example' }, 's2s-user'),
    sent: { upn: 'dana@fabrikam.example' },
  },
  {
    title: 'only the attributes that are wanted, and the store',
    from: { nameid: sid, nii: windows, ...addresses },
    attributes: ['upn', 'smtp'],
    sent: { nii: windows, upn: addresses.upn, smtp: addresses.smtp },
  },
]

interface RefusedCase {
  readonly title: string
  readonly from: unknown
  readonly attributes?: readonly OutgoingUserAttribute[]
  readonly told: RegExp
}

const refused: readonly RefusedCase[] = [
  { title: 'an application that acts for nobody', from: principal(undefined, 's2s-app'), told: /acts for nobody/ },
  { title: 'a user of an OAuth token', from: principal({ id: 'sub' }, 'jwt'), told: /OAuth token.*token exchange/ },
  {
    title: 'a user of an OAuth token that looks like more',
    from: principal({ id: 'x', nii: 'y', upn: 'z' }, 'jwt'),
    told: /OAuth/,
  },
  {
    title: 'a principal with nothing but a SID that is not believed',
    from: principal({ id: sid, nii: windows }, 's2s-user'),
    told: /names no user/,
  },
  { title: 'nobody', from: {}, told: /names no user/ },
  { title: 'a store alone', from: { nii: windows }, told: /names no user/ },
  {
    title: 'a user without the wanted attribute',
    from: { smtp: 'dana@mail.example' },
    attributes: ['upn'],
    told: /by one of upn$/,
  },
  { title: 'an empty identifier', from: { upn: '' }, told: /^upn of/ },
  { title: 'an identifier of spaces', from: { upn: 'dana', sip: ' ' }, told: /^sip of/ },
  { title: 'a number', from: { nameid: 7 }, told: /^nameid of/ },
  { title: 'null', from: { upn: 'dana', nii: null }, told: /^nii of/ },
]

describe('userOf', () => {
  for (const { title, from, attributes, sent } of cases) {
    it(`sends ${title}`, () => {
      assert.deepEqual(userOf(from, attributes), sent)
    })
  }

  for (const { title, from, attributes, told } of refused) {
    it(`refuses ${title}`, () => {
      assert.throws(() => userOf(from as OutgoingUser, attributes), refusal('ERR_S2S_OUTGOING_REQUEST_INVALID', told))
    })
  }
})

describe('userOfCall', () => {
  it('is nobody when the call is for nobody', () => {
    assert.equal(userOfCall({}, undefined), undefined)
  })

  it('is the user the call is for, by the wanted attributes', () => {
    assert.deepEqual(userOfCall({ onBehalfOf: { upn: 'dana', smtp: 'x' } }, ['upn']), { upn: 'dana' })
  })

  it('is left to the subject token when there is one', () => {
    assert.equal(
      userOfCall({ onBehalfOf: principal({ id: 'sub' }, 'jwt'), subjectToken: 'token' }, undefined),
      undefined,
    )
  })

  for (const call of [
    { onBehalfOf: undefined },
    { onBehalfOf: null },
    { onBehalfOf: { upn: 'x' }, subjectToken: undefined },
  ]) {
    it(`never makes a call for a user one of the application: ${JSON.stringify(call)}`, () => {
      assert.throws(
        () => userOfCall(call as object, undefined),
        refusal('ERR_S2S_OUTGOING_REQUEST_INVALID', /leave it out to call as the application itself/),
      )
    })
  }
})
