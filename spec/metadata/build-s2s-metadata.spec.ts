import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseJsonObject, type JsonObject } from '../../lib/foundation/parse-json.ts'
import { parseCertificate } from '../../lib/keys/certificate.ts'
import { buildS2SMetadata, metadataProducts, s2sMetadataPaths } from '../../lib/metadata/build-s2s-metadata.ts'
import { parseS2SMetadata, type S2SMetadata } from '../../lib/metadata/s2s-metadata.ts'
import { makeFarm } from '../support/farm.ts'
import { fixedClock } from '../support/clock.ts'
import { makeSigningKey } from '../support/signing-keys.ts'
import { readSharePointMetadata } from '../support/vectors.ts'

const self = {
  clientId: '5e2f1a90-7c44-4d0b-9a6e-3f8b1d27c605',
  realm: '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011',
  hosts: ['api.fabrikam.example', 'other.fabrikam.example:8443'],
}
const issuer = `${self.clientId}@${self.realm}`
const origin = 'https://api.fabrikam.example'
const current = await makeSigningKey({ commonName: 'Current' })
const next = await makeSigningKey({ commonName: 'Next', keyType: 'ec256' })
const parts = { self, keys: [current, next], origin, product: 'sharepoint' } as const

/** As it comes over the wire. */
function parse(document: object): S2SMetadata {
  return parseS2SMetadata(parseJsonObject(JSON.stringify(document)))
}

describe('our S2S metadata document', () => {
  it('has the members that consumers read, in their spelling', () => {
    const { id, ...members } = buildS2SMetadata({ ...parts, keys: [current] })
    assert.match(String(id), /^_[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.deepEqual(members, {
      version: '1.0',
      name: self.clientId,
      realm: self.realm,
      serviceName: self.clientId,
      issuer,
      allowedAudiences: [
        `${self.clientId}/api.fabrikam.example@${self.realm}`,
        `${self.clientId}/other.fabrikam.example:8443@${self.realm}`,
      ],
      keys: [
        {
          usage: 'signing',
          keyinfo: { x5t: current.x5t },
          keyvalue: { type: 'x509Certificate', value: current.derBase64 },
        },
      ],
      endpoints: [{ location: `${origin}/_layouts/15/metadata/json/1`, protocol: 'OAuth2', usage: 'metadata' }],
    })
  })

  for (const product of metadataProducts) {
    it(`round-trips through our own parser at the path of ${product}`, () => {
      const document = buildS2SMetadata({ ...parts, product })
      assert.deepEqual(document['endpoints'], [
        { location: `${origin}${s2sMetadataPaths[product]}`, protocol: 'OAuth2', usage: 'metadata' },
      ])
      const metadata = parse(document)
      assert.equal(metadata.issuer, issuer)
      assert.equal(metadata.realm, self.realm)
      assert.equal(metadata.ignoredKeys, 0)
      assert.deepEqual(
        metadata.certificates.map(({ x5tS256 }) => x5tS256),
        [current.x5tS256, next.x5tS256],
      )
    })
  }

  it('holds nothing of a private key', () => {
    const text = JSON.stringify(buildS2SMetadata(parts))
    const { d = '' } = current.privateKey.export({ format: 'jwk' })
    assert.ok(d.length > 300)
    assert.ok(!text.includes(d) && !text.includes('PRIVATE'))
  })

  it('is the same for the same keys and another for others', () => {
    assert.deepEqual(buildS2SMetadata(parts), buildS2SMetadata({ ...parts, keys: [...parts.keys] }))
    const ids = [parts.keys, [current], [next, current]].map((keys) => buildS2SMetadata({ ...parts, keys })['id'])
    assert.equal(new Set(ids).size, 3)
  })
})

describe('the documents of other products', async () => {
  const [issuerId, realm] = ['a1d2c3b4-0e5f-4a6b-8c7d-9e8f7a6b5c4d', self.realm]
  const farm = await makeFarm({ realm, issuerId, clientId: issuerId, audience: 'a', clock: fixedClock })
  const dialects: readonly (readonly [string, JsonObject])[] = [
    ['a real SharePoint farm', parseJsonObject(readSharePointMetadata())],
    ...(['exchange', 'acs', 'sharepoint'] as const).map(
      (spelling) => [`the spelling of ${spelling}`, farm.metadata(spelling) as JsonObject] as const,
    ),
  ]
  for (const [name, document] of dialects) {
    it(`say the same when we build them again: ${name}`, () => {
      const theirs = parse(document)
      const [clientId = '', realmOfIssuer = ''] = theirs.issuer.split('@')
      const built = buildS2SMetadata({
        self: { clientId, realm: realmOfIssuer, hosts: ['farm.example'] },
        keys: theirs.certificates,
        origin: 'https://farm.example',
        product: 'sharepoint',
      })
      assert.deepEqual({ ...parse(built), name: theirs.name }, theirs)
    })
  }

  it('carry certificates that stay the same to the byte', () => {
    const [certificate] = parse(farm.metadata('exchange')).certificates
    assert.equal(certificate?.derBase64, farm.certificate.derBase64)
    assert.equal(parseCertificate(certificate.derBase64).x5tS256, farm.certificate.x5tS256)
  })
})
