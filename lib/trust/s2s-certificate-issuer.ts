import { ConfigurationError } from '../foundation/errors.ts'
import { keyThumbprint } from '../keys/key-thumbprint.ts'
import { createCertificateKeySet } from '../keys/certificate-key-set.ts'
import type { TextOrFile } from '../foundation/text-or-file.ts'
import type { S2SCertificateIssuerOptions } from './issuer-options.ts'
import { createS2SIssuer, expandIssuerName } from './issuer-policy.ts'
import { fixedKeys, readCertificate } from './static-issuer.ts'
import type { S2STrustedIssuer, TrustContext } from './trusted-issuer.ts'

/**
 * An S2S issuer from certificates that are configured here (protocol: `New-SPTrustedSecurityTokenIssuer -Certificate`).
 *
 * Validity dates are checked at each token; KeyUsage, EKU, chain and signature hash are never looked at.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 */
export function createS2SCertificateIssuer(
  options: S2SCertificateIssuerOptions,
  context: TrustContext,
): S2STrustedIssuer {
  const name = options.name ?? options.registeredIssuerName
  const given: readonly TextOrFile[] = isList(options.certificates) ? options.certificates : [options.certificates]
  const certificates = given.map((certificate) => readCertificate(certificate, name))
  if (certificates.some((certificate) => context.ownKeys.has(keyThumbprint(certificate.key)))) {
    throw new ConfigurationError(
      'ERR_S2S_OPTION_INVALID',
      `${name}: this is the server's own certificate (self.certificates); give the other server's certificate`,
    )
  }
  const issuerNames = expandIssuerName(options.registeredIssuerName, options.realms, context)
  const keys = fixedKeys(createCertificateKeySet(certificates))
  return createS2SIssuer(options, { name, issuerNames, keys }, context)
}

function isList(value: TextOrFile | readonly TextOrFile[]): value is readonly TextOrFile[] {
  return Array.isArray(value)
}
