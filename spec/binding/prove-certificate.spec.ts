import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { describe, it } from 'node:test'
import { proveCertificate } from '../../lib/binding/prove-certificate.ts'
import { makeCertificate } from '../support/certificates.ts'
import { refusal } from '../support/refusal.ts'

const owner = await makeCertificate({ commonName: 'owner', keyType: 'ec256' })
const another = await makeCertificate({ commonName: 'another', keyType: 'ec256' })
const x509 = new X509Certificate(owner.certificatePem)

describe('the certificate that a token is bound to', () => {
  for (const [name, given] of Object.entries({
    'a certificate of node:crypto': x509,
    'its DER': x509.raw,
    'a plain array of its bytes': new Uint8Array(x509.raw),
    'its thumbprint': { x5tS256: owner.x5tS256 },
    'a function that gives it': () => x509,
  })) {
    it(`is proved by ${name}`, () => {
      proveCertificate(owner.x5tS256, given)
    })
  }

  const without = 'the token is bound to a client certificate ("x5t#S256"), and the request came without one'
  const other = 'the token is bound to another client certificate ("x5t#S256") than the one of the request'
  for (const [name, given, reason] of [
    ['nothing', undefined, without],
    ['null', null, without],
    ['a function that gives nothing', () => undefined, without],
    ['an empty object', {}, without],
    ['a text', owner.certificatePem, without],
    ['the DER as text', owner.derBase64, without],
    ['a thumbprint that is no text', { x5tS256: [owner.x5tS256] }, without],
    ['true', true, without],
    [
      'the reason why there is none',
      { missing: 'none came' },
      without.replace('the request came without one', 'none came'),
    ],
    ['another certificate', new X509Certificate(another.certificatePem), other],
    ['another thumbprint', { x5tS256: another.x5tS256 }, other],
    ['the thumbprint with padding', { x5tS256: `${owner.x5tS256}=` }, other],
    ['the thumbprint in other letters', { x5tS256: owner.x5tS256.toLowerCase() }, other],
    ['no bytes', new Uint8Array(), other],
    ['the PEM as bytes', Buffer.from(owner.certificatePem), other],
    ['a byte more', Buffer.concat([x509.raw, Buffer.from([0])]), other],
  ] as const) {
    it(`is not proved by ${name}`, () => {
      assert.throws(
        () => {
          proveCertificate(owner.x5tS256, given as never)
        },
        refusal('ERR_S2S_TOKEN_BOUND', reason),
      )
    })
  }
})
