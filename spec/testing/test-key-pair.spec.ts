import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createTestKeyPair, type TestKeyType } from '../../lib/testing/test-key-pair.ts'

describe('key pairs for tests', () => {
  const types: readonly [TestKeyType, object][] = [
    ['rsa1024', { modulusLength: 1024, publicExponent: 65537n }],
    ['ec256', { namedCurve: 'prime256v1' }],
    ['ec384', { namedCurve: 'secp384r1' }],
    ['ec521', { namedCurve: 'secp521r1' }],
    ['ed25519', {}],
  ]
  for (const [type, details] of types) {
    it(`${type}: a public and a private key that belong together`, () => {
      const { publicKey, privateKey } = createTestKeyPair(type)
      assert.deepEqual({ ...publicKey.asymmetricKeyDetails }, details)
      assert.equal(publicKey.type, 'public')
      const { d, ...publicPart } = privateKey.export({ format: 'jwk' })
      assert.ok(d)
      for (const [name, value] of Object.entries(publicKey.export({ format: 'jwk' }))) {
        assert.equal(publicPart[name as keyof typeof publicPart], value)
      }
    })
  }

  it('can be exported as JWK while garbage is collected (Node 20 hung on keys straight from its generator)', () => {
    const script = join(import.meta.dirname, '..', 'tooling', 'export-many-keys.ts')
    const small = ['--max-semi-space-size=1', '--import', 'tsx', script]
    const { status, signal } = spawnSync(process.execPath, small, { timeout: 20_000, killSignal: 'SIGKILL' })
    assert.deepEqual({ status, signal }, { status: 0, signal: null })
  })
})
