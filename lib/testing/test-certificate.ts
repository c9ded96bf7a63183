import { createHash, X509Certificate, type KeyObject } from 'node:crypto'
import type { generate } from 'selfsigned'
import { loadCertificateMaker } from '../keys/generate-signing-key.ts'
import {
  createTestKeyPair,
  privateKeyToPem,
  publicKeyToPem,
  type TestKeyPair,
  type TestKeyType,
} from './test-key-pair.ts'

/** What a certificate is made for. */
export interface TestCertificateOptions {
  /** The subject. Default `passport-s2s test`. */
  readonly commonName?: string
  /** Default `rsa2048`. Ed25519 is not possible. */
  readonly keyType?: Exclude<TestKeyType, 'ed25519'>
  /** Default: a new key pair of `keyType`. */
  readonly keyPair?: TestKeyPair
  /** Seconds since 1970. Default: 2020-01-01, so that fixed and real clocks both find the certificate valid. */
  readonly notBefore?: number
  /** Default: 10,950 (30 years). */
  readonly days?: number
  /** Host names and IP addresses, for TLS. Default: none, and the certificate may sign others. */
  readonly hosts?: readonly string[]
  /** Who signs. Default: itself. The signer's key must be of the same family (RSA or EC). */
  readonly signedBy?: TestCertificate
}

/** A certificate and its key, in every spelling that somebody wants. */
export interface TestCertificate {
  readonly certificatePem: string
  /** PKCS#8. */
  readonly privateKeyPem: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** The DER in standard base64, as metadata documents carry it. */
  readonly derBase64: string
  /** SHA-1 thumbprint of the DER, base64url. */
  readonly x5t: string
  /** SHA-256 thumbprint of the DER, base64url. */
  readonly x5tS256: string
}

const year2020 = 1_577_836_800
const secondsPerDay = 86_400

/**
 * Makes a certificate, self-signed unless `signedBy` is given. Needs the package `selfsigned`, an optional peer.
 *
 * For tests only: nothing is stored, and the dates are far apart.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` when `selfsigned` is not installed
 */
export async function createTestCertificate(options: TestCertificateOptions = {}): Promise<TestCertificate> {
  const maker = await loadCertificateMaker()
  const { commonName = 'passport-s2s test', signedBy, keyPair = createTestKeyPair(options.keyType) } = options
  const { cert } = await maker.generate([{ name: 'commonName', value: commonName }], {
    ...validity(options),
    ...keyOptions(keyPair),
    algorithm: 'sha256',
    extensions: extensionsOf(options),
    ...(signedBy === undefined ? {} : { ca: { key: signedBy.privateKeyPem, cert: signedBy.certificatePem } }),
  })
  return describeCertificate(cert, keyPair)
}

function validity({ notBefore = year2020, days = 10_950 }: TestCertificateOptions): object {
  const notAfter = notBefore + days * secondsPerDay
  return { notBeforeDate: new Date(notBefore * 1000), notAfterDate: new Date(notAfter * 1000) }
}

type MakerOptions = NonNullable<Parameters<typeof generate>[1]>

function keyOptions(keyPair: TestKeyPair): MakerOptions {
  const { asymmetricKeyType, asymmetricKeyDetails } = keyPair.privateKey
  const curves = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' } as const
  const curve = curves[asymmetricKeyDetails?.namedCurve as keyof typeof curves]
  return {
    keyPair: { privateKey: privateKeyToPem(keyPair.privateKey), publicKey: publicKeyToPem(keyPair.publicKey) },
    ...(asymmetricKeyType === 'ec' ? { keyType: 'ec', curve } : { keyType: 'rsa' }),
  }
}

function extensionsOf({ hosts }: TestCertificateOptions): NonNullable<MakerOptions['extensions']> {
  if (hosts === undefined) {
    return [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, digitalSignature: true, critical: true },
    ]
  }
  const altNames = hosts.map((host) =>
    /^[\d.]+$|:/.test(host) ? { type: 7 as const, ip: host } : { type: 2 as const, value: host },
  )
  return [
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames },
  ]
}

function describeCertificate(certificatePem: string, { privateKey, publicKey }: TestKeyPair): TestCertificate {
  const der = new X509Certificate(certificatePem).raw
  return {
    certificatePem,
    privateKeyPem: privateKeyToPem(privateKey),
    privateKey,
    publicKey,
    derBase64: der.toString('base64'),
    x5t: createHash('sha1').update(der).digest('base64url'),
    x5tS256: createHash('sha256').update(der).digest('base64url'),
  }
}
