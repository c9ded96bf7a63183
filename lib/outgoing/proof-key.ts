import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  KeyObject,
  type ED25519KeyPairOptions,
  type JsonWebKey,
} from 'node:crypto'
import { promisify } from 'node:util'
import { importPKCS8, importSPKI } from 'jose'
import { ConfigurationError } from '../foundation/errors.ts'
import { readTextOrFile, type TextOrFile } from '../foundation/text-or-file.ts'
import { algorithmsOfKey } from '../keys/verification-key.ts'
import type { DpopClientOptions } from './oauth-options.ts'

/** The key pair to which the tokens of one client are bound. Never print one: it holds the private key. */
export interface ProofKey {
  /** JWS algorithm of the proofs. */
  readonly algorithm: string
  readonly privateKey: Awaited<ReturnType<typeof importPKCS8>>
  readonly publicKey: Awaited<ReturnType<typeof importSPKI>>
  /** The public key, as proofs carry it. */
  readonly jwk: JsonWebKey
}

/** Gives the key; it is made when it is wanted first, and stays the same. */
export type ProofKeySource = () => Promise<ProofKey>

type KeyText = Readonly<Record<'publicKey' | 'privateKey', string>>

/**
 * Reads the configured key now, or makes one when it is wanted first.
 *
 * Does not check that the issuer takes the algorithm: it refuses the token request if not.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`: a key that cannot be read, is too weak or does not fit the algorithm
 */
export function createProofKeySource(options: true | DpopClientOptions): ProofKeySource {
  const { algorithm: wanted, privateKey: given } = options === true ? {} : options
  const text = given === undefined ? undefined : readKeyText(given)
  const algorithm = text === undefined ? (wanted ?? 'ES256') : algorithmFor(text, wanted)
  let key: Promise<ProofKey> | undefined

  async function make(): Promise<ProofKey> {
    const { publicKey, privateKey } = text ?? (await generateKeyText(algorithm))
    return {
      algorithm,
      privateKey: await importPKCS8(privateKey, algorithm),
      publicKey: await importSPKI(publicKey, algorithm, { extractable: true }),
      jwk: createPublicKey(publicKey).export({ format: 'jwk' }),
    }
  }

  return async function proofKey() {
    return (key ??= make())
  }
}

/**
 * Keys go through text, also those that are given as objects: Node 20 hangs for ever when a key object straight from
 * `generateKeyPairSync` is exported as a JWK while the garbage collector frees its generator.
 */
function readKeyText(given: TextOrFile | KeyObject): KeyText {
  const pem = given instanceof KeyObject ? privateKeyText(given) : readTextOrFile(given, 'oauth.dpop.privateKey')
  try {
    const key = createPrivateKey(pem)
    return { privateKey: privateKeyText(key), publicKey: publicKeyText(createPublicKey(pem)) }
  } catch (cause) {
    throw invalid('oauth.dpop.privateKey cannot be read; give it as PEM, not encrypted', cause)
  }
}

function privateKeyText(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

function publicKeyText(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString()
}

/** The first of the algorithms that fit the key, unless another one that fits is wanted. */
function algorithmFor({ publicKey }: KeyText, wanted: string | undefined): string {
  const fitting = fittingAlgorithms(publicKey)
  const algorithm = wanted ?? fitting[0]
  if (algorithm !== undefined && fitting.includes(algorithm)) return algorithm
  throw invalid(
    `oauth.dpop.algorithm must be one of ${fitting.join(', ')} with this key; leave it out, or give another key`,
  )
}

function fittingAlgorithms(publicKey: string): readonly string[] {
  try {
    return algorithmsOfKey(createPublicKey(publicKey))
  } catch (cause) {
    throw invalid(`oauth.dpop.privateKey cannot be used: ${(cause as Error).message}`, cause)
  }
}

const generate = promisify(generateKeyPair)
const asText: ED25519KeyPairOptions<'pem', 'pem'> = {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
}
const curves: ReadonlyMap<string, string> = new Map([
  ['ES256', 'P-256'],
  ['ES384', 'P-384'],
  ['ES512', 'P-521'],
])

function generateKeyText(algorithm: string): Promise<KeyText> {
  const namedCurve = curves.get(algorithm)
  if (namedCurve !== undefined) return generate('ec', { namedCurve, ...asText })
  if (algorithm.startsWith('Ed')) return generate('ed25519', asText)
  return generate('rsa', { modulusLength: 2048, ...asText })
}

function invalid(reason: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError('ERR_S2S_OPTION_INVALID', reason, cause === undefined ? {} : { cause })
}
