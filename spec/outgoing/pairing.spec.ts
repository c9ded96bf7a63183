import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Agent } from 'node:https'
import { createS2S } from '../../lib/create-s2s.ts'
import { createPairing, readPairing, type Pairing, type PairingOptions } from '../../lib/outgoing/pairing.ts'
import { sharePointServer } from '../../lib/outgoing/products/share-point-server.ts'
import { createS2SClient } from '../../lib/outgoing/s2s-client.ts'
import { makeCertificate } from '../support/certificates.ts'
import { fixedClock } from '../support/clock.ts'
import { refusal } from '../support/refusal.ts'
import { makeSigningKey } from '../support/signing-keys.ts'

const realm = '52aa6841-b76b-4ed4-a3d7-a259fce1dfa2'
const farmId = '00000003-0000-0ff1-ce00-000000000000'
const options = {
  name: 'portal',
  ours: { clientId: 'our-id', realm: 'our-realm', origin: 'https://reports.example', displayName: 'Reports' },
  theirs: sharePointServer({ url: 'https://portal.example', realm, delegation: { level: 'full' } }),
  permissions: [{ scope: 'SiteCollection', right: 'Read', appOnly: true, site: 'https://portal.example/sites/a' }],
  grants: [{ permissions: ['reports.read', { scope: 'lists', right: 'Write', container: '/a' }], appOnly: true }],
} as const satisfies PairingOptions

function pair(more: object = {}): Pairing {
  return createPairing({ ...options, ...more })
}

describe('createPairing', () => {
  it('gives what createS2S and the client take', async () => {
    const { trustedIssuer, client, grants, name } = pair()
    assert.equal(name, 'portal')
    assert.deepEqual(trustedIssuer, { ...options.theirs.trustedIssuer, name: 'portal' })
    assert.deepEqual(client, options.theirs.client)
    assert.deepEqual(grants, [{ issuer: 'portal', application: `${farmId}@${realm}`, ...options.grants[0] }])
    const self = { clientId: 'our-id', realm: 'our-realm', hosts: ['reports.example'] }
    const s2s = createS2S({ self, trustedIssuers: [trustedIssuer], grants, userRights: () => [] })
    assert.deepEqual(s2s.trustedIssuers.list(), [{ name: 'portal', issuerNames: [`${farmId}@${realm}`] }])
    s2s.close()
    const key = await makeSigningKey({ commonName: 'Reports' })
    createS2SClient(client, { ...self, currentKey: () => key, clock: fixedClock })
  })

  it('grants to the application in any realm of its issuer, when the realm is not known', () => {
    const theirs = sharePointServer({ url: 'https://portal.example' })
    assert.equal(pair({ theirs }).grants[0]?.application, farmId)
  })

  it('asks and grants nothing that is not written', () => {
    const { grants, toJSON } = pair({ permissions: undefined, grants: undefined })
    assert.deepEqual(grants, [])
    assert.deepEqual(toJSON().permissions, [])
  })

  it('pairs with a server that has no preset', () => {
    const { trustedIssuer, client, powerShell } = createPairing({
      name: 'documents',
      ours: { clientId: 'our-id', realm: 'our-realm', metadataEndpoint: 'https://reports.example/m' },
      theirs: { url: 'https://documents.example', clientId: 'their-id', realm: 'their-realm' },
    })
    assert.ok(trustedIssuer.type === 's2s-metadata')
    assert.equal(trustedIssuer.metadataEndpoint, 'https://documents.example/_layouts/15/metadata/json/1')
    assert.equal(trustedIssuer.registeredIssuerName, 'their-id@their-realm')
    assert.equal(client.targetClientId, 'their-id')
    assert.match(powerShell(), /^# metadata document: 'https:\/\/reports\.example\/m'$/m)
  })

  it('prints the commands for the other side: our metadata by default, our certificate where it is given', async () => {
    assert.match(
      pair().powerShell(),
      /-MetadataEndPoint 'https:\/\/reports\.example\/_layouts\/15\/metadata\/json\/1'\n/,
    )
    const root = await makeCertificate({ commonName: 'Root' })
    const leaf = await makeCertificate({ commonName: 'Reports', signedBy: root })
    const printed = pair({ certificate: leaf.certificatePem, certificateChain: [root.certificatePem] }).powerShell()
    assert.doesNotMatch(printed, /MetadataEndPoint/)
    assert.ok(printed.includes(`$certificate0 = `) && printed.includes(`FromBase64String('${leaf.derBase64}')`))
    assert.ok(printed.includes(`$certificate1 = `) && printed.includes(`FromBase64String('${root.derBase64}')`))
  })

  it('keeps what it was given, whatever happens to the options afterwards', () => {
    const permissions = [{ ...options.permissions[0] }]
    const pairing = pair({ permissions })
    Object.assign(permissions[0] ?? {}, { right: 'FullControl' })
    assert.equal(pairing.toJSON().permissions[0]?.right, 'Read')
    Object.assign(pairing.toJSON(), { permissions: [] })
    assert.equal(pairing.toJSON().permissions.length, 1)
  })

  it('refuses a private key instead of a certificate', async () => {
    const { privateKeyPem } = await makeCertificate({ commonName: 'Reports' })
    assert.throws(() => pair({ certificate: privateKeyPem }), refusal('ERR_S2S_OPTION_INVALID', /private key/))
  })

  const { ours } = options
  const wrong: readonly (readonly [string, object, RegExp])[] = [
    ['no other side', { theirs: undefined }, /^theirs /],
    ['a chain without its certificate', { certificateChain: ['x'] }, /certificateChain needs the certificate/],
    ['no way to know our key', { ours: { ...ours, origin: undefined } }, /needs either metadataEndpoint/],
    [
      'an origin over plain http',
      { ours: { ...ours, origin: 'http://reports.example' } },
      /ours\.metadataEndpoint must/,
    ],
    ['a display name that SharePoint does not take', { ours: { ...ours, displayName: 'x'.repeat(51) } }, /displayName/],
    [
      'an agent, which no file can hold',
      { theirs: sharePointServer({ url: 'https://a.example', agent: new Agent() }) },
      /agent/,
    ],
  ]
  for (const [name, more, told] of wrong) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => pair(more),
        (error) => error instanceof Error && told.test((error as { reason?: string }).reason ?? ''),
      )
    })
  }

  it('refuses an option that is not known', () => {
    assert.throws(() => pair({ permission: [] }), refusal('ERR_S2S_OPTION_UNKNOWN', /pairing\.permission /))
  })
})

describe('readPairing', () => {
  it('reads what JSON.stringify wrote, as text and as object, and gives the same pairing', () => {
    const pairing = pair()
    const text = JSON.stringify(pairing)
    for (const read of [readPairing(text), readPairing(JSON.parse(text))]) {
      assert.deepEqual(read.toJSON(), pairing.toJSON())
      assert.deepEqual(read.trustedIssuer, pairing.trustedIssuer)
      assert.deepEqual(read.client, pairing.client)
      assert.deepEqual(read.grants, pairing.grants)
      assert.equal(read.powerShell(), pairing.powerShell())
    }
  })

  it('refuses a text that is no JSON object, or says a member twice', () => {
    for (const text of ['', 'x', '[]', '{"version":1,"version":1}']) {
      assert.throws(() => readPairing(text), refusal('ERR_S2S_OPTION_INVALID', 'pairing is not a JSON object'))
    }
  })
})
