import {
  createTestCertificate,
  type TestCertificate,
  type TestCertificateOptions,
} from '../../lib/testing/test-certificate.ts'
import { makeKeyPair } from './key-pairs.ts'

export { makeLocalhostTls } from '../../lib/testing/serve-over-https.ts'
export type { TestCertificate }

export interface CertificateOptions extends TestCertificateOptions {
  readonly commonName: string
}

/** Makes a certificate with a key of this run's pool. RSA keys beyond the pool cost about 100 ms: make one per spec file. */
export function makeCertificate(options: CertificateOptions): Promise<TestCertificate> {
  return createTestCertificate({ keyPair: makeKeyPair(options.keyType ?? 'rsa2048'), ...options })
}
