import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type ED25519KeyPairOptions,
  type KeyObject,
} from 'node:crypto'

/** Kinds of key pairs; the weak ones are there to be refused. */
export type TestKeyType = 'rsa1024' | 'rsa2048' | 'rsa3072' | 'ec256' | 'ec384' | 'ec521' | 'ed25519'

/** Two keys that belong together. */
export interface TestKeyPair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

const curves = { ec256: 'P-256', ec384: 'P-384', ec521: 'P-521' } as const

// Text, not key objects: Node 20 hangs for ever when a key object straight from its generator is exported as a JWK while
// the garbage collector frees the generator's job (both want the same lock).
const asText: ED25519KeyPairOptions<'pem', 'pem'> = {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
}

/** Makes a new key pair. RSA keys cost about 100 ms: keep one when you need it twice. Default `rsa2048`. */
export function createTestKeyPair(type: TestKeyType = 'rsa2048'): TestKeyPair {
  const { publicKey, privateKey } = generateText(type)
  return { publicKey: createPublicKey(publicKey), privateKey: createPrivateKey(privateKey) }
}

function generateText(type: TestKeyType): { readonly publicKey: string; readonly privateKey: string } {
  if (type === 'ed25519') return generateKeyPairSync('ed25519', asText)
  if (type === 'ec256' || type === 'ec384' || type === 'ec521') {
    return generateKeyPairSync('ec', { namedCurve: curves[type], ...asText })
  }
  return generateKeyPairSync('rsa', { modulusLength: Number(type.slice(3)), ...asText })
}

/** The private key as PKCS#8 PEM. */
export function privateKeyToPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** The public key as SPKI PEM. */
export function publicKeyToPem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString()
}
