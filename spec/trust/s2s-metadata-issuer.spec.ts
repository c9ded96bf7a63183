import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { S2SMetadataIssuerOptions } from '../../lib/trust/issuer-options.ts'
import { keyThumbprint } from '../../lib/keys/key-thumbprint.ts'
import { createS2SMetadataIssuer } from '../../lib/trust/s2s-metadata-issuer.ts'
import type { S2STrustedIssuer, TrustContext } from '../../lib/trust/trusted-issuer.ts'
import { makeCertificate, type TestCertificate } from '../support/certificates.ts'
import { fixedClock, makeMovableClock } from '../support/clock.ts'
import { makeFarm } from '../support/farm.ts'
import { serveDocuments, startHttpsServer, type LocalServer } from '../support/https-server.ts'
import { refusal } from '../support/refusal.ts'
import { makeTrustWorld } from '../support/trust-context.ts'
import { readSharePointMetadata } from '../support/vectors.ts'
import { s2sAudience, self } from '../support/world.ts'

const realm = '52aa6841-b76b-4ed4-a3d7-a259fce1dfa2'
const issuerId = 'a1d2c3b4-0e5f-4a6b-8c7d-9e8f7a6b5c4d'
const certificate = await makeCertificate({ commonName: 'Farm', keyType: 'ec256' })
const other = await makeCertificate({ commonName: 'Other', keyType: 'ec256' })
const farm = await makeFarm({
  realm,
  clientId: 'client',
  issuerId,
  audience: s2sAudience,
  clock: fixedClock,
  certificate,
})

const keyOf = ({ derBase64 }: TestCertificate): object => ({
  usage: 'signing',
  keyvalue: { type: 'x509Certificate', value: derBase64 },
})

describe('createS2SMetadataIssuer', () => {
  let server: LocalServer
  /** What stands at the metadata address now. */
  let document: object | string = {}
  before(async () => {
    server = await startHttpsServer(serveDocuments({ '/metadata/json/1': () => document }))
  })
  after(() => server.close())

  const make = (
    changes: Partial<S2SMetadataIssuerOptions> = {},
    context: Partial<TrustContext> = {},
  ): S2STrustedIssuer =>
    createS2SMetadataIssuer(
      { type: 's2s-metadata', metadataEndpoint: `${server.url}/metadata/json/1`, ca: server.ca, ...changes },
      makeTrustWorld(context).context,
    )

  const has = async (issuer: S2STrustedIssuer, { x5t }: TestCertificate): Promise<boolean> => {
    const keySet = await issuer.keys.current()
    try {
      return keySet.findKey({ alg: 'ES256', x5t }).id === x5t
    } catch {
      return false
    }
  }

  for (const dialect of ['exchange', 'acs', 'sharepoint'] as const) {
    it(`reads the ${dialect} dialect`, async () => {
      document = farm.metadata(dialect)
      const issuer = make({ registeredIssuerName: farm.issuerName })
      assert.equal(await has(issuer, certificate), true)
      assert.equal(await has(issuer, other), false)
      assert.deepEqual(issuer.issuerNames, [farm.issuerName])
      issuer.keys.close()
    })
  }

  it('reads the genuine document of a SharePoint farm and learns its name', async () => {
    document = readSharePointMetadata()
    const issuer = make()
    await issuer.keys.current()
    assert.match(issuer.issuerNames.join(), /^00000003-0000-0ff1-ce00-000000000000@[0-9a-f-]{36}$/)
    issuer.keys.close()
  })

  it('is named after what is known of it', () => {
    const endpoint = `${server.url}/metadata/json/1`
    assert.equal(make({ name: 'farm', registeredIssuerName: farm.issuerName }).name, 'farm')
    assert.equal(make({ registeredIssuerName: farm.issuerName }).name, farm.issuerName)
    assert.equal(make().name, endpoint)
  })

  it('fetches nothing before it is needed', async () => {
    const start = server.requests.length
    const issuer = make()
    assert.deepEqual(issuer.issuerNames, [])
    assert.equal(server.requests.length, start)
    document = farm.metadata('exchange')
    await issuer.keys.current()
    assert.deepEqual(server.requests.slice(start), ['GET /metadata/json/1'])
    issuer.keys.close()
  })

  it('learns its name once and holds the next documents to it', async () => {
    const { clock, advance } = makeMovableClock()
    document = farm.metadata('sharepoint')
    const issuer = make({}, { clock })
    await issuer.keys.current()
    assert.deepEqual(issuer.issuerNames, [farm.issuerName])

    document = { issuer: `evil@${realm}`, keys: [keyOf(other)] }
    await assert.rejects(
      async () => issuer.keys.refresh(),
      refusal('ERR_S2S_METADATA_INVALID', /\/metadata\/json\/1 is of another issuer than a1d2c3b4-.*@52aa6841-/),
    )
    advance(600)
    assert.equal(await has(issuer, certificate), true)
    assert.equal(await has(issuer, other), false)
    assert.deepEqual(issuer.issuerNames, [farm.issuerName])
    issuer.keys.close()
  })

  it('learns no name from a document it cannot use', async () => {
    document = { issuer: farm.issuerName, keys: [keyOf(other)] }
    const issuer = make({ thumbprints: [certificate.x5t] })
    await assert.rejects(
      async () => issuer.keys.current(),
      refusal('ERR_S2S_METADATA_INVALID', 'the document has no certificate that may be used'),
    )
    assert.deepEqual(issuer.issuerNames, [])
    document = farm.metadata('acs')
    await issuer.keys.current()
    assert.deepEqual(issuer.issuerNames, [farm.issuerName])
    issuer.keys.close()
  })

  it('takes up a certificate that was added, and drops one that was withdrawn', async () => {
    const { clock, advance } = makeMovableClock()
    document = { issuer: farm.issuerName, keys: [keyOf(certificate)] }
    const issuer = make({ keysRefreshSeconds: 60 }, { clock })
    assert.equal(await has(issuer, other), false)
    document = { issuer: farm.issuerName, keys: [keyOf(certificate), keyOf(other)] }
    advance(60)
    assert.equal(await has(issuer, other), true)
    document = { issuer: farm.issuerName, keys: [keyOf(other)] }
    advance(60)
    assert.equal(await has(issuer, certificate), false)
    issuer.keys.close()
  })

  for (const [name, thumbprint] of Object.entries({
    'SHA-1': certificate.x5t,
    'SHA-256': certificate.x5tS256,
    hex: Buffer.from(certificate.x5t, 'base64url').toString('hex').toUpperCase(),
  })) {
    it(`takes only the certificate that is pinned by ${name}`, async () => {
      document = { issuer: farm.issuerName, keys: [keyOf(certificate), keyOf(other)] }
      const issuer = make({ registeredIssuerName: farm.issuerName, thumbprints: [thumbprint] })
      assert.equal(await has(issuer, certificate), true)
      assert.equal(await has(issuer, other), false)
      issuer.keys.close()
    })
  }

  it('refuses pins that are none at start', () => {
    assert.throws(
      () => make({ thumbprints: ['thumbprint'] }),
      refusal('ERR_S2S_OPTION_INVALID', /\/metadata\/json\/1: thumbprints must be/),
    )
  })

  it("drops this server's own certificate from every document (CVE-2026-55040)", async () => {
    const context = { ownKeys: new Set([keyThumbprint(other.publicKey)]) }
    document = { issuer: farm.issuerName, keys: [keyOf(other), keyOf(certificate)] }
    const issuer = make({}, context)
    assert.equal(await has(issuer, certificate), true)
    assert.equal(await has(issuer, other), false)
    issuer.keys.close()

    document = { issuer: farm.issuerName, keys: [keyOf(other)] }
    const alone = make({ thumbprints: [other.x5t] }, context)
    await assert.rejects(async () => alone.keys.current(), refusal('ERR_S2S_METADATA_INVALID'))
    alone.keys.close()
  })

  describe('with a wildcard realm', () => {
    const everyRealm = { issuer: `${issuerId}@*`, realm: '*', keys: [keyOf(certificate)] }

    it('answers to the listed realms only', async () => {
      document = everyRealm
      const issuer = make({ registeredIssuerName: `${issuerId}@*`, realms: [realm, 'contoso.example'] })
      assert.deepEqual(issuer.issuerNames, [`${issuerId}@${realm}`, `${issuerId}@contoso.example`])
      assert.equal(await has(issuer, certificate), true)
      issuer.keys.close()
    })

    it('learns the wildcard and answers to the listed realms', async () => {
      document = everyRealm
      const issuer = make({ realms: [realm] })
      await issuer.keys.current()
      assert.deepEqual(issuer.issuerNames, [`${issuerId}@${realm}`])
      issuer.keys.close()
    })

    it('is unavailable when a wildcard is learnt and no realm is listed', async () => {
      document = everyRealm
      const issuer = make()
      await assert.rejects(
        async () => issuer.keys.current(),
        refusal('ERR_S2S_METADATA_INVALID', /list the realms you trust in realms: \[\.\.\.\]$/),
      )
      assert.deepEqual(issuer.issuerNames, [])
      issuer.keys.close()
    })

    it('is unavailable when realms are listed and one realm is learnt', async () => {
      document = farm.metadata('exchange')
      const issuer = make({ realms: [realm] })
      await assert.rejects(async () => issuer.keys.current(), refusal('ERR_S2S_METADATA_INVALID', /leave it out$/))
      issuer.keys.close()
    })

    it('refuses a configured wildcard without realms at start', () => {
      assert.throws(
        () => make({ registeredIssuerName: `${issuerId}@*` }),
        refusal('ERR_S2S_OPTION_INVALID', /list the realms/),
      )
    })
  })

  it("is unavailable when it learns this server's own name, and keeps the cause", async () => {
    document = { issuer: `${self.clientId}@${self.realm}`, keys: [keyOf(certificate)] }
    const issuer = make()
    await assert.rejects(
      async () => issuer.keys.current(),
      (error: Error) => {
        assert.ok(refusal('ERR_S2S_METADATA_INVALID', /own name/)(error))
        return refusal('ERR_S2S_OPTION_INVALID', /own name/)(error.cause)
      },
    )
    issuer.keys.close()
  })

  for (const { name, served, code } of [
    { name: 'of another issuer', served: farm.metadata('acs'), code: 'ERR_S2S_METADATA_INVALID' },
    { name: 'that has no keys', served: { issuer: `registered@${realm}`, keys: [] }, code: 'ERR_S2S_METADATA_INVALID' },
    { name: 'that is no JSON', served: '<html>', code: 'ERR_S2S_METADATA_INVALID' },
  ] as const) {
    it(`is unavailable with a document ${name}`, async () => {
      document = served
      const issuer = make({ registeredIssuerName: `registered@${realm}` })
      await assert.rejects(async () => issuer.keys.current(), refusal(code))
      assert.deepEqual(issuer.issuerNames, [`registered@${realm}`])
      issuer.keys.close()
    })
  }
})
