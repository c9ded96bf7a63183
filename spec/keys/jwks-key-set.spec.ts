import assert from 'node:assert/strict'
import type { JsonWebKey } from 'node:crypto'
import { describe, it } from 'node:test'
import { createJwksKeySet, maximumKeys, parseJwks, type JwksKey } from '../../lib/keys/jwks-key-set.ts'
import type { JoseHeader } from '../../lib/tokens/unverified-token.ts'
import { makeKeyPair, type KeyPair } from '../support/key-pairs.ts'

const rsa = makeKeyPair('rsa2048')
const rsaNext = makeKeyPair('rsa2048')
const elliptic = makeKeyPair('ec256')
const edwards = makeKeyPair('ed25519')
const rsaJwk = publicJwk(rsa)
const ellipticJwk = publicJwk(elliptic)
const edwardsJwk = publicJwk(edwards)

function publicJwk(pair: KeyPair): JsonWebKey {
  return pair.publicKey.export({ format: 'jwk' })
}

function parseOne(jwk: unknown): JwksKey | undefined {
  const good = { ...rsaJwk, kid: 'good' }
  return parseJwks({ keys: [jwk, good] }).keys.find(({ kid }) => kid !== 'good')
}

const allRsa = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']

describe('a JWK', () => {
  const usable: readonly (readonly [string, object, readonly string[]])[] = [
    ['without alg, as those of Entra', { ...rsaJwk, x5t: 'a', x5c: ['MIIC'], issuer: 'https://a/{tenantid}' }, allRsa],
    ['with an alg', { ...rsaJwk, alg: 'RS256' }, ['RS256']],
    ['with the alg PS512', { ...rsaJwk, alg: 'PS512' }, ['PS512']],
    ['for signatures', { ...rsaJwk, use: 'sig' }, allRsa],
    ['with the operation verify among others', { ...rsaJwk, key_ops: ['sign', 'verify'] }, allRsa],
    ['on P-256', ellipticJwk, ['ES256']],
    ['on P-384', publicJwk(makeKeyPair('ec384')), ['ES384']],
    ['on P-521', publicJwk(makeKeyPair('ec521')), ['ES512']],
    ['on Ed25519', edwardsJwk, ['EdDSA', 'Ed25519']],
    ['on Ed25519 with the old name', { ...edwardsJwk, alg: 'EdDSA' }, ['EdDSA', 'Ed25519']],
    ['on Ed25519 with the new name', { ...edwardsJwk, alg: 'Ed25519' }, ['EdDSA', 'Ed25519']],
  ]
  for (const [name, jwk, algorithms] of usable) {
    it(`is used ${name}`, () => {
      const key = parseOne(jwk)
      assert.deepEqual([...(key?.algorithms ?? [])], algorithms)
      assert.equal(key?.key.type, 'public')
      assert.equal(key.usableUntil, undefined)
    })
  }

  it('of a SPIFFE bundle counts when it is for JWT-SVIDs and has a name', () => {
    const keys = [
      { ...rsaJwk, use: 'x509-svid', kid: 'x509' },
      { ...ellipticJwk, use: 'jwt-svid', kid: 'jwt' },
      { ...ellipticJwk, use: 'jwt-svid' },
      { ...ellipticJwk, use: 'sig', kid: 'sig' },
      { ...ellipticJwk, kid: 'without use' },
      { ...ellipticJwk, use: 'jwt-svid', kid: 'sign', key_ops: ['sign'] },
    ]
    const bundle = parseJwks({ keys, spiffe_sequence: 1, spiffe_refresh_hint: 60 }, 'jwt-svid')
    assert.deepEqual([bundle.keys.map(({ kid }) => kid), bundle.ignored], [['jwt'], 5])
    assert.deepEqual(
      parseJwks({ keys }).keys.map(({ kid }) => kid),
      ['sig', 'without use'],
    )
    assert.throws(() => parseJwks({ keys: keys.slice(0, 1) }, 'jwt-svid'), { code: 'ERR_S2S_METADATA_INVALID' })
  })

  const privateJwk = rsa.privateKey.export({ format: 'jwk' })
  const ignored: readonly (readonly [string, unknown])[] = [
    ['null', null],
    ['a text', 'key'],
    ['a number', 7],
    ['a list', [rsaJwk]],
    ['nothing', {}],
    ['symmetric', { kty: 'oct', k: Buffer.alloc(32, 1).toString('base64url') }],
    ['symmetric with the alg HS256', { kty: 'oct', k: 'c2VjcmV0', alg: 'HS256' }],
    ['post-quantum', { kty: 'AKP', alg: 'ML-DSA-65', pub: 'AAAA' }],
    ['RSA with the alg HS256', { ...rsaJwk, alg: 'HS256' }],
    ['RSA with the alg none', { ...rsaJwk, alg: 'none' }],
    ['RSA with the alg of encryption', { ...rsaJwk, alg: 'RSA-OAEP' }],
    ['RSA with the alg of another kind', { ...rsaJwk, alg: 'ES256' }],
    ['P-256 with the alg of another curve', { ...ellipticJwk, alg: 'ES384' }],
    ['Ed25519 with the alg Ed448', { ...edwardsJwk, alg: 'Ed448' }],
    ['RSA with the alg EdDSA', { ...rsaJwk, alg: 'EdDSA' }],
    ['an alg in lower case', { ...rsaJwk, alg: 'rs256' }],
    ['an alg that is no text', { ...rsaJwk, alg: ['RS256'] }],
    ['a kid that is a number', { ...rsaJwk, kid: 7 }],
    ['a kid that is null', { ...rsaJwk, kid: null }],
    ['an issuer that is no text', { ...rsaJwk, issuer: ['https://login.example.com'] }],
    ['an issuer that is null', { ...rsaJwk, issuer: null }],
    ['a cloud that is no text', { ...rsaJwk, cloud_instance_name: 1 }],
    ['for encryption', { ...rsaJwk, use: 'enc' }],
    ['for encryption with an alg of signatures', { ...rsaJwk, use: 'enc', alg: 'RS256' }],
    ['a use that is no text', { ...rsaJwk, use: ['sig'] }],
    ['operations without verify', { ...rsaJwk, key_ops: ['encrypt', 'wrapKey'] }],
    ['no operations', { ...rsaJwk, key_ops: [] }],
    ['operations that are no list', { ...rsaJwk, key_ops: 'verify' }],
    ['RSA of 1024 bits', publicJwk(makeKeyPair('rsa1024'))],
    ['RSA with the exponent 1', { ...rsaJwk, e: 'AQ' }],
    ['RSA with the exponent 3', { ...rsaJwk, e: 'Aw' }],
    ['RSA without modulus', { kty: 'RSA', e: 'AQAB' }],
    ['RSA with a modulus that is no text', { ...rsaJwk, n: 12 }],
    ['a point that is not on the curve', { ...ellipticJwk, x: ellipticJwk.y, y: ellipticJwk.x }],
    ['an unknown curve', { ...ellipticJwk, crv: 'secp256k1' }],
    ['a curve for key agreement', { ...edwardsJwk, crv: 'X25519' }],
    ['an Ed25519 point of small order', { ...edwardsJwk, x: Buffer.alloc(32).toString('base64url') }],
    ['a published private key', privateJwk],
    ['a broken private half', { ...rsaJwk, d: null }],
  ]
  for (const [name, jwk] of ignored) {
    it(`is passed over and hides no other: ${name}`, () => {
      const { keys, ignored: count } = parseJwks({ keys: [jwk, { ...ellipticJwk, kid: 'good' }] })
      assert.deepEqual(
        keys.map(({ kid }) => kid),
        ['good'],
      )
      assert.equal(count, 1)
    })
  }

  it('says whose tokens it may verify, where its JWK says so', () => {
    assert.equal(parseOne({ ...rsaJwk, issuer: 'https://a/{tenantid}/v2.0' })?.issuer, 'https://a/{tenantid}/v2.0')
    assert.equal(parseOne(rsaJwk)?.issuer, undefined)
    assert.equal(parseOne({ ...rsaJwk, cloud_instance_name: 'a.us' })?.cloudInstanceName, 'a.us')
    assert.equal(parseOne(rsaJwk)?.cloudInstanceName, undefined)
  })

  it('brings in no private key and no certificate of its own', () => {
    const key = parseOne({ ...rsaJwk, x5u: 'https://attacker.example/', x5c: ['AAAA'] })
    assert.ok(key?.key.equals(rsa.publicKey))
  })
})

describe('a JWK set', () => {
  const invalid: readonly (readonly [string, Record<string, unknown>])[] = [
    ['no member keys', {}],
    ['keys that are an object', { keys: { 0: rsaJwk } }],
    ['no key', { keys: [] }],
    ['no usable key', { keys: [null, { kty: 'oct', k: 'AAAA' }] }],
    ['too many keys', { keys: Array.from({ length: maximumKeys + 1 }, () => rsaJwk) }],
    ['10,000 keys', { keys: Array.from({ length: 10_000 }, () => rsaJwk) }],
  ]
  for (const [name, document] of invalid) {
    it(`is not used with ${name}`, () => {
      assert.throws(() => parseJwks(document), { code: 'ERR_S2S_METADATA_INVALID', name: 'UnavailableError' })
    })
  }

  it('may have 256 keys', () => {
    const keys = Array.from({ length: maximumKeys }, (_, index) => ({ ...ellipticJwk, kid: String(index) }))
    assert.equal(parseJwks({ keys }).keys.length, 256)
  })
})

describe('a key set chosen from by kid', () => {
  const keySet = createJwksKeySet(
    parseJwks({
      keys: [
        { ...rsaJwk, kid: 'a', alg: 'RS256' },
        { ...ellipticJwk, kid: 'a' },
        { ...publicJwk(rsaNext), kid: 'b' },
        { ...edwardsJwk },
        { ...rsaJwk, kid: 'twice' },
        { ...publicJwk(rsaNext), kid: 'twice' },
        { ...ellipticJwk, kid: '' },
      ],
    }).keys,
  )

  const found: readonly (readonly [string, JoseHeader, KeyPair])[] = [
    ['the kid', { alg: 'RS256', kid: 'b' }, rsaNext],
    ['the alg among keys of one kid', { alg: 'RS256', kid: 'a' }, rsa],
    ['the alg among keys of one kid, the other way', { alg: 'ES256', kid: 'a' }, elliptic],
    ['an empty kid', { alg: 'ES256', kid: '' }, elliptic],
    ['the alg when there is no kid and one key fits', { alg: 'Ed25519' }, edwards],
  ]
  for (const [name, header, pair] of found) {
    it(`finds a key by ${name}`, () => {
      assert.ok(keySet.findKey(header).key.equals(pair.publicKey))
    })
  }

  const refused: readonly (readonly [string, JoseHeader, string])[] = [
    ['an unknown kid', { alg: 'RS256', kid: 'c' }, 'ERR_S2S_KEY_UNKNOWN'],
    ['an unknown kid, though a key without kid fits', { alg: 'EdDSA', kid: 'c' }, 'ERR_S2S_KEY_UNKNOWN'],
    ['a kid in other letter case', { alg: 'RS256', kid: 'B' }, 'ERR_S2S_KEY_UNKNOWN'],
    ['a kid with a space', { alg: 'RS256', kid: 'b ' }, 'ERR_S2S_KEY_UNKNOWN'],
    ['__proto__', { alg: 'RS256', kid: '__proto__' }, 'ERR_S2S_KEY_UNKNOWN'],
    ['constructor', { alg: 'RS256', kid: 'constructor' }, 'ERR_S2S_KEY_UNKNOWN'],
    ['the text undefined', { alg: 'EdDSA', kid: 'undefined' }, 'ERR_S2S_KEY_UNKNOWN'],
    ['a path', { alg: 'RS256', kid: '../../b' }, 'ERR_S2S_KEY_UNKNOWN'],
    ['a kid that two fitting keys bear', { alg: 'RS256', kid: 'twice' }, 'ERR_S2S_KEY_UNKNOWN'],
    ['no kid, several keys fit', { alg: 'RS256' }, 'ERR_S2S_KEY_UNKNOWN'],
    ['no kid, no key fits', { alg: 'ES384' }, 'ERR_S2S_KEY_UNKNOWN'],
    ['a known kid with the alg of another kind', { alg: 'ES256', kid: 'b' }, 'ERR_S2S_KEY_UNUSABLE'],
    ['a known kid with another alg than its JWK says', { alg: 'RS512', kid: 'a' }, 'ERR_S2S_KEY_UNUSABLE'],
    ['a known kid with PS256 on an RS256 JWK', { alg: 'PS256', kid: 'a' }, 'ERR_S2S_KEY_UNUSABLE'],
    ['a known kid with HS256', { alg: 'HS256', kid: 'b' }, 'ERR_S2S_KEY_UNUSABLE'],
    ['a known kid with none', { alg: 'none', kid: 'b' }, 'ERR_S2S_KEY_UNUSABLE'],
  ]
  for (const [name, header, code] of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(() => keySet.findKey(header), { code, name: 'TokenError' })
    })
  }
})

describe('a key set whose keys have no kid', () => {
  const keySet = createJwksKeySet(parseJwks({ keys: [rsaJwk, ellipticJwk] }).keys)

  it('lets the one fitting key stand in, whatever kid the header has', () => {
    assert.ok(keySet.findKey({ alg: 'RS256', kid: 'any' }).key.equals(rsa.publicKey))
    assert.ok(keySet.findKey({ alg: 'ES256' }).key.equals(elliptic.publicKey))
  })

  it('knows no key when none fits', () => {
    assert.throws(() => keySet.findKey({ alg: 'ES384', kid: 'any' }), { code: 'ERR_S2S_KEY_UNKNOWN' })
  })

  it('knows no key when several fit', () => {
    const several = createJwksKeySet(parseJwks({ keys: [rsaJwk, publicJwk(rsaNext)] }).keys)
    assert.throws(() => several.findKey({ alg: 'RS256', kid: 'any' }), { code: 'ERR_S2S_KEY_UNKNOWN' })
  })
})
