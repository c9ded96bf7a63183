import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { diagnoseMetadata, diagnoseNoKeys } from '../../../lib/doctor/trust/diagnose-document.ts'
import { readJwks, readMetadataKeys } from '../../../lib/doctor/trust/published-key.ts'
import { parseCertificate } from '../../../lib/keys/certificate.ts'
import { makeCertificate } from '../../support/certificates.ts'
import { makeKeyPair } from '../../support/key-pairs.ts'

const pair = makeKeyPair('ec256')
const jwk = { ...pair.publicKey.export({ format: 'jwk' }), kid: 'one' }
const certificate = await makeCertificate({ commonName: 'Issuer', keyPair: pair })
const weak = makeKeyPair('rsa1024').publicKey.export({ format: 'jwk' })

describe('readJwks', () => {
  for (const [name, key, ignored] of [
    ['a good key', jwk, undefined],
    ['a key for encryption', { ...jwk, use: 'enc' }, 'is for encryption'],
    ['a key for something else', { ...jwk, use: 'x' }, 'is not for signatures'],
    ['a key for signing only', { ...jwk, key_ops: ['sign'] }, 'is not for verifying (key_ops)'],
    ['a secret', { kty: 'oct', k: 'AA' }, 'is a shared secret'],
    ['a private key', pair.privateKey.export({ format: 'jwk' }), 'shows its private half'],
    ['a weak key', weak, 'cannot be used: the RSA key is not of 2048 to 16384 bits'],
    ['a key of an unknown kind', { kty: 'AKP' }, 'cannot be read'],
    [
      'a key whose algorithm is another',
      { ...jwk, alg: 'RS256' },
      'has a member (kid, alg, issuer) that is no text or does not fit it',
    ],
    ['nothing', null, 'cannot be read'],
  ] as const) {
    it(`says of ${name} why it is passed over`, () => {
      assert.equal(readJwks([key])[0]?.ignored, ignored)
    })
  }

  it('looks in a SPIFFE bundle for the keys of JWT-SVIDs, and passes over its X.509 authorities', () => {
    const bundle = [
      { ...jwk, use: 'x509-svid' },
      { ...jwk, use: 'jwt-svid' },
      jwk,
      { ...jwk, kid: undefined, use: 'jwt-svid' },
    ]
    assert.deepEqual(
      readJwks(bundle, 'jwt-svid').map(({ ignored }) => ignored),
      [undefined, 'is not for JWT-SVIDs (use)', 'has no kid'],
    )
  })

  it('says by name and algorithm which are used', () => {
    assert.deepEqual(readJwks([jwk]), [{ id: 'one', ignored: undefined, algorithms: ['ES256'] }])
  })
})

describe('readMetadataKeys', () => {
  const used = [parseCertificate(certificate.certificatePem)]
  const key = (changes: object): object => ({
    usage: 'Signing',
    keyValue: { type: 'x509Certificate', value: certificate.derBase64 },
    ...changes,
  })
  for (const [name, given, ignored] of [
    ['a good certificate', key({}), undefined],
    ['another use', key({ usage: 'encryption' }), 'is not for signing'],
    ['no use', key({ usage: undefined }), 'is not for signing'],
    ['another type', key({ keyValue: { type: 'rsa', value: 'AAAA' } }), 'is no certificate'],
    ['no value', key({ keyValue: { type: 'x509Certificate' } }), 'is no certificate'],
    [
      'a broken certificate',
      key({ keyValue: { type: 'x509Certificate', value: 'AAAA' } }),
      'cannot be used: the certificate cannot be read',
    ],
    ['nothing', null, 'is not for signing'],
  ] as const) {
    it(`says of ${name} why it is passed over`, () => {
      assert.equal(readMetadataKeys([given], used)[0]?.ignored, ignored)
    })
  }

  it('says of a certificate that is not used that its thumbprint is another', () => {
    assert.equal(readMetadataKeys([key({})], [])[0]?.ignored, 'has the thumbprint of another certificate')
  })
})

describe('what is wrong with documents', () => {
  const issuer = 'broker@realm'
  const keyinfo = { x5t: 'AAAAAAAAAAAAAAAAAAAAAAAAAAA' }
  for (const [name, document, kind] of [
    ['a list that is none', { issuer, keys: {} }, 'metadata-unreadable'],
    ['no list', { issuer }, 'metadata-unreadable'],
    [
      'a foreign thumbprint',
      {
        Issuer: issuer,
        KEYS: [{ usage: 'signing', keyinfo, keyvalue: { type: 'x509Certificate', value: certificate.derBase64 } }],
      },
      'no-usable-keys',
    ],
    ['two unusable keys', { issuer, keys: [{}, {}] }, 'no-usable-keys'],
  ] as const) {
    it(`names ${name}`, () => {
      assert.equal(diagnoseMetadata(document, undefined).diagnosis?.kind, kind)
    })
  }

  it('has nothing to say of an issuer whose name is learnt', () => {
    const keys = [{ usage: 'signing', keyvalue: { type: 'x509Certificate', value: certificate.derBase64 } }]
    assert.equal(diagnoseMetadata({ issuer, keys }, undefined).diagnosis, undefined)
    assert.equal(diagnoseMetadata({ issuer, keys }, issuer).diagnosis, undefined)
    assert.equal(diagnoseMetadata({ issuer, keys }, 'other@elsewhere').diagnosis?.kind, 'document-issuer-other')
  })

  it('names the first of several keys that cannot be used', () => {
    const { diagnosis } = diagnoseNoKeys({ keys: [{ ...jwk, use: 'enc' }, null] }, 'https://a.example/jwks')
    assert.equal(
      diagnosis?.cause,
      'the issuer has no usable key: none of its 2 keys can be used (the first, one is for encryption)',
    )
  })
})
