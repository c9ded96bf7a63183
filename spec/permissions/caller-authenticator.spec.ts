import assert from 'node:assert/strict'
import { tokenHashOf } from '../../lib/verification/token-ids.ts'
import { describe, it } from 'node:test'
import type { AuditEvent } from '../../lib/audit/audit-event.ts'
import { createCallerAuthenticator } from '../../lib/permissions/caller-authenticator.ts'
import type { VerifierOptions } from '../../lib/permissions/caller-options.ts'
import { createMemoryGrants } from '../../lib/permissions/grants.ts'
import { fixedClock } from '../support/clock.ts'
import { makeFarm } from '../support/farm.ts'
import { makeOAuthIssuer } from '../support/oauth-issuer.ts'

const realm = '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011'
const clientId = '4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28'
const self = { clientId: '00000003-0000-0ff1-ce00-000000000000', realm, hosts: ['portal.fabrikam.example'] }
const audience = `${self.clientId}/portal.fabrikam.example@${realm}`
const farm = await makeFarm({ realm, clientId, issuerId: clientId, audience, clock: fixedClock })
const oauth = makeOAuthIssuer({ issuer: 'https://login.example.com', audience: 'https://a', clock: fixedClock })
const issuer = {
  type: 's2s-certificate',
  name: 'farm',
  registeredIssuerName: farm.issuerName,
  certificates: farm.certificate.certificatePem,
} as const
const delegating = { ...issuer, allowDelegation: { applications: [clientId] } } as const
const options: VerifierOptions = { self, clock: fixedClock, trustedIssuers: [issuer] }

describe('createCallerAuthenticator', () => {
  it('refuses delegation when nobody is there to ask for the rights of users', () => {
    const alone: VerifierOptions = { ...options, trustedIssuers: [delegating] }
    assert.throws(() => createCallerAuthenticator(alone), { code: 'ERR_S2S_OPTION_INVALID', message: /userRights/ })
    createCallerAuthenticator({ ...alone, userRights: 'checked-by-handler' })
    createCallerAuthenticator({ ...alone, userRights: () => [] })
  })

  it('holds an issuer that is added later to the same condition', () => {
    const { issuers } = createCallerAuthenticator({ ...options, trustedIssuers: [] })
    assert.throws(() => {
      issuers.add(delegating)
    }, /userRights/)
    assert.deepEqual(issuers.list(), [])
    issuers.add(issuer)
    assert.equal(issuers.list().length, 1)
  })

  it('takes grants by the name of an issuer, by its iss, or as a store', async () => {
    const token = await farm.appOnlyToken()
    const grant = { application: clientId, permissions: ['reports.read'], appOnly: true }
    for (const grants of [
      [{ ...grant, issuer: 'farm' }],
      [{ ...grant, issuer: farm.issuerName }],
      createMemoryGrants([{ ...grant, issuer: 'farm' }]),
    ]) {
      const { authenticate } = createCallerAuthenticator({ ...options, grants })
      const { principal } = await authenticate(token, () => 'id')
      assert.deepEqual(principal.permissions, ['reports.read'])
    }
  })

  it('refuses a grant to an issuer that is not there, unless one has not told its name yet', () => {
    const grants = [{ issuer: 'farmm', application: clientId, permissions: ['reports.read'] }]
    assert.throws(() => createCallerAuthenticator({ ...options, grants }), /grants\[0\]\.issuer .*farm/)
    const unnamed = { type: 's2s-metadata', metadataEndpoint: 'https://farm.example/metadata/json/1' } as const
    createCallerAuthenticator({ ...options, trustedIssuers: [issuer, unnamed], grants }).issuers.close()
  })

  it('audits acceptance, delegation and refusal, without the token', async () => {
    const events: AuditEvent[] = []
    const { authenticate } = createCallerAuthenticator({
      ...options,
      trustedIssuers: [delegating],
      userRights: 'checked-by-handler',
      onAuditEvent: (event) => events.push(event),
    })
    const tokens = [
      await farm.appOnlyToken({ jti: 'first' }),
      await farm.userToken({ upn: 'dana@fabrikam.example' }),
      await farm.appOnlyToken({ exp: '1' }),
      'no token',
    ]
    for (const token of tokens) {
      try {
        await authenticate(token, () => 'id')
      } catch {
        // Its event says why.
      }
    }
    assert.deepEqual(
      events.map(({ name, outcome, code, tokenId }) => [name, outcome, code, tokenId]),
      [
        ['token.accepted', 'accepted', undefined, 'first'],
        ['delegation.accepted', 'accepted', undefined, tokenHashOf(tokens[1] ?? '')],
        ['token.rejected', 'refused', 'ERR_S2S_TOKEN_EXPIRED', undefined],
        ['token.rejected', 'refused', 'ERR_S2S_TOKEN_MALFORMED', undefined],
      ],
    )
    assert.equal(events[1]?.user?.upn, 'dana@fabrikam.example')
    for (const token of tokens) assert.ok(!JSON.stringify(events).includes(token.slice(0, 40)))
  })

  it('says of an outage that nobody is guilty', async () => {
    const events: AuditEvent[] = []
    const { authenticate, issuers } = createCallerAuthenticator({
      ...options,
      audience: 'https://a',
      trustedIssuers: [{ type: 'openid', issuer: oauth.issuer, jwksUri: 'https://unreachable.example/jwks' }],
      fetch: () => Promise.reject(new Error('no network')),
      onAuditEvent: (event) => events.push(event),
    })
    await assert.rejects(async () => authenticate(await oauth.token(), () => 'id'), {
      code: 'ERR_S2S_KEYS_UNREACHABLE',
    })
    assert.deepEqual(
      events.map(({ name, outcome }) => [name, outcome]),
      [
        ['keys.unavailable', 'unavailable'],
        ['verifier.unavailable', 'unavailable'],
      ],
    )
    issuers.close()
  })

  it("audits no refusal for a fault of a grant store, which is nobody's token", async () => {
    const events: AuditEvent[] = []
    const bug = new TypeError('a bug')
    const grantsOf = (): never => {
      throw bug
    }
    const { authenticate } = createCallerAuthenticator({
      ...options,
      grants: { grantsOf },
      onAuditEvent: (event) => events.push(event),
    })
    await assert.rejects(async () => authenticate(await farm.appOnlyToken(), () => 'id'), bug)
    assert.deepEqual(events, [])
  })

  it('names the user of an OAuth token in the event, and holds the ceiling and the paths of its issuer', async () => {
    const events: AuditEvent[] = []
    const { authenticate } = createCallerAuthenticator({
      ...options,
      audience: ['https://a'],
      trustedIssuers: [
        {
          type: 'static',
          name: 'login',
          issuer: oauth.issuer,
          jwks: oauth.jwks(),
          permissionCeiling: ['a', 'b'],
          permissionClaims: [['groups']],
        },
      ],
      onAuditEvent: (event) => events.push(event),
    })
    const token = await oauth.token({ claims: { sub: 'dana', scope: 'a c', groups: ['b', 'd'], jti: 5 } })
    const { principal } = await authenticate(token, () => 'id')
    assert.deepEqual([...principal.permissions].sort(), ['a', 'b'])
    assert.deepEqual(
      events.map(({ name, kind, user, tokenId }) => [name, kind, user?.id, tokenId]),
      [['token.accepted', 'user+app', 'dana', tokenHashOf(token)]],
    )
  })
})
