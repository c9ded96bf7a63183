import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { explainToken } from '../../lib/doctor/explain-token.ts'
import { systemClock } from '../../lib/foundation/clock.ts'
import { makeCertificate } from '../support/certificates.ts'
import type { LocalServer } from '../support/https-server.ts'
import { makeKeyPair } from '../support/key-pairs.ts'
import { forgedJwt, readClaims } from '../support/tokens.ts'
import {
  certificate,
  sharedIssuer,
  startPlaces,
  trusting,
  type TrustFault,
  type TrustPlace,
} from '../support/trust-faults.ts'

interface KeyFault extends Pick<TrustFault, 'name' | 'serve' | 'issuer' | 'kind'> {
  readonly token: (place: TrustPlace) => string | Promise<string>
  readonly line: string
}

const [published] = sharedIssuer.jwks().keys
const weak = { ...makeKeyPair('rsa1024').publicKey.export({ format: 'jwk' }), kid: 'weak' }
const other = { ...makeKeyPair('ec256').publicKey.export({ format: 'jwk' }), kid: 'other' }
const foreign = await makeCertificate({ commonName: 'Foreign', keyType: 'ec256' })
const s2s = { type: 's2s-metadata' } as const

/** A token of the place whose header names another key, five minutes old. */
const naming = ({ oauth }: TrustPlace, header: Readonly<Record<string, unknown>>): Promise<string> =>
  oauth.token({ header, claims: { iat: Math.floor(systemClock()) - 300 } })

async function actor({ farm }: TrustPlace, header: object): Promise<string> {
  const claims = readClaims(await farm.appOnlyToken())
  return forgedJwt({
    header: { typ: 'JWT', alg: 'RS256', ...header },
    claims,
    algorithm: 'RS256',
    key: certificate.privateKey,
  })
}

const faults: readonly KeyFault[] = [
  {
    name: 'key rotated',
    token: (place) => naming(place, { kid: 'ES256-old' }),
    kind: 'key-unknown',
    line: 'Refused (ERR_S2S_KEY_UNKNOWN): the header names the key "ES256-old", which issuer does not publish (published is ES256-0); it was issued 5 minutes ago. Fix: get a new token: the issuer changed its key, or somebody else signed this one.',
  },
  {
    name: 'kid in another letter case',
    token: (place) => naming(place, { kid: 'es256-0' }),
    kind: 'key-spelling',
    line: 'Refused (ERR_S2S_KEY_UNKNOWN): the header names the key "es256-0", which differs in letter case from one of the issuer. Fix: have the issuer write ES256-0.',
  },
  {
    name: 'kid missing',
    serve: () => ({ '/jwks': { keys: [published, other] } }),
    token: (place) => naming(place, { kid: undefined }),
    kind: 'kid-missing',
    line: 'Refused (ERR_S2S_KEY_UNKNOWN): the header names no key ("kid" is missing), and issuer has 2 for ES256. Fix: have the issuer write "kid" into the header of its tokens.',
  },
  {
    name: 'no key for the algorithm',
    serve: () => ({ '/jwks': { keys: [{ ...certificate.publicKey.export({ format: 'jwk' }) }] } }),
    token: (place) => naming(place, { kid: undefined }),
    kind: 'key-kind',
    line: 'Refused (ERR_S2S_KEY_UNKNOWN): the token is signed with ES256, and issuer has no key for that. Fix: have the issuer publish the key that it signs with.',
  },
  {
    name: 'key that is too short among good ones',
    serve: () => ({ '/jwks': { keys: [published, weak] } }),
    token: ({ oauth }) => oauth.token({ header: { kid: 'weak' } }),
    kind: 'key-ignored',
    line: 'Refused (ERR_S2S_KEY_UNKNOWN): the key that the header names is published by issuer, and cannot be used: the RSA key is not of 2048 to 16384 bits. Fix: have the issuer sign with an RSA key of at least 2048 bits, or an EC key, that is published for signatures.',
  },
  {
    name: 'key for encryption among good ones',
    serve: () => ({ '/jwks': { keys: [published, { ...other, use: 'enc' }] } }),
    token: (place) => naming(place, { kid: 'other' }),
    kind: 'key-ignored',
    line: 'Refused (ERR_S2S_KEY_UNKNOWN): the key that the header names is published by issuer, and is for encryption. Fix: have the issuer sign with an RSA key of at least 2048 bits, or an EC key, that is published for signatures.',
  },
  {
    name: 'x5t in hexadecimal',
    issuer: () => s2s,
    token: (place) => actor(place, { x5t: Buffer.from(certificate.x5t, 'base64url').toString('hex') }),
    kind: 'key-spelling',
    line: 'Refused (ERR_S2S_KEY_UNKNOWN): the header names the key "<hex>", which is hexadecimal and must be base64url. Fix: have the issuer write <x5t>.',
  },
  {
    name: 'certificate that the farm does not publish',
    issuer: () => s2s,
    token: (place) => actor(place, { x5t: foreign.x5t }),
    kind: 'key-unknown',
    line: 'Refused (ERR_S2S_KEY_UNKNOWN): the header names the key "<foreign>", which issuer does not publish (published is <x5t>); it was issued 10 minutes ago. Fix: get a new token: the issuer changed its key, or somebody else signed this one.',
  },
  {
    name: 'certificate that is published for another use',
    serve: ({ farm }) => ({
      '/metadata': {
        issuer: farm.issuerName,
        keys: [{ usage: 'encryption', keyvalue: { type: 'x509Certificate', value: certificate.derBase64 } }],
      },
    }),
    issuer: () => s2s,
    token: ({ farm }) => farm.appOnlyToken(),
    kind: 'no-usable-keys',
    line: 'Refused (ERR_S2S_METADATA_INVALID): the keys of issuer cannot be had: the issuer has no usable key: its only key without id is not for signing. Fix: have the issuer publish an RSA key of at least 2048 bits, or an EC key, for signatures.',
  },
]

function withNames(text: string): string {
  return text
    .replaceAll(Buffer.from(certificate.x5t, 'base64url').toString('hex'), '<hex>')
    .replaceAll(certificate.x5t, '<x5t>')
    .replaceAll(foreign.x5t, '<foreign>')
}

describe('explainToken: keys that an issuer publishes', () => {
  let places: readonly TrustPlace[] = []
  let server: LocalServer
  before(async () => {
    ;({ server, places } = await startPlaces(faults as unknown as readonly TrustFault[]))
  })
  after(() => server.close())

  for (const [index, fault] of faults.entries()) {
    it(`names the cause: ${fault.name}`, async () => {
      const place = places[index] ?? assert.fail()
      const options = trusting(fault as unknown as TrustFault, place, server.ca)
      const { verdict, kind } = await explainToken(options, await fault.token(place))
      assert.equal(withNames(verdict), fault.line)
      assert.equal(kind, fault.kind)
    })
  }

  it('asks nobody but the configured issuer, whatever the token says', async () => {
    const place = places[0] ?? assert.fail()
    const asked = server.requests.length
    const options = trusting({ name: '', kind: '', sentence: '', fix: '' }, place, server.ca)
    const hostile = await place.oauth.token({
      claims: { iss: `${server.url}/1` },
      header: { kid: `${server.url}/1/jwks` },
    })
    await explainToken(options, hostile)
    assert.deepEqual(server.requests.slice(asked), [])
    await explainToken(options, await naming(place, { kid: `${server.url}/1/jwks` }))
    assert.deepEqual(
      [...new Set(server.requests.slice(asked))],
      ['GET /0/.well-known/openid-configuration', 'GET /0/jwks'],
    )
  })
})
