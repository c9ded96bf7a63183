import { createPrivateKey, type KeyObject } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTestKeyPair, privateKeyToPem } from '../../lib/testing/test-key-pair.ts'
import { keyPoolVariable } from '../support/key-pairs.ts'

/** Eight keys have sixteen primes, and these make 120 keys. */
const generatedKeys = 8

/**
 * Makes the RSA keys of one run, for the processes that this one starts. The folder is for this run only and goes with it.
 *
 * To find the primes of a key takes 100 ms or more, so they are used in every pair: all keys differ, and each is as good as
 * any other for a signature. Whoever saw two of them could find their common prime, so they are good for specs only.
 */
export function writeKeyPool(folder: string): void {
  const file = join(folder, 'keys.json')
  const primes = Array.from({ length: generatedKeys }, () => primesOf(createTestKeyPair('rsa2048').privateKey)).flat()
  const keys = primes.flatMap((p, index) => primes.slice(index + 1).map((q) => privateKeyToPem(rsaKeyOf(p, q))))
  writeFileSync(file, JSON.stringify(keys), { mode: 0o600 })
  process.env[keyPoolVariable] = file
}

function primesOf(key: KeyObject): readonly bigint[] {
  const { p = '', q = '' } = key.export({ format: 'jwk' })
  return [readNumber(p), readNumber(q)]
}

const publicExponent = 65_537n

/** @see RFC 7518 section 6.3 */
function rsaKeyOf(p: bigint, q: bigint): KeyObject {
  const d = inverse(publicExponent, (p - 1n) * (q - 1n))
  const numbers = { n: p * q, e: publicExponent, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) }
  const members = Object.entries(numbers).map(([name, value]): [string, string] => [name, writeNumber(value)])
  return createPrivateKey({ key: { kty: 'RSA', ...Object.fromEntries(members) }, format: 'jwk' })
}

/** The number that makes 1 of `value`, modulo `modulus`: Euclid's algorithm. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [before, now] = [modulus, value % modulus]
  let [factorBefore, factor] = [0n, 1n]
  while (now !== 0n) {
    const times = before / now
    ;[before, now] = [now, before - times * now]
    ;[factorBefore, factor] = [factor, factorBefore - times * factor]
  }
  return ((factorBefore % modulus) + modulus) % modulus
}

function readNumber(base64url: string): bigint {
  return BigInt(`0x${Buffer.from(base64url, 'base64url').toString('hex')}`)
}

function writeNumber(value: bigint): string {
  const hex = value.toString(16)
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex').toString('base64url')
}
