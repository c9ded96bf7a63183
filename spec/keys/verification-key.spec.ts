import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, randomBytes, verify, type JsonWebKey, type KeyObject } from 'node:crypto'
import { describe, it } from 'node:test'
import { parseJwks } from '../../lib/keys/jwks-key-set.ts'
import { algorithmsOfKey, knownAlgorithms } from '../../lib/keys/verification-key.ts'
import { makeKeyPair, type KeyType } from '../support/key-pairs.ts'

const rsaAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
const rsaJwk = makeKeyPair('rsa2048').publicKey.export({ format: 'jwk' })

function importJwk(jwk: JsonWebKey): KeyObject {
  return createPublicKey({ key: jwk, format: 'jwk' })
}

function importRsa(members: { n?: string; e?: string }): KeyObject {
  return importJwk({ ...rsaJwk, ...members })
}

function importEdwards(point: string): KeyObject {
  return importJwk({ kty: 'OKP', crv: 'Ed25519', x: Buffer.from(point, 'hex').toString('base64url') })
}

/** A number of exactly this many bits, base64url. */
function randomNumber(bits: number): string {
  const bytes = randomBytes(bits / 8)
  bytes.writeUInt8(bytes.readUInt8(0) | 0x80, 0)
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) | 1, bytes.length - 1)
  return bytes.toString('base64url')
}

describe('the algorithms of a key', () => {
  const usable: readonly (readonly [KeyType, readonly string[]])[] = [
    ['rsa2048', rsaAlgorithms],
    ['rsa3072', rsaAlgorithms],
    ['ec256', ['ES256']],
    ['ec384', ['ES384']],
    ['ec521', ['ES512']],
    ['ed25519', ['EdDSA', 'Ed25519']],
  ]
  for (const [type, algorithms] of usable) {
    it(`follow the kind of an ${type} key`, () => {
      assert.deepEqual(algorithmsOfKey(makeKeyPair(type).publicKey), algorithms)
    })
  }

  it('are all known, and none of them is symmetric or "none"', () => {
    const ofAllKinds = usable.flatMap(([, algorithms]) => algorithms)
    assert.deepEqual(new Set(ofAllKinds), new Set(knownAlgorithms))
    assert.ok(knownAlgorithms.every((algorithm) => /^(?:RS|PS|ES)(?:256|384|512)$|^Ed/.test(algorithm)))
  })
})

describe('a key that is not usable', () => {
  const cases: readonly (readonly [string, () => KeyObject, RegExp])[] = [
    ['RSA of 1024 bits', () => makeKeyPair('rsa1024').publicKey, /2048/],
    ['RSA of 2040 bits', () => importRsa({ n: randomNumber(2040) }), /2048/],
    ['RSA of no bits', () => importRsa({ n: '' }), /2048/],
    ['RSA of 16392 bits', () => importRsa({ n: randomNumber(16_392) }), /16384/],
    ['RSA exponent 1', () => importRsa({ e: 'AQ' }), /exponent/],
    ['RSA exponent 3', () => importRsa({ e: 'Aw' }), /exponent/],
    ['RSA exponent 65535', () => importRsa({ e: '__8' }), /exponent/],
    ['RSA exponent 65538', () => importRsa({ e: 'AQAC' }), /exponent/],
    ['RSA exponent of 72 bits', () => importRsa({ e: randomNumber(72) }), /exponent/],
    ['RSA-PSS', () => generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey, /not RSA, EC or Ed25519/],
    ['EC P-224', () => generateKeyPairSync('ec', { namedCurve: 'secp224r1' }).publicKey, /curve/],
    ['EC secp256k1', () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey, /curve/],
    ['Ed448', () => generateKeyPairSync('ed448').publicKey, /not RSA, EC or Ed25519/],
    ['X25519', () => generateKeyPairSync('x25519').publicKey, /not RSA, EC or Ed25519/],
  ]
  for (const [name, makeKey, why] of cases) {
    it(`says why: ${name}`, () => {
      assert.throws(() => algorithmsOfKey(makeKey()), why)
    })
  }

  it('may have the largest sound exponent that OpenSSL takes', () => {
    assert.deepEqual(algorithmsOfKey(importRsa({ e: randomNumber(64) })), rsaAlgorithms)
  })
})

describe('an Ed25519 point of small order', () => {
  const points: readonly (readonly [string, string])[] = [
    ['zero', '00'.repeat(32)],
    ['the neutral element', `01${'00'.repeat(31)}`],
    ['order 2', `ec${'ff'.repeat(30)}7f`],
    ['order 8, first', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
    ['order 8, second', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
    ['zero, not canonical', `ed${'ff'.repeat(30)}7f`],
    ['the neutral element, not canonical', `ee${'ff'.repeat(30)}7f`],
  ]
  for (const [name, point] of points) {
    it(`is not usable: ${name}`, () => {
      assert.throws(() => algorithmsOfKey(importEdwards(point)), /small order/)
    })
    it(`is not usable with the sign bit: ${name}`, () => {
      const bytes = Buffer.from(point, 'hex')
      bytes.writeUInt8(bytes.readUInt8(31) | 0x80, 31)
      assert.throws(() => algorithmsOfKey(importEdwards(bytes.toString('hex'))), /small order/)
    })
  }

  it('never comes out of a key set, although some versions of OpenSSL let anybody sign anything under it', () => {
    const neutral = Buffer.concat([Buffer.from([1]), Buffer.alloc(31)])
    const key = importEdwards(neutral.toString('hex'))
    const forgery = Buffer.concat([neutral, Buffer.alloc(32)])
    // True on Node 20 and 22, false on Node 24: what OpenSSL says must not matter to us.
    assert.equal(typeof verify(undefined, Buffer.from('anything'), key, forgery), 'boolean')
    assert.throws(() => parseJwks({ keys: [{ ...key.export({ format: 'jwk' }), kid: 'neutral' }] }), {
      code: 'ERR_S2S_METADATA_INVALID',
    })
  })
})
