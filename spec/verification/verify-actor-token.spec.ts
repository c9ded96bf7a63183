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
import type { TokenTimes } from '../../lib/verification/verify-claims.ts'
import { NOW } from '../support/clock.ts'
import { refusal } from '../support/refusal.ts'
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
type Check = ReturnType<typeof refusal>

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

  const refused: readonly [name: string, changes: object, check: Check, issuer?: typeof broker][] = [
    [
      'a self-issuer that speaks for another',
      {},
      refusal('ERR_S2S_BROKER_REQUIRED', '"nameid" is not "iss" and the issuer is not a broker (isTrustBroker)'),
      selfIssuer,
    ],
    ['no nameid', { nameid: undefined }, refusal(invalid, '"nameid" is missing')],
    ['a nameid that is no text', { nameid: [application] }, refusal(invalid, /^"nameid" is not a text/)],
    ['a nameid with a host', { nameid: s2sAudience }, refusal(invalid, 'the application is not named as id@realm')],
    ['a nameid that is no name', { nameid: 'two words' }, refusal(invalid, 'the application is not named as id@realm')],
    [
      'a nameid without realm',
      { nameid: 'client' },
      refusal('ERR_S2S_REALM_MISMATCH', 'the realm of the application is not the realm of the issuer'),
    ],
    [
      'a nameid of another realm',
      { nameid: 'client@elsewhere' },
      refusal('ERR_S2S_REALM_MISMATCH', 'the realm of the application is not the realm of the issuer'),
    ],
    [
      'nameid and iss without realm',
      { nameid: 'client', iss: 'client' },
      refusal('ERR_S2S_REALM_MISMATCH', 'the realm of the application is not the realm of the issuer'),
    ],
    [
      'an iss that is no name',
      { iss: 'https://issuer.example/' },
      refusal('ERR_S2S_REALM_MISMATCH', 'the realm of the application is not the realm of the issuer'),
    ],
    ['no iss', { iss: undefined }, refusal(invalid, '"iss" is missing')],
    [
      'another audience',
      { aud: s2sAudience.replace('portal', 'evil') },
      refusal('ERR_S2S_AUDIENCE_MISMATCH', /^"aud" is not /),
    ],
    ['an expired token', { exp: NOW - 61 }, refusal('ERR_S2S_TOKEN_EXPIRED', '"exp" has passed')],
    ['an actor token inside', { actortoken: null }, refusal(invalid, '"actortoken" is not accepted here')],
    ['ActorToken', { ActorToken: '' }, refusal(invalid, '"ActorToken" is not accepted here')],
    ['actort', { actort: '' }, refusal(invalid, '"actort" is not accepted here')],
    ['act', { act: {} }, refusal(invalid, '"act" is not accepted here')],
    ['actor', { actor: application }, refusal(invalid, '"actor" is not accepted here')],
  ]
  for (const [name, changes, check, by = broker] of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(() => verifyActorClaims(changed(actor, changes), by, NOW), check)
    })
  }
})

describe('verifyOuterClaims', () => {
  const verifyPair = (outerChanges: object, actorChanges: object = {}): TokenTimes => {
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

  const begins: readonly [name: string, outerStart: number, actorStart: number][] = [
    ['the outer token', NOW - 10, NOW - 20],
    ['the actor token', NOW - 20, NOW - 10],
  ]
  for (const [name, outerStart, actorStart] of begins) {
    it(`begins when ${name} begins last, and was issued when the outer token was`, () => {
      const { startsAt, issuedAt } = verifyPair({ nbf: outerStart }, { nbf: actorStart })
      assert.deepEqual([startsAt, issuedAt], [NOW - 10, outerStart])
    })
  }

  const refused: readonly (readonly [name: string, outerChanges: object, check: Check, actorChanges?: object])[] = [
    [
      'an outer token of another application',
      { iss: `other@${self.realm}` },
      refusal('ERR_S2S_ACTOR_MISMATCH', '"iss" of the outer token is not "nameid" of the actor token'),
    ],
    [
      'an outer token in other letters',
      { iss: application.toUpperCase() },
      refusal('ERR_S2S_ACTOR_MISMATCH', '"iss" of the outer token is not "nameid" of the actor token'),
    ],
    ['an outer token without iss', { iss: undefined }, refusal(invalid, '"iss" is missing')],
    [
      'another audience',
      { aud: s2sAudience.replace('portal', 'evil') },
      refusal('ERR_S2S_AUDIENCE_MISMATCH', /^"aud" is not /),
    ],
    ['an expired outer token', { exp: NOW - 61 }, refusal('ERR_S2S_TOKEN_EXPIRED', '"exp" has passed')],
    ['an outer token without nbf', { nbf: undefined }, refusal(invalid, '"nbf" is missing')],
    ['a stand-in beside the actor token', { act: {} }, refusal(invalid, '"act" is not accepted here')],
    ...(['ActorToken', 'actort', 'actor'] as const).map(
      (name) =>
        [`${name} beside the actor token`, { [name]: '' }, refusal(invalid, `"${name}" is not accepted here`)] as const,
    ),
    [
      'an actor that is not trusted',
      {},
      refusal('ERR_S2S_DELEGATION_ABSENT', '"trustedfordelegation" of the actor token is not true'),
      { trustedfordelegation: 'false' },
    ],
    [
      'an actor that does not say so',
      {},
      refusal('ERR_S2S_DELEGATION_ABSENT', '"trustedfordelegation" of the actor token is not true'),
      { trustedfordelegation: undefined },
    ],
    [
      'an outer token that says so itself',
      { trustedfordelegation: true },
      refusal('ERR_S2S_DELEGATION_ABSENT', '"trustedfordelegation" of the actor token is not true'),
      { trustedfordelegation: false },
    ],
  ]
  for (const [name, outerChanges, check, actorChanges] of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(() => verifyPair(outerChanges, actorChanges), check)
    })
  }

  it('refuses two audiences of ours that differ', () => {
    const withPort = s2sAudience.replace('example@', 'example:8443@')
    const both = s2sIssuer({ isTrustBroker: true, audience: new Set([s2sAudience, withPort]) })
    const checked = verifyActorClaims(actor, both, NOW)
    const pair = (aud: string): object =>
      verifyOuterClaims({ ...outer, aud }, { claims: actor, checked }, { issuer: both, now: NOW })
    const different = 'the outer token and the actor token have different audiences'
    assert.throws(() => pair(withPort), refusal('ERR_S2S_ACTOR_MISMATCH', different))
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

  const refused: readonly [name: string, changes: object, check: Check][] = [
    ['no nameid', { nameid: undefined }, refusal(invalid, '"nameid" is missing')],
    ['no actor', { actor: undefined }, refusal(invalid, '"actor" is missing')],
    [
      'an actor of another realm',
      { actor: 'client@elsewhere' },
      refusal('ERR_S2S_REALM_MISMATCH', 'the realm of the application is not the realm of the issuer'),
    ],
    ['no identityprovider', { identityprovider: undefined }, refusal(invalid, '"identityprovider" is missing')],
    ['an actor token inside', { actortoken: 'x.y.z' }, refusal(invalid, '"actortoken" is not accepted here')],
    ['act', { act: {} }, refusal(invalid, '"act" is not accepted here')],
    ['ActorToken', { ActorToken: '' }, refusal(invalid, '"ActorToken" is not accepted here')],
    ['actort', { actort: '' }, refusal(invalid, '"actort" is not accepted here')],
    ['another audience', { aud: 'x/y@z' }, refusal('ERR_S2S_AUDIENCE_MISMATCH', /^"aud" is not /)],
    ['an expired token', { exp: NOW - 61 }, refusal('ERR_S2S_TOKEN_EXPIRED', '"exp" has passed')],
  ]
  for (const [name, changes, check] of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(() => verifyAcsUserClaims(changed(acs, changes), broker, NOW), check)
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

  for (const claims of [{}, { nii: 'x' }, { sub: 'dana' }]) {
    it(`finds no user in ${JSON.stringify(claims)}`, () => {
      const none = 'the outer token names no user (nameid, upn, smtp or sip)'
      assert.throws(() => readUserClaims(claims), refusal(invalid, none))
    })
  }

  for (const claims of [{ nameid: {} }, { nameid: '1', nii: [] }, { upn: '' }]) {
    it(`refuses ${JSON.stringify(claims)}`, () => {
      assert.throws(() => readUserClaims(claims), refusal(invalid, /is not a text/))
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
