import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { calculateJwkThumbprint, compactVerify, CompactSign, exportJWK } from 'jose'
import { knownAlgorithms } from '../../lib/keys/verification-key.ts'
import { createProofKeySource, type ProofKey } from '../../lib/outgoing/proof-key.ts'
import { makeKeyPair, privateKeyToPem } from '../support/key-pairs.ts'
import { tellAll } from '../support/oauth-caller.ts'

async function assertUsable(key: ProofKey): Promise<void> {
  const signed = await new CompactSign(Buffer.from('text'))
    .setProtectedHeader({ alg: key.algorithm })
    .sign(key.privateKey)
  await compactVerify(signed, key.publicKey)
  const thumbprints = [key.jwk, await exportJWK(key.publicKey)].map((jwk) => calculateJwkThumbprint(jwk as object))
  const [shown, used] = await Promise.all(thumbprints)
  assert.equal(shown, used)
  assert.ok(!('d' in key.jwk), 'the private key would be shown')
}

const thumbprintOf = async (key: KeyObject): Promise<string> => calculateJwkThumbprint(await exportJWK(key))

describe('the key that tokens are bound to', () => {
  it('is a new one for each client by default, and stays the same', async () => {
    const [source, another] = [createProofKeySource(true), createProofKeySource({})]
    const [first, again, other] = await Promise.all([source(), source(), another()])
    assert.equal(first, again)
    assert.equal(first.algorithm, 'ES256')
    assert.notDeepEqual(first.jwk, other.jwk)
    await assertUsable(first)
  })

  for (const algorithm of knownAlgorithms) {
    it(`is made for ${algorithm}`, async () => {
      const key = await createProofKeySource({ algorithm })()
      assert.equal(key.algorithm, algorithm)
      await assertUsable(key)
    })
  }

  for (const [type, algorithm] of [
    ['rsa2048', 'RS256'],
    ['ec384', 'ES384'],
    ['ed25519', 'EdDSA'],
  ] as const) {
    it(`may be given: ${type}, as text, in a file or as a key object`, async () => {
      const { privateKey, publicKey } = makeKeyPair(type)
      const folder = mkdtempSync(join(tmpdir(), 'proof-key-'))
      try {
        const file = join(folder, 'key.pem')
        writeFileSync(file, privateKeyToPem(privateKey))
        for (const given of [privateKeyToPem(privateKey), { file }, privateKey]) {
          const key = await createProofKeySource({ privateKey: given })()
          assert.equal(key.algorithm, algorithm)
          assert.equal(await calculateJwkThumbprint(key.jwk as object), await thumbprintOf(publicKey))
          await assertUsable(key)
        }
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
  }

  it('may be given with another algorithm that fits', async () => {
    const { privateKey } = makeKeyPair('rsa2048')
    const key = await createProofKeySource({ privateKey, algorithm: 'PS256' })()
    assert.equal(key.algorithm, 'PS256')
    await assertUsable(key)
  })

  it('may be a key object straight from its generator, of which nothing is exported as a JWK', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const key = await createProofKeySource({ privateKey })()
    const copy = createPublicKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
    assert.equal(await calculateJwkThumbprint(key.jwk as object), await thumbprintOf(copy))
  })

  const misfits: readonly (readonly [name: string, make: () => void, message: RegExp])[] = [
    [
      'an algorithm that does not fit',
      () => createProofKeySource({ privateKey: makeKeyPair('ec256').privateKey, algorithm: 'RS256' }),
      /^oauth\.dpop\.algorithm must be one of ES256 with this key/,
    ],
    [
      'a key that is too weak',
      () => createProofKeySource({ privateKey: makeKeyPair('rsa1024').privateKey }),
      /^oauth\.dpop\.privateKey cannot be used: the RSA key is not of 2048/,
    ],
    [
      'a file that is not there',
      () => createProofKeySource({ privateKey: { file: '/nowhere/key.pem' } }),
      /^oauth\.dpop\.privateKey: the file \/nowhere\/key\.pem cannot be read/,
    ],
  ]
  for (const [name, make, message] of misfits) {
    it(`is refused at once: ${name}`, () => {
      assert.throws(make, { code: 'ERR_S2S_OPTION_INVALID', message })
    })
  }

  it('is refused when it cannot be read, without being shown', () => {
    const text = privateKeyToPem(makeKeyPair('ec256').privateKey)
    for (const privateKey of [text.replace('PRIVATE', 'BROKEN'), text.slice(0, 90), 'hardly a key']) {
      assert.throws(
        () => createProofKeySource({ privateKey }),
        (error: unknown) => {
          assert.match(String(error), /oauth\.dpop\.privateKey cannot be read; give it as PEM, not encrypted/)
          assert.ok(!tellAll(error).includes(text.slice(40, 60)))
          return true
        },
      )
    }
  })
})
