import { generate } from 'selfsigned'

/** A throw-away https certificate and its key, made at start and never written to disk. */
export interface OwnCertificate {
  readonly certificatePem: string
  readonly privateKeyPem: string
}

/** Makes a self-signed https certificate for localhost, valid for a day. */
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
  return { certificatePem: cert, privateKeyPem }
}
