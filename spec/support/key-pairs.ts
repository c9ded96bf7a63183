import { createPrivateKey, createPublicKey } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import {
  createTestKeyPair,
  type TestKeyPair as KeyPair,
  type TestKeyType as KeyType,
} from '../../lib/testing/test-key-pair.ts'

export { privateKeyToPem, publicKeyToPem } from '../../lib/testing/test-key-pair.ts'
export type { KeyPair, KeyType }

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
  return (type === 'rsa2048' ? takePooledKey() : undefined) ?? createTestKeyPair(type)
}
