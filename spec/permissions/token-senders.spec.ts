import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createMemoryGrants, type Grant } from '../../lib/permissions/grants.ts'
import { createSenders, type Sender } from '../../lib/permissions/token-senders.ts'
import type { TrustedIssuer } from '../../lib/trust/trusted-issuer.ts'
import { createTokenVerifier } from '../../lib/verification/token-verifier.ts'
import type { VerifiedToken } from '../../lib/verification/verified-token.ts'
import { fixedClock } from '../support/clock.ts'
import { issuerOfFarm, issuerOfOAuth } from '../support/trusted-issuers.ts'
import { dana, makeWorld } from '../support/world.ts'

const { farm, oauth } = await makeWorld()
const trusted = {
  farm: issuerOfFarm(farm, {
    isTrustBroker: true,
    allowDelegation: { refusalAsItself, refusalForUser: refusalAsItself },
  }),
  oauth: issuerOfOAuth(oauth),
}

function refusalAsItself(): undefined {
  return undefined
}

async function verify(token: string, issuer: TrustedIssuer): Promise<VerifiedToken> {
  return createTokenVerifier({ issuers: { find: () => issuer }, clock: fixedClock })(token)
}

const grant: Grant = {
  issuer: 'farm',
  application: farm.applicationName,
  permissions: ['reports.read'],
  appOnly: true,
}
const namesOf = ({ standing }: Sender): readonly string[] => standing().parts.permissions

describe('senders', () => {
  it('are one for all tokens that say the same of their caller', async () => {
    const senders = createSenders(createMemoryGrants([grant]))
    const [first, second] = [await farm.appOnlyToken(), await farm.appOnlyToken({ exp: '1798765000', jti: 'b' })]
    assert.equal(senders.of(await verify(first, trusted.farm)), senders.of(await verify(second, trusted.farm)))
  })

  it('stay known when others come', async () => {
    const senders = createSenders(createMemoryGrants([grant]))
    const [one, other] = [
      await verify(await farm.appOnlyToken(), trusted.farm),
      await verify(await oauth.token(), trusted.oauth),
    ]
    const sender = senders.of(one)
    assert.notEqual(senders.of(other), sender)
    assert.equal(senders.of(one), sender)
  })

  const tokens: Readonly<Record<string, () => Promise<VerifiedToken>>> = {
    'an application': async () => verify(await farm.appOnlyToken(), trusted.farm),
    'another application': async () =>
      verify(await farm.appOnlyToken({ nameid: farm.applicationName.replace('4c9a', '4c9b') }), trusted.farm),
    'the application for a user': async () => verify(await farm.userToken(dana), trusted.farm),
    'the application for another user': async () =>
      verify(await farm.userToken({ upn: 'eve@f.example' }), trusted.farm),
    'an OAuth client': async () => verify(await oauth.token(), trusted.oauth),
    'an OAuth client with a scope': async () => verify(await oauth.token({ claims: { scope: 'a' } }), trusted.oauth),
    'an OAuth client with two': async () => verify(await oauth.token({ claims: { scope: 'a b' } }), trusted.oauth),
    'an OAuth client with a list': async () => verify(await oauth.token({ claims: { scp: ['a b'] } }), trusted.oauth),
    'an OAuth client with a role': async () => verify(await oauth.token({ claims: { roles: ['a'] } }), trusted.oauth),
    'an OAuth client with the scope as a text in scp': async () =>
      verify(await oauth.token({ claims: { scp: 'a' } }), trusted.oauth),
    'an OAuth client with a permission': async () =>
      verify(await oauth.token({ claims: { permissions: ['a'] } }), trusted.oauth),
    'another issuer of that name': async () => verify(await oauth.token(), issuerOfOAuth(oauth)),
  }
  it('are never one for tokens that differ in anything', async () => {
    const senders = createSenders(createMemoryGrants([]))
    const seen = new Set<Sender>()
    for (const [name, token] of Object.entries(tokens)) {
      const sender = senders.of(await token())
      assert.ok(!seen.has(sender), name)
      seen.add(sender)
    }
  })

  it('count the claims at configured paths as well', async () => {
    const issuer = issuerOfOAuth(oauth, { permissionClaims: [['realm_access', 'roles']] })
    const senders = createSenders(createMemoryGrants([]))
    const of = async (roles: readonly string[]): Promise<Sender> =>
      senders.of(await verify(await oauth.token({ claims: { realm_access: { roles } } }), issuer))
    assert.deepEqual(namesOf(await of(['a'])), ['a'])
    assert.deepEqual(namesOf(await of(['b'])), ['b'])
  })

  it('hold what is granted now', async () => {
    const grants = createMemoryGrants([grant])
    const senders = createSenders(grants)
    const sender = senders.of(await verify(await farm.appOnlyToken(), trusted.farm))
    const before = sender.standing()
    assert.equal(sender.standing(), before, 'worked out once')
    grants.remove({ issuer: grant.issuer, application: grant.application })
    assert.deepEqual(namesOf(sender), [])
    grants.add({ ...grant, permissions: ['reports.write'] })
    assert.deepEqual(namesOf(sender), ['reports.write'])
  })

  it('of OAuth tokens are not worked out anew when grants change', async () => {
    const grants = createMemoryGrants([grant])
    const sender = createSenders(grants).of(await verify(await oauth.token({ claims: { scope: 'a' } }), trusted.oauth))
    const standing = sender.standing()
    grants.add({ ...grant, issuer: 'login', permissions: ['b'] })
    assert.equal(sender.standing(), standing)
    assert.deepEqual(namesOf(sender), ['a'])
  })

  it('ask a store that does not tell its changes each time', async () => {
    let permissions = ['a']
    const senders = createSenders({ grantsOf: () => [{ ...grant, permissions }] })
    const sender = senders.of(await verify(await farm.appOnlyToken(), trusted.farm))
    assert.deepEqual(namesOf(sender), ['a'])
    permissions = []
    assert.deepEqual(namesOf(sender), [])
  })

  it('are forgotten when there are too many, and made again', async () => {
    const senders = createSenders(createMemoryGrants([grant]))
    const verified = await verify(await farm.appOnlyToken(), trusted.farm)
    const first = senders.of(verified)
    for (let number = 0; number < 10_000; number += 1) {
      const claims = { ...verified.proof.claims, iss: `${number}@realm` }
      senders.of(Object.assign(Object.create(verified) as VerifiedToken, { proof: withClaims(verified, claims) }))
    }
    assert.notEqual(senders.of(verified), first)
    assert.deepEqual(namesOf(first), ['reports.read'])
  })
})

/** The proof of one token with other claims: only to make many senders cheaply. */
function withClaims({ proof }: VerifiedToken, claims: object): VerifiedToken['proof'] {
  return Object.create(proof, { claims: { value: claims } }) as VerifiedToken['proof']
}
