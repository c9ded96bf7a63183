import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose'
import { parseJsonObject } from '../../lib/foundation/parse-json.ts'
import { parseCertificate } from '../../lib/keys/certificate.ts'
import { createJwksKeySet, parseJwks } from '../../lib/keys/jwks-key-set.ts'
import { buildJwks } from '../../lib/metadata/build-jwks.ts'
import { makeSigningKey } from '../support/signing-keys.ts'
import { signedJwt } from '../support/tokens.ts'

const rsa = await makeSigningKey({ commonName: 'Current' })
const elliptic = await makeSigningKey({ commonName: 'Next', keyType: 'ec256' })
const keys = [rsa, elliptic]

describe('our JWK set', () => {
  it('has the public members of each key, its names and its certificate, and nothing else', () => {
    const [first, second] = (buildJwks(keys) as { keys: readonly Record<string, unknown>[] }).keys
    const { n, e } = rsa.publicKey.export({ format: 'jwk' })
    assert.deepEqual(first, {
      kty: 'RSA',
      n,
      e,
      use: 'sig',
      alg: 'RS256',
      kid: rsa.x5t,
      x5t: rsa.x5t,
      'x5t#S256': rsa.x5tS256,
      x5c: [rsa.derBase64],
    })
    assert.deepEqual(Object.keys(second ?? {}).sort(), [
      'alg',
      'crv',
      'kid',
      'kty',
      'use',
      'x',
      'x5c',
      'x5t',
      'x5t#S256',
      'y',
    ])
    assert.equal(parseCertificate((second?.['x5c'] as string[])[0] ?? '').x5t, elliptic.x5t)
  })

  it('round-trips through our own parser', () => {
    const parsed = parseJwks(parseJsonObject(JSON.stringify(buildJwks(keys))))
    assert.equal(parsed.ignored, 0)
    const keySet = createJwksKeySet(parsed.keys)
    for (const { kid, algorithm, publicKey } of keys) {
      assert.ok(keySet.findKey({ alg: algorithm, kid }).key.equals(publicKey))
    }
  })

  it('is read by jose', async () => {
    const keySet = createLocalJWKSet(buildJwks(keys) as unknown as JSONWebKeySet)
    for (const { kid, algorithm, privateKey } of keys) {
      const token = await signedJwt({ header: { kid }, claims: { sub: 'a' }, algorithm, key: privateKey })
      assert.equal((await jwtVerify(token, keySet)).payload.sub, 'a')
    }
  })
})
