import { readSigningKey, type SigningKey } from '../../lib/keys/signing-key.ts'
import { makeCertificate, type CertificateOptions } from './certificates.ts'

/** Makes one of our own signing keys. RSA keys cost about 100 ms. */
export async function makeSigningKey(options: CertificateOptions): Promise<SigningKey> {
  const { privateKeyPem, certificatePem } = await makeCertificate(options)
  return readSigningKey({ privateKey: privateKeyPem, certificate: certificatePem }, options.commonName)
}
