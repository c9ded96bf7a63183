import { createHash, createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { generate } from 'selfsigned'

/** A throw-away certificate and its key, made at start and never written to disk. */
export interface OwnCertificate {
  readonly certificatePem: string
  readonly privateKeyPem: string
  readonly privateKey: KeyObject
  /** base64url of the SHA-1 of the certificate: how S2S tokens name their key. */
  readonly x5t: string
  /** How a metadata document carries the certificate. */
  readonly derBase64: string
}

/** Makes a self-signed certificate for localhost, valid for a day. */
export async function makeCertificate(commonName: string): Promise<OwnCertificate> {
  const now = Date.now()
  const { cert, private: privateKeyPem } = await generate([{ name: 'commonName', value: commonName }], {
    keySize: 2048,
    algorithm: 'sha256',
    notBeforeDate: new Date(now - 3_600_000),
    notAfterDate: new Date(now + 86_400_000),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  })
  const der = new X509Certificate(cert).raw
  return {
    certificatePem: cert,
    privateKeyPem,
    privateKey: createPrivateKey(privateKeyPem),
    x5t: createHash('sha1').update(der).digest('base64url'),
    derBase64: der.toString('base64'),
  }
}
