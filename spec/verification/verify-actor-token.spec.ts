import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createDelegationPolicy } from '../../lib/trust/delegation.ts'
import {
  readUserClaims,
  verifyAcsUserClaims,
  verifyActorClaims,
  verifyDelegationPolicy,
  verifyOuterClaims,
} from '../../lib/verification/verify-actor-token.ts'
import { NOW } from '../support/clock.ts'
import { s2sIssuer } from '../support/trusted-issuers.ts'
import { dana, s2sAudience, self } from '../support/world.ts'

const broker = s2sIssuer({ isTrustBroker: true })
const selfIssuer = s2sIssuer()
const issuer = `issuer@${self.realm}`
const application = `client@${self.realm}`
const times = { nbf: String(NOW - 600), exp: String(NOW + 3000) }
const actor = { aud: s2sAudience, iss: issuer, nameid: application, trustedfordelegation: 'true', ...times }
const outer = { aud: s2sAudience, iss: application, ...times, ...dana }
const invalid = 'ERR_S2S_CLAIM_INVALID'

function changed(claims: object, changes: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...claims, ...changes }).filter(([, value]) => value !== undefined))
}

describe('verifyActorClaims', () => {
  it('reads the application, its name, the audience and the times', () => {
    const aud = s2sAudience.replace('portal', 'Portal')
    assert.deepEqual(verifyActorClaims({ ...actor, aud }, broker, NOW), {
      application: { id: 'client', realm: self.realm },
      nameIdentifier: application,
      audience: s2sAudience,
      issuedAt: NOW - 600,
      startsAt: NOW - 600,
      expiresAt: NOW + 3000,
    })
  })

  it('lets a self-issuer speak for itself', () => {
    const { application: caller } = verifyActorClaims({ ...actor, iss: application }, selfIssuer, NOW)
    assert.equal(caller.id, 'client')
  })

  const refused: readonly [name: string, changes: object, code: string, issuer?: typeof broker][] = [
    ['a self-issuer that speaks for another', {}, 'ERR_S2S_BROKER_REQUIRED', selfIssuer],
    ['no nameid', { nameid: undefined }, invalid],
    ['a nameid that is no text', { nameid: [application] }, invalid],
    ['a nameid with a host', { nameid: s2sAudience }, invalid],
    ['a nameid that is no name', { nameid: 'two words' }, invalid],
    ['a nameid without realm', { nameid: 'client' }, 'ERR_S2S_REALM_MISMATCH'],
    ['a nameid of another realm', { nameid: 'client@elsewhere' }, 'ERR_S2S_REALM_MISMATCH'],
    ['nameid and iss without realm', { nameid: 'client', iss: 'client' }, 'ERR_S2S_REALM_MISMATCH'],
    ['an iss that is no name', { iss: 'https://issuer.example/' }, 'ERR_S2S_REALM_MISMATCH'],
    ['no iss', { iss: undefined }, invalid],
    ['another audience', { aud: s2sAudience.replace('portal', 'evil') }, 'ERR_S2S_AUDIENCE_MISMATCH'],
    ['an expired token', { exp: NOW - 61 }, 'ERR_S2S_TOKEN_EXPIRED'],
    ['an actor token inside', { actortoken: null }, invalid],
    ['ActorToken', { ActorToken: '' }, invalid],
    ['actort', { actort: '' }, invalid],
    ['act', { act: {} }, invalid],
    ['actor', { actor: application }, invalid],
  ]
  for (const [name, changes, code, by = broker] of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(() => verifyActorClaims(changed(actor, changes), by, NOW), { code })
    })
  }
})

describe('verifyOuterClaims', () => {
  const verifyPair = (outerChanges: object, actorChanges: object = {}): { expiresAt: number } => {
    const claims = changed(actor, actorChanges)
    const checked = verifyActorClaims(claims, broker, NOW)
    return verifyOuterClaims(changed(outer, outerChanges), { claims, checked }, { issuer: broker, now: NOW })
  }

  const ends: readonly [name: string, outerEnd: number, actorEnd: number][] = [
    ['the outer token', NOW + 10, NOW + 20],
    ['the actor token', NOW + 20, NOW + 10],
  ]
  for (const [name, outerEnd, actorEnd] of ends) {
    it(`ends when ${name} ends first`, () => {
      assert.equal(verifyPair({ exp: outerEnd }, { exp: actorEnd }).expiresAt, NOW + 10)
    })
  }

  const refused: readonly [name: string, outerChanges: object, code: string, actorChanges?: object][] = [
    ['an outer token of another application', { iss: `other@${self.realm}` }, 'ERR_S2S_ACTOR_MISMATCH'],
    ['an outer token in other letters', { iss: application.toUpperCase() }, 'ERR_S2S_ACTOR_MISMATCH'],
    ['an outer token without iss', { iss: undefined }, invalid],
    ['another audience', { aud: s2sAudience.replace('portal', 'evil') }, 'ERR_S2S_AUDIENCE_MISMATCH'],
    ['an expired outer token', { exp: NOW - 61 }, 'ERR_S2S_TOKEN_EXPIRED'],
    ['an outer token without nbf', { nbf: undefined }, invalid],
    ['a stand-in beside the actor token', { act: {} }, invalid],
    ['an actor that is not trusted', {}, 'ERR_S2S_DELEGATION_ABSENT', { trustedfordelegation: 'false' }],
    ['an actor that does not say so', {}, 'ERR_S2S_DELEGATION_ABSENT', { trustedfordelegation: undefined }],
    [
      'an outer token that says so itself',
      { trustedfordelegation: true },
      'ERR_S2S_DELEGATION_ABSENT',
      { trustedfordelegation: false },
    ],
  ]
  for (const [name, outerChanges, code, actorChanges] of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(() => verifyPair(outerChanges, actorChanges), { code })
    })
  }

  it('refuses two audiences of ours that differ', () => {
    const withPort = s2sAudience.replace('example@', 'example:8443@')
    const both = s2sIssuer({ isTrustBroker: true, audience: new Set([s2sAudience, withPort]) })
    const checked = verifyActorClaims(actor, both, NOW)
    const pair = (aud: string): object =>
      verifyOuterClaims({ ...outer, aud }, { claims: actor, checked }, { issuer: both, now: NOW })
    assert.throws(() => pair(withPort), { code: 'ERR_S2S_ACTOR_MISMATCH' })
    assert.doesNotThrow(() => pair(s2sAudience.replace('portal', 'PORTAL')))
  })
})

describe('verifyAcsUserClaims', () => {
  const acs = {
    ...actor,
    actor: application,
    nameid: '10030000@live',
    identityprovider: 'urn:federation:microsoftonline',
  }

  it('reads the application from actor and the user from nameid', () => {
    const { application: caller, nameIdentifier } = verifyAcsUserClaims(acs, broker, NOW)
    assert.deepEqual(caller, { id: 'client', realm: self.realm })
    assert.equal(nameIdentifier, '10030000@live')
  })

  const refused: readonly [name: string, changes: object, code: string][] = [
    ['no nameid', { nameid: undefined }, invalid],
    ['no actor', { actor: undefined }, invalid],
    ['an actor of another realm', { actor: 'client@elsewhere' }, 'ERR_S2S_REALM_MISMATCH'],
    ['no identityprovider', { identityprovider: undefined }, invalid],
    ['an actor token inside', { actortoken: 'x.y.z' }, invalid],
    ['act', { act: {} }, invalid],
    ['another audience', { aud: 'x/y@z' }, 'ERR_S2S_AUDIENCE_MISMATCH'],
    ['an expired token', { exp: NOW - 61 }, 'ERR_S2S_TOKEN_EXPIRED'],
  ]
  for (const [name, changes, code] of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(() => verifyAcsUserClaims(changed(acs, changes), broker, NOW), { code })
    })
  }
})

describe('readUserClaims', () => {
  it('reads the five claims that name a user, and no other', () => {
    const user = { nameid: '1', nii: '2', upn: '3', smtp: '4', sip: '5' }
    assert.deepEqual(readUserClaims({ ...outer, ...user, sub: '6', roles: ['7'] }), user)
  })

  for (const name of ['nameid', 'upn', 'smtp', 'sip']) {
    it(`is content with ${name} alone`, () => {
      assert.deepEqual(readUserClaims({ [name]: 'dana' }), { [name]: 'dana' })
    })
  }

  for (const claims of [{}, { nii: 'x' }, { sub: 'dana' }, { nameid: {} }, { nameid: '1', nii: [] }, { upn: '' }]) {
    it(`refuses ${JSON.stringify(claims)}`, () => {
      assert.throws(() => readUserClaims(claims), { code: invalid })
    })
  }
})

describe('verifyDelegationPolicy', () => {
  const name = { id: 'client', realm: self.realm }
  const policies: readonly [applications: readonly string[] | false, allowed: boolean][] = [
    [false, false],
    [[], false],
    [['client'], true],
    [[application], true],
    [['other', 'client'], true],
    [['Client'], false],
    [['client@elsewhere'], false],
    [['*'], false],
    [['clien'], false],
  ]
  for (const [applications, allowed] of policies) {
    it(`${allowed ? 'lets the application through' : 'refuses'} with ${JSON.stringify(applications)}`, () => {
      const by = s2sIssuer({
        allowDelegation: applications === false ? false : createDelegationPolicy({ applications }, 'farm'),
      })
      const verify = (): void => {
        verifyDelegationPolicy(name, by, { upn: 'dana@fabrikam.example' })
      }
      if (allowed) assert.doesNotThrow(verify)
      else assert.throws(verify, { code: 'ERR_S2S_DELEGATION_NOT_ALLOWED', status: 403 })
    })
  }
})
