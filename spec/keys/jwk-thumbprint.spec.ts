import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { calculateJwkThumbprint } from 'jose'
import { jwkThumbprint } from '../../lib/keys/jwk-thumbprint.ts'
import { createTestKeyPair, type TestKeyType } from '../../lib/testing/test-key-pair.ts'

/** RFC 7638 section 3.1. */
const rsa = {
  kty: 'RSA',
  n: '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw',
  e: 'AQAB',
}
/** RFC 9449 sections 4.1 and 6.1. */
const ec = {
  kty: 'EC',
  x: 'l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs',
  y: '9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA',
  crv: 'P-256',
}
/** RFC 8037 appendix A.3. */
const okp = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }

describe('jwkThumbprint', () => {
  for (const [name, jwk, expected] of [
    ['RFC 7638', { ...rsa, alg: 'RS256', kid: '2011-04-29' }, 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'],
    ['RFC 9449', { ...ec, kid: 'other' }, '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'],
    ['RFC 8037', okp, 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k'],
  ] as const) {
    it(`is that of ${name}`, () => {
      assert.equal(jwkThumbprint(jwk), expected)
    })
  }

  for (const type of ['rsa2048', 'ec256', 'ec384', 'ec521', 'ed25519'] satisfies TestKeyType[]) {
    it(`is that of jose for ${type}`, async () => {
      const jwk = createTestKeyPair(type).publicKey.export({ format: 'jwk' })
      assert.equal(jwkThumbprint({ ...jwk }), await calculateJwkThumbprint(jwk))
    })
  }

  for (const [name, jwk] of [
    ['no kty', { ...ec, kty: undefined }],
    ['a symmetric key', { kty: 'oct', k: 'AAAA' }],
    ['kty in lower case', { ...ec, kty: 'ec' }],
    ['a private key', { ...ec, d: ec.x }],
    ['a prime of RSA', { ...rsa, p: 'AQAB' }],
    ['no x', { kty: 'EC', y: ec.y, crv: 'P-256' }],
    ['x that is no text', { ...ec, x: [ec.x] }],
    ['x with a padding', { ...ec, x: `${ec.x}=` }],
    ['x in base64', { ...ec, x: ec.x.replace('-', '+') }],
    ['x that is too short', { ...ec, x: ec.x.slice(0, 40) }],
    ['x of another curve', { ...ec, crv: 'P-384' }],
    ['a curve that is none', { ...ec, crv: 'P-255' }],
    ['a curve of OpenSSL', { ...ec, crv: 'secp256k1' }],
    ['an empty modulus', { ...rsa, n: '' }],
    [
      'a modulus with a leading zero',
      { ...rsa, n: Buffer.concat([Buffer.of(0), Buffer.from(rsa.n, 'base64url')]).toString('base64url') },
    ],
    ['an exponent with a leading zero', { ...rsa, e: 'AAEAAQ' }],
    ['X25519', { ...okp, crv: 'X25519' }],
    ['inherited members', Object.create(ec) as object],
  ] as const) {
    it(`gives none for ${name}`, () => {
      assert.equal(jwkThumbprint(jwk as Record<string, unknown>), undefined)
    })
  }
})
