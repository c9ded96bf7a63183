import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'

/** Kinds of key pairs that specs need; the weak ones are there to be refused. */
export type KeyType = 'rsa1024' | 'rsa2048' | 'rsa3072' | 'ec256' | 'ec384' | 'ec521' | 'ed25519'

export interface KeyPair {
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

const curves = { ec256: 'P-256', ec384: 'P-384', ec521: 'P-521' } as const

/** Where the spec runner puts RSA keys it made for this run, so that not every spec file makes its own (100 ms each). */
export const keyPoolVariable = 'PASSPORT_S2S_SPEC_KEYS'

let pool: string[] | undefined

/** The next RSA key of this run's pool that this process has not used yet. */
function takePooledKey(): KeyPair | undefined {
  const file = process.env[keyPoolVariable]
  pool ??= file !== undefined && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as string[]) : []
  const pem = pool.shift()
  if (pem === undefined) return undefined
  const privateKey = createPrivateKey(pem)
  return { privateKey, publicKey: createPublicKey(privateKey) }
}

/** Gives a new key pair. Every call in one process gives another key; keep it when you need the same one twice. */
export function makeKeyPair(type: KeyType): KeyPair {
  if (type === 'rsa2048') return takePooledKey() ?? generateKeyPairSync('rsa', { modulusLength: 2048 })
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
