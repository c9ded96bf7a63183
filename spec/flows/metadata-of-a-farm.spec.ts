import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createAuditLog } from '../../lib/audit/audit-log.ts'
import { createOwnKeys } from '../../lib/keys/own-keys.ts'
import { readSigningKey, type SigningKey } from '../../lib/keys/signing-key.ts'
import { createSigningKeys, type SigningKeys } from '../../lib/keys/signing-keys.ts'
import { createTrustedIssuers } from '../../lib/trust/trusted-issuers.ts'
import type { TrustedIssuer } from '../../lib/trust/trusted-issuer.ts'
import { createTokenVerifier } from '../../lib/verification/token-verifier.ts'
import { makeCertificate, type TestCertificate } from '../support/certificates.ts'
import { makeMovableClock, NOW, type MovableClock } from '../support/clock.ts'
import { makeFarm, type Farm } from '../support/farm.ts'
import { serveDocuments, startHttpsServer, type LocalServer } from '../support/https-server.ts'
import { makeSigningKey } from '../support/signing-keys.ts'
import { s2sAudience } from '../support/world.ts'

const names = {
  realm: '52aa6841-b76b-4ed4-a3d7-a259fce1dfa2',
  clientId: '4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28',
  issuerId: '4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28',
}
const issuer = `${names.issuerId}@${names.realm}`
const day = 86_400

/** As a real farm spells it: no `realm`, no `keyinfo`. */
function farmDocument(certificates: readonly TestCertificate[]): object {
  return {
    issuer,
    keys: certificates.map(({ derBase64 }) => ({
      keyValue: { type: 'x509certificate', value: derBase64 },
      usage: 'Signing',
    })),
    name: names.issuerId,
    serviceName: names.issuerId,
  }
}

interface Receiver {
  readonly time: MovableClock
  readonly keys: SigningKeys
  readonly certificates: TestCertificate[]
  readonly server: LocalServer
  readonly issuer: TrustedIssuer
  verify(token: string): Promise<unknown>
}

/** A server that trusts the farm through its document; `certificates` is what the farm publishes now. */
async function startReceiver(
  certificates: TestCertificate[],
  ours: Parameters<typeof createSigningKeys>[0],
): Promise<Receiver> {
  const time = makeMovableClock()
  const keys = createSigningKeys({ ...ours, clock: time.clock })
  const server = await startHttpsServer(serveDocuments({ '/metadata': () => farmDocument(certificates) }))
  const issuers = createTrustedIssuers(
    [{ type: 's2s-metadata', registeredIssuerName: issuer, metadataEndpoint: `${server.url}/metadata` }],
    {
      clock: time.clock,
      audit: createAuditLog({ clock: time.clock }),
      fetchOptions: { ca: server.ca },
      audience: [],
      selfAudience: [s2sAudience],
      ownName: undefined,
      ownKeys: createOwnKeys([], keys),
    },
  )
  const [trusted] = issuers.list()
  assert.ok(trusted !== undefined)
  const verifyToken = createTokenVerifier({ issuers, clock: time.clock })
  return { time, keys, certificates, server, issuer: trusted, verify: async (token) => verifyToken(token) }
}

describe('a farm that publishes two certificates, one of them expired', () => {
  let receiver: Receiver
  let old: Farm
  let present: Farm

  before(async () => {
    const expired = await makeCertificate({ commonName: 'Expired', notBefore: NOW - 10 * day, days: 9 })
    const valid = await makeCertificate({ commonName: 'Valid', notBefore: NOW - 10 * day, days: 12 })
    receiver = await startReceiver([expired, valid], {
      current: await makeSigningKey({ commonName: 'Ours' }),
      clock: () => NOW,
    })
    const { clock } = receiver.time
    old = await makeFarm({ ...names, audience: s2sAudience, clock, certificate: expired })
    present = await makeFarm({ ...names, audience: s2sAudience, clock, certificate: valid })
  })
  after(() => receiver.server.close())

  it('is believed with the certificate that is valid', async () => {
    await receiver.verify(await present.appOnlyToken())
  })

  it('is refused with the one that expired, although the token is fresh and the signature right', async () => {
    await assert.rejects(receiver.verify(await old.appOnlyToken()), { code: 'ERR_S2S_KEY_UNUSABLE', status: 401 })
  })

  it('is refused with the other one too from the moment it expires, without a new document', async () => {
    receiver.time.advance(2 * day - 120)
    await receiver.verify(await present.appOnlyToken())
    const fetches = receiver.server.requests.length
    receiver.time.advance(240)
    await assert.rejects(receiver.verify(await present.appOnlyToken()), { code: 'ERR_S2S_KEY_UNUSABLE' })
    assert.equal(receiver.server.requests.length, fetches)
  })
})

describe('a foreign document with a certificate of ours', () => {
  let receiver: Receiver
  let genuine: TestCertificate
  const ours: TestCertificate[] = []
  const farmWith = (certificate: TestCertificate): Promise<Farm> =>
    makeFarm({ ...names, audience: s2sAudience, clock: receiver.time.clock, certificate })

  before(async () => {
    genuine = await makeCertificate({ commonName: 'Genuine' })
    for (const commonName of ['Ours', 'Our Next']) ours.push(await makeCertificate({ commonName }))
    const [first] = ours
    assert.ok(first !== undefined)
    receiver = await startReceiver([genuine, ...ours], {
      current: keyOf(first),
      clock: () => NOW,
      publishSeconds: 0,
      longestTokenSeconds: 1,
    })
  })
  after(() => receiver.server.close())

  it('is believed with the certificates that are its own', async () => {
    await receiver.verify(await (await farmWith(genuine)).appOnlyToken())
  })

  it('is refused with our signing certificate', async () => {
    const farm = await farmWith(at(0))
    await assert.rejects(receiver.verify(await farm.appOnlyToken()), { code: 'ERR_S2S_KEY_UNKNOWN' })
  })

  it('is refused with our next certificate from the next refresh on, and with a retired one for ever', async () => {
    const farm = await farmWith(at(1))
    await receiver.verify(await farm.appOnlyToken())
    receiver.keys.publishNext(keyOf(at(1)))
    receiver.time.advance(600)
    await assert.rejects(receiver.verify(await farm.appOnlyToken()), { code: 'ERR_S2S_KEY_UNKNOWN' })
    receiver.keys.switchToNext()
    receiver.time.advance(600)
    receiver.keys.retirePrevious()
    await assert.rejects(receiver.verify(await (await farmWith(at(0))).appOnlyToken()), { code: 'ERR_S2S_KEY_UNKNOWN' })
    await receiver.verify(await (await farmWith(genuine)).appOnlyToken())
  })

  it('is not used at all when nothing else is in it', async () => {
    receiver.certificates.splice(0, Infinity, ...ours)
    await assert.rejects(async () => receiver.issuer.keys.refresh(), { code: 'ERR_S2S_METADATA_INVALID', status: 503 })
  })

  function at(index: number): TestCertificate {
    const certificate = ours[index]
    assert.ok(certificate !== undefined)
    return certificate
  }
})

function keyOf({ privateKeyPem, certificatePem }: TestCertificate): SigningKey {
  return readSigningKey({ privateKey: privateKeyPem, certificate: certificatePem }, 'ours')
}
