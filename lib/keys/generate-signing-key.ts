import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import type { generate as generateCertificate } from 'selfsigned'
import { systemClock, type Clock } from '../foundation/clock.ts'
import { ConfigurationError } from '../foundation/errors.ts'

/** What a new signing key is made for. */
export interface GenerateSigningKeyOptions {
  /** The subject of the certificate, such as the name of the server. */
  readonly commonName: string
  /** How many days the certificate is valid. Default 1825 (five years). */
  readonly days?: number
  /** Seconds since 1970. Default: the system clock. */
  readonly clock?: Clock
}

/** A new key pair, as `self.signingKeys` takes it. Keep the private key secret: whoever has it is this server. */
export interface GeneratedSigningKey {
  /** PKCS#8 PEM. */
  readonly privateKey: string
  /** Self-signed, PEM. */
  readonly certificate: string
}

/**
 * What is used of `selfsigned`.
 *
 * @internal
 */
export interface CertificateMaker {
  readonly generate: typeof generateCertificate
}

const secondsPerDay = 86_400
/** Partners' clocks may be behind ours. */
const backdatedSeconds = 600

/**
 * Makes an RSA 2048 key and a self-signed certificate, as S2S partners expect them. Needs the package `selfsigned`, which
 * is an optional peer dependency.
 *
 * Does not store anything; that the private key ends up in a safe place is the caller's to see to.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 */
export async function generateSigningKey(options: GenerateSigningKeyOptions): Promise<GeneratedSigningKey> {
  return generateSigningKeyWith(undefined, options)
}

/** @internal `generateSigningKey` with another way to load the package. */
export async function generateSigningKeyWith(
  load: (() => Promise<CertificateMaker>) | undefined,
  { commonName, days = 1825, clock = systemClock }: GenerateSigningKeyOptions,
): Promise<GeneratedSigningKey> {
  checkOptions(commonName, days)
  const { generate } = await loadCertificateMaker(load)
  const keyPair = await makeRsaKeyPair()
  const from = Math.floor(clock()) - backdatedSeconds
  const { cert } = await generate([{ name: 'commonName', value: commonName }], {
    keyType: 'rsa',
    keyPair,
    algorithm: 'sha256',
    notBeforeDate: new Date(from * 1000),
    notAfterDate: new Date((from + days * secondsPerDay) * 1000),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
    ],
  })
  return { privateKey: keyPair.privateKey, certificate: cert }
}

/** X.520 allows 64 characters in a common name. */
function checkOptions(commonName: string, days: number): void {
  if (commonName === '' || commonName.length > 64) throw invalid('commonName must have 1 to 64 characters')
  if (!Number.isInteger(days) || days < 1 || days > 36_500) throw invalid('days must be a whole number from 1 to 36500')
}

/**
 * Loads the optional peer that makes certificates, or says which package to install.
 *
 * @internal
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 */
export async function loadCertificateMaker(
  load: () => Promise<CertificateMaker> = () => import('selfsigned'),
): Promise<CertificateMaker> {
  try {
    return await load()
  } catch (cause) {
    throw invalid(
      'making a certificate needs the package selfsigned: npm install selfsigned (or use openssl req -x509)',
      cause,
    )
  }
}

function makeRsaKeyPair(): Promise<{ publicKey: string; privateKey: string }> {
  return promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
}

function invalid(reason: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError('ERR_S2S_OPTION_INVALID', reason, cause === undefined ? {} : { cause })
}
