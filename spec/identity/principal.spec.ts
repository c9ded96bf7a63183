import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPrincipal, createPrincipalParts, readCaller } from '../../lib/identity/principal.ts'
import { createVerifier } from '../../lib/verifier.ts'
import type { VerifiedToken } from '../../lib/verification/verified-token.ts'
import { fixedClock } from '../support/clock.ts'
import { makeFarm } from '../support/farm.ts'
import { makeOAuthIssuer } from '../support/oauth-issuer.ts'

const realm = '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011'
const clientId = '4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28'
const self = { clientId: '00000003-0000-0ff1-ce00-000000000000', realm, hosts: ['portal.fabrikam.example'] }
const audience = `${self.clientId}/portal.fabrikam.example@${realm}`
const farm = await makeFarm({ realm, clientId, issuerId: clientId, audience, clock: fixedClock })
const sid = 's-1-5-21-1111111111-2222222222-333333333-1107'
const windows = 'urn:office:idp:activedirectory'

function verifierThat(acceptSecurityIdentifiers: boolean): ReturnType<typeof createVerifier> {
  return createVerifier({
    self,
    clock: fixedClock,
    userRights: 'checked-by-handler',
    trustedIssuers: [
      {
        type: 's2s-certificate',
        name: 'farm',
        registeredIssuerName: farm.issuerName,
        certificates: farm.certificate.certificatePem,
        allowDelegation: { applications: [clientId] },
        acceptSecurityIdentifiers,
      },
    ],
  })
}

describe('a principal', () => {
  it('is frozen all through', async () => {
    const principal = await verifierThat(true).verify(await farm.userToken({ nameid: sid, nii: windows }))
    const parts = [
      principal,
      principal.application,
      principal.user,
      principal.actorChain,
      principal.permissions,
      principal.token,
    ]
    assert.ok(parts.every((part) => Object.isFrozen(part)))
  })

  it('has a Windows SID only where the issuer may name one', async () => {
    const token = await farm.userToken({ nameid: sid, nii: windows })
    assert.equal((await verifierThat(true).verify(token)).user?.sid, sid)
    assert.equal((await verifierThat(false).verify(token)).user?.sid, undefined)
    assert.equal((await verifierThat(false).verify(token)).user?.id, sid)
  })

  it('takes only what is written like a SID, of the Windows store, for one', async () => {
    for (const user of [
      { nameid: 'dana', nii: windows },
      { nameid: sid, nii: 'trusted:adfs' },
      { nameid: sid },
      { nameid: `${sid}x`, nii: windows },
    ]) {
      assert.equal((await verifierThat(true).verify(await farm.userToken(user))).user?.sid, undefined)
    }
  })

  it('may be of a user without name identifier', async () => {
    const principal = await verifierThat(true).verify(await farm.userToken({ upn: 'dana@fabrikam.example' }))
    assert.deepEqual(principal.user, { issuer: 'farm', realm, upn: 'dana@fabrikam.example' })
  })

  it('is of an unnamed user when an OAuth token names nobody', async () => {
    const oauth = makeOAuthIssuer({ issuer: 'https://login.example.com', audience: 'https://a', clock: fixedClock })
    const trusted = { type: 'static', name: 'login', issuer: oauth.issuer, jwks: oauth.jwks() } as const
    const verifier = createVerifier({ audience: 'https://a', clock: fixedClock, trustedIssuers: [trusted] })
    const unnamed = await verifier.verify(await oauth.token({ claims: { sub: undefined } }))
    assert.deepEqual([unnamed.kind, unnamed.user], ['user+app', { issuer: 'login' }])
    const named = await verifier.verify(await oauth.token({ claims: { sub: 'dana' } }))
    assert.deepEqual([named.kind, named.user], ['user+app', { issuer: 'login', id: 'dana' }])
    const application = await verifier.verify(await oauth.token())
    assert.deepEqual([application.kind, application.user], ['app', undefined])
  })

  it('is not made without the proof of a signature', () => {
    const forged = { format: 's2s-app', application: { id: clientId, realm }, proof: { claims: {} } }
    assert.throws(() => readCaller(forged as unknown as VerifiedToken), { code: 'ERR_S2S_SIGNATURE_INVALID' })
  })

  it('leaves out what the token does not say', () => {
    const verified = { format: 'jwt', issuer: { name: 'login' }, issuedAt: undefined, expiresAt: 5 }
    const caller = { kind: 'app', kindIsCertain: true, application: { id: 'svc' }, user: undefined } as const
    const principal = createPrincipal(
      createPrincipalParts(verified as unknown as VerifiedToken, caller, ['reports.read']),
      verified,
    )
    assert.deepEqual(principal, {
      kind: 'app',
      application: { id: 'svc' },
      issuer: 'login',
      actorChain: ['svc'],
      permissions: ['reports.read'],
      token: { format: 'jwt', expiresAt: 5 },
    })
  })
})
