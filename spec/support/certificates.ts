import { createHash, X509Certificate, type KeyObject } from 'node:crypto'
import { generate } from 'selfsigned'
import { makeKeyPair, privateKeyToPem, publicKeyToPem, type KeyPair, type KeyType } from './key-pairs.ts'

export interface CertificateOptions {
  readonly commonName: string
  /** Default `rsa2048`. Ed25519 is not possible. */
  readonly keyType?: Exclude<KeyType, 'ed25519'>
  /** Default: a new key pair of `keyType`. */
  readonly keyPair?: KeyPair
  /** Seconds since 1970. Default: 2020-01-01, so that fixed and real clocks both find the certificate valid. */
  readonly notBefore?: number
  /** Default: 10,950 (30 years). */
  readonly days?: number
  /** Host names and IP addresses. */
  readonly hosts?: readonly string[]
  /** Who signs. Default: itself. The signer's key must be of the same family (RSA or EC). */
  readonly signedBy?: TestCertificate
}

export interface TestCertificate {
  readonly certificatePem: string
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

/** Makes a certificate, self-signed unless `signedBy` is given. RSA keys cost about 100 ms: make one per spec file. */
export async function makeCertificate(options: CertificateOptions): Promise<TestCertificate> {
  const keyType = options.keyType ?? 'rsa2048'
  const keyPair = options.keyPair ?? makeKeyPair(keyType)
  const pem = await generate([{ name: 'commonName', value: options.commonName }], {
    ...validity(options),
    ...keyOptions(keyPair),
    algorithm: 'sha256',
    extensions: extensionsOf(options),
    ...(options.signedBy === undefined
      ? {}
      : { ca: { key: options.signedBy.privateKeyPem, cert: options.signedBy.certificatePem } }),
  })
  return describeCertificate(pem.cert, keyPair)
}

function validity(options: CertificateOptions): { notBeforeDate: Date; notAfterDate: Date } {
  const notBefore = options.notBefore ?? year2020
  const notAfter = notBefore + (options.days ?? 10_950) * secondsPerDay
  return { notBeforeDate: new Date(notBefore * 1000), notAfterDate: new Date(notAfter * 1000) }
}

type SelfsignedOptions = NonNullable<Parameters<typeof generate>[1]>

function keyOptions(keyPair: KeyPair): SelfsignedOptions {
  const { asymmetricKeyType, asymmetricKeyDetails } = keyPair.privateKey
  const curves = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' } as const
  const curve = curves[asymmetricKeyDetails?.namedCurve as keyof typeof curves]
  return {
    keyPair: { privateKey: privateKeyToPem(keyPair.privateKey), publicKey: publicKeyToPem(keyPair.publicKey) },
    ...(asymmetricKeyType === 'ec' ? { keyType: 'ec', curve } : { keyType: 'rsa' }),
  }
}

function extensionsOf(options: CertificateOptions): NonNullable<SelfsignedOptions['extensions']> {
  if (options.hosts === undefined) {
    return [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, digitalSignature: true, critical: true },
    ]
  }
  const altNames = options.hosts.map((host) =>
    /^[\d.]+$|:/.test(host) ? { type: 7 as const, ip: host } : { type: 2 as const, value: host },
  )
  return [
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames },
  ]
}

function describeCertificate(certificatePem: string, keyPair: KeyPair): TestCertificate {
  const der = new X509Certificate(certificatePem).raw
  return {
    certificatePem,
    privateKeyPem: privateKeyToPem(keyPair.privateKey),
    privateKey: keyPair.privateKey,
    publicKey: keyPair.publicKey,
    derBase64: der.toString('base64'),
    x5t: createHash('sha1').update(der).digest('base64url'),
    x5tS256: createHash('sha256').update(der).digest('base64url'),
  }
}

/** What a local https server and its clients need. */
export interface LocalhostTls {
  /** For the server. */
  readonly certificatePem: string
  readonly privateKeyPem: string
  /** For clients: the authority that signed the server's certificate. */
  readonly ca: string
}

let localhostTls: Promise<LocalhostTls> | undefined

/** A certificate for localhost and 127.0.0.1 and the authority behind it; made once per process. */
export function makeLocalhostTls(): Promise<LocalhostTls> {
  localhostTls ??= makeLocalhostCertificate()
  return localhostTls
}

async function makeLocalhostCertificate(): Promise<LocalhostTls> {
  const authority = await makeCertificate({ commonName: 'Spec Authority', keyType: 'ec256' })
  const server = await makeCertificate({
    commonName: 'localhost',
    keyType: 'ec256',
    hosts: ['localhost', '127.0.0.1'],
    signedBy: authority,
  })
  return {
    certificatePem: server.certificatePem,
    privateKeyPem: server.privateKeyPem,
    ca: authority.certificatePem,
  }
}
