import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { createS2S, type AuditEvent, type S2SOptions, type TrustedIssuerOptions } from 'passport-s2s'
import { describeAccepted, type AcceptedCase } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { fixedClock } from '../support/clock.ts'
import { serveDocuments, startHttpsServer } from '../support/https-server.ts'
import { compact, readClaims } from '../support/tokens.ts'
import { readGenuineActorToken, readSharePointMetadata } from '../support/vectors.ts'

/** A genuine metadata document of a farm, and a genuine actor token of 2015. */
const resources = { 'GET /reports/:id': 'reports.read' } as const
const sharepoint = '00000003-0000-0ff1-ce00-000000000000'

const metadataIssuer = `${sharepoint}@af90cc03-4a26-45e9-906a-609cebcebbde`
const text = readSharePointMetadata()
const server = await startHttpsServer(serveDocuments({ '/_layouts/15/metadata/json/1': text }))
after(() => server.close())
const ours = { clientId: sharepoint, realm: '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011', hosts: ['portal.fabrikam.example'] }

function trusting(issuer: Partial<TrustedIssuerOptions> = {}): S2SOptions {
  const metadataEndpoint = `${server.url}/_layouts/15/metadata/json/1`
  return {
    self: ours,
    clock: fixedClock,
    ca: server.ca,
    trustedIssuers: [{ type: 's2s-metadata', name: 'farm', metadataEndpoint, ...issuer } as TrustedIssuerOptions],
  }
}

/** A token that names the farm's certificate; only the farm could sign it. */
const x5t = 'i_gz5qfYp5YPWAK1__0YhZnipLI'
const claims = {
  aud: `${sharepoint}/portal.fabrikam.example@${ours.realm}`,
  iss: metadataIssuer,
  nameid: metadataIssuer,
  nbf: '1798763000',
  exp: '1798764000',
}
const forged = compact({ typ: 'JWT', alg: 'RS256', x5t }, claims, Buffer.alloc(256, 1).toString('base64url'))

describe('the metadata document of a SharePoint farm', () => {
  const forms: readonly [name: string, issuer: Partial<TrustedIssuerOptions>][] = [
    ['whose name is registered', { registeredIssuerName: metadataIssuer }],
    ['whose name is learnt', {}],
  ]
  for (const [name, issuer] of forms) {
    it(`is understood for an issuer ${name}`, async () => {
      const events: AuditEvent[] = []
      const s2s = createS2S({ ...trusting(issuer), onAuditEvent: (event) => events.push(event) })
      const before = server.requests.length
      await s2s.ready()
      assert.deepEqual(s2s.trustedIssuers.list(), [{ name: 'farm', issuerNames: [metadataIssuer] }])
      assert.deepEqual(
        events.map((event) => [event.name, event.issuer]),
        [['keys.refreshed', 'farm']],
      )
      assert.deepEqual(server.requests.slice(before), ['GET /_layouts/15/metadata/json/1'])
      s2s.close()
    })
  }

  it('is refused for an issuer of another name', async () => {
    const s2s = createS2S(trusting({ registeredIssuerName: `${sharepoint}@52aa6841-b76b-4ed4-a3d7-a259fce1dfa2` }))
    await assert.rejects(s2s.ready(), { code: 'ERR_S2S_METADATA_INVALID', status: 503 })
    s2s.close()
  })

  it('is refused for an issuer whose certificate is pinned to another', async () => {
    const s2s = createS2S(trusting({ thumbprints: ['9thIezdFKqiQPKLCA2qy6_RAt9g'] }))
    await assert.rejects(s2s.ready(), { code: 'ERR_S2S_METADATA_INVALID' })
    s2s.close()
  })
})

for (const [name, issuer] of [
  ['registered', { registeredIssuerName: metadataIssuer }],
  ['learnt', {}],
] as const) {
  describeAttack(`tokens in the name of a SharePoint farm (${name})`, { s2s: trusting(issuer), resources }, [
    {
      name: 'a signature that its certificate does not verify',
      token: forged,
      status: 401,
      code: 'ERR_S2S_SIGNATURE_INVALID',
    },
  ])
}

const genuine = readGenuineActorToken()
const actor = readClaims(genuine.actorToken)
const realm2015 = '200a8e79-a98e-4b79-a6e3-c637c6482471'
const application = '4ebb8f86-b40c-4cc5-8255-4ebeea018dc5'

function in2015(now: number, isTrustBroker = true): S2SOptions {
  return {
    self: { clientId: sharepoint, realm: realm2015, hosts: ['sharepoint'] },
    clock: () => now,
    trustedIssuers: [
      {
        type: 's2s-certificate',
        name: 'high trust',
        registeredIssuerName: `11111111-1111-1111-1111-111111111111@${realm2015}`,
        certificates: genuine.certificatePem,
        isTrustBroker,
        allowDelegation: { applications: [application] },
      },
    ],
    grants: [{ issuer: 'high trust', application, permissions: ['reports.read'], appOnly: true }],
    userRights: 'checked-by-handler',
  }
}

const accepted: AcceptedCase[] = [
  {
    name: 'the genuine actor token of 2015 as app-only token',
    token: genuine.actorToken,
    check: ({ kind, application: caller, user, token }) => {
      assert.equal(kind, 'app')
      assert.deepEqual(caller, { id: application, realm: realm2015 })
      assert.equal(user, undefined)
      assert.deepEqual(token, { format: 's2s-app', issuedAt: Number(actor['nbf']), expiresAt: Number(actor['exp']) })
    },
  },
  {
    name: 'an outer token about the same user whose times fit the actor token',
    token: compact({ typ: 'JWT', alg: 'none' }, { ...genuine.outerClaims, nbf: actor['nbf'], exp: actor['exp'] }),
  },
]
describeAccepted('a SharePoint client of 2015', { s2s: in2015(genuine.now), resources }, accepted)

const outer = compact({ typ: 'JWT', alg: 'none' }, genuine.outerClaims)
const refusals: readonly [name: string, now: number, token: string, code: AttackCase['code']][] = [
  ['the sample outer token while its actor token is valid', genuine.now, outer, 'ERR_S2S_TOKEN_NOT_YET_VALID'],
  ['the sample outer token while it is valid itself', 1_444_900_000, outer, 'ERR_S2S_TOKEN_EXPIRED'],
  ['the actor token with the clock of today', Date.now() / 1000, genuine.actorToken, 'ERR_S2S_TOKEN_EXPIRED'],
  ['the sample outer token with the clock of today', Date.now() / 1000, outer, 'ERR_S2S_TOKEN_EXPIRED'],
  ['the actor token before its time', 1_444_780_000, genuine.actorToken, 'ERR_S2S_TOKEN_NOT_YET_VALID'],
]
for (const [name, now, token, code] of refusals) {
  describeAttack(`a SharePoint client of 2015: ${name}`, { s2s: in2015(now), resources }, [
    { name, token, status: 401, code },
  ])
}

describeAttack(
  'a SharePoint client of 2015 whose issuer is no broker',
  { s2s: in2015(genuine.now, false), resources },
  [{ name: 'the actor token', token: genuine.actorToken, status: 401, code: 'ERR_S2S_BROKER_REQUIRED' }],
)
