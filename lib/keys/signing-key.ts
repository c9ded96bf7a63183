import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { ConfigurationError } from '../foundation/errors.ts'
import { optionsObject } from '../foundation/parse-options.ts'
import {
  readTextOrFile,
  secretTextOrFileSchema,
  secretTextSchema,
  textOrFileSchema,
  type TextOrFile,
} from '../foundation/text-or-file.ts'
import { unreachable } from '../foundation/unreachable.ts'
import { parseCertificate, type Certificate } from './certificate.ts'
import type { KnownAlgorithm } from './verification-key.ts'

/** One of our own key pairs, as it is configured. */
export interface SigningKeyOptions {
  /** The private key, PEM (PKCS#8, PKCS#1 or SEC 1). */
  readonly privateKey: TextOrFile
  /** The certificate of the same key pair, PEM or base64 DER; self-signed is fine. Partners get it from our metadata. */
  readonly certificate: TextOrFile
  /** Opens an encrypted private key. */
  readonly passphrase?: string
}

/** Our own private key with its certificate. Never print one: it holds the private key. */
export interface SigningKey {
  /** The same as `x5t`. */
  readonly kid: string
  /** base64url of the SHA-1 of the certificate; what S2S partners find the key by. */
  readonly x5t: string
  /** base64url of the SHA-256 of the certificate. */
  readonly x5tS256: string
  /** What it signs with: RS256, or by the curve ES256, ES384, ES512 or EdDSA. */
  readonly algorithm: KnownAlgorithm
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  readonly certificate: Certificate
  /** The certificate's DER in standard base64. */
  readonly derBase64: string
}

/** Strict schema of one signing key. */
export const signingKeySchema = optionsObject({
  privateKey: secretTextOrFileSchema,
  certificate: textOrFileSchema,
  passphrase: secretTextSchema.optional(),
})

/**
 * Reads a private key and its certificate, and checks that they are one pair and strong enough. `name` is what the
 * developer knows the option by, such as `self.keys.current`.
 *
 * Does not check certificate dates, nor that the key is RSA as S2S needs it (see `createSigningKeys`, which has the clock).
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 */
export function readSigningKey(options: SigningKeyOptions, name: string): SigningKey {
  const privateKey = readPrivateKey(options, name)
  const certificate = readOwnCertificate(options.certificate, name)
  if (!isPair(privateKey, certificate)) {
    throw invalid(`${name}: privateKey and certificate are of two key pairs; give the certificate of this private key`)
  }
  return {
    kid: certificate.x5t,
    x5t: certificate.x5t,
    x5tS256: certificate.x5tS256,
    algorithm: algorithmOf(certificate),
    privateKey,
    publicKey: certificate.key,
    certificate,
    derBase64: certificate.derBase64,
  }
}

/** By bytes: `KeyObject.equals` leaves an OpenSSL error behind for keys of two kinds, which the next import would throw. */
function isPair(privateKey: KeyObject, { key }: Certificate): boolean {
  const format = { type: 'spki', format: 'der' } as const
  return createPublicKey(privateKey).export(format).equals(key.export(format))
}

function readPrivateKey({ privateKey, passphrase }: SigningKeyOptions, name: string): KeyObject {
  const key = readTextOrFile(privateKey, `${name}.privateKey`)
  try {
    return createPrivateKey(passphrase === undefined ? key : { key, passphrase })
  } catch (cause) {
    const fix = key.includes('ENCRYPTED')
      ? 'cannot be opened; give the right passphrase'
      : 'cannot be read; give it as PEM (from a .pfx file: openssl pkcs12 -in key.pfx -nocerts -nodes)'
    throw invalid(`${name}.privateKey ${fix}`, cause)
  }
}

function readOwnCertificate(value: TextOrFile, name: string): Certificate {
  const text = readTextOrFile(value, `${name}.certificate`)
  try {
    return parseCertificate(text)
  } catch (cause) {
    const why = (cause as Error).message
    throw invalid(`${name}.certificate: ${why}; give one certificate as PEM or base64 DER`, cause)
  }
}

/** The first of the algorithms that fit the key; they stand in the order of preference. */
function algorithmOf({ algorithms }: Certificate): KnownAlgorithm {
  const [algorithm] = algorithms
  if (algorithm === undefined) throw unreachable('a usable key has no algorithm')
  return algorithm as KnownAlgorithm
}

function invalid(reason: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError('ERR_S2S_OPTION_INVALID', reason, cause === undefined ? {} : { cause })
}
