import { generateKeyPairSync, type KeyObject } from 'node:crypto'

/** Kinds of key pairs; the weak ones are there to be refused. */
export type TestKeyType = 'rsa1024' | 'rsa2048' | 'rsa3072' | 'ec256' | 'ec384' | 'ec521' | 'ed25519'

/** Two keys that belong together. */
export interface TestKeyPair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

const curves = { ec256: 'P-256', ec384: 'P-384', ec521: 'P-521' } as const

/** Makes a new key pair. RSA keys cost about 100 ms: keep one when you need it twice. Default `rsa2048`. */
export function createTestKeyPair(type: TestKeyType = 'rsa2048'): TestKeyPair {
  if (type === 'ed25519') return generateKeyPairSync('ed25519')
  if (type === 'ec256' || type === 'ec384' || type === 'ec521') {
    return generateKeyPairSync('ec', { namedCurve: curves[type] })
  }
  return generateKeyPairSync('rsa', { modulusLength: Number(type.slice(3)) })
}

/** The private key as PKCS#8 PEM. */
export function privateKeyToPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** The public key as SPKI PEM. */
export function publicKeyToPem(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString()
}
