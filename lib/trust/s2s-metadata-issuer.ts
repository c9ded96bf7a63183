import { UnavailableError, type ConfigurationError } from '../foundation/errors.ts'
import type { Certificate } from '../keys/certificate.ts'
import { createCertificateKeySet } from '../keys/certificate-key-set.ts'
import { keyThumbprint } from '../keys/key-thumbprint.ts'
import type { KeySet } from '../keys/key-set.ts'
import { parseS2SMetadata } from '../metadata/s2s-metadata.ts'
import type { S2SMetadataIssuerOptions } from './issuer-options.ts'
import { createS2SIssuer, expandIssuerName } from './issuer-policy.ts'
import { createFetcher, createRemoteSource } from './remote-keys.ts'
import { parsePins, type CertificatePins } from './certificate-pins.ts'
import type { S2STrustedIssuer, TrustContext } from './trusted-issuer.ts'

/**
 * An S2S issuer from its JSON metadata document (protocol section 5: SharePoint, Exchange, Skype, ACS dialects).
 *
 * The document's `issuer` must equal `registeredIssuerName`; without that it is learnt once and then fixed. Our own
 * certificate is dropped from every document. KeyUsage, EKU, chain and signature hash are never looked at.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 */
export function createS2SMetadataIssuer(options: S2SMetadataIssuerOptions, context: TrustContext): S2STrustedIssuer {
  const beginLook = createFetcher(options, context)
  const pins = options.thumbprints === undefined ? undefined : parsePins(options.thumbprints, options.metadataEndpoint)
  let registeredName = options.registeredIssuerName
  const parts = {
    issuerNames: registeredName === undefined ? [] : expandIssuerName(registeredName, options.realms, context),
  }

  async function load(): Promise<KeySet> {
    const metadata = parseS2SMetadata(await beginLook()(options.metadataEndpoint))
    const certificates = usableCertificates(metadata.certificates, pins, context)
    if (registeredName === undefined) {
      parts.issuerNames = learnName(metadata.issuer, options, context)
      registeredName = metadata.issuer
    }
    if (metadata.issuer !== registeredName) {
      throw new UnavailableError(
        'ERR_S2S_METADATA_INVALID',
        `the document at ${options.metadataEndpoint} is of another issuer than ${registeredName}`,
      )
    }
    return createCertificateKeySet(certificates)
  }

  const name = options.name ?? registeredName ?? options.metadataEndpoint
  const keys = createRemoteSource({ name, options, context, load })
  return createS2SIssuer(options, Object.assign(parts, { name, keys }), context)
}

function learnName(
  documentIssuer: string,
  options: S2SMetadataIssuerOptions,
  context: TrustContext,
): readonly string[] {
  try {
    return expandIssuerName(documentIssuer, options.realms, context)
  } catch (cause) {
    const { message } = cause as ConfigurationError
    throw new UnavailableError('ERR_S2S_METADATA_INVALID', `${options.metadataEndpoint}: ${message}`, { cause })
  }
}

function usableCertificates(
  certificates: readonly Certificate[],
  pins: CertificatePins | undefined,
  context: TrustContext,
): readonly Certificate[] {
  const usable = certificates.filter(
    (certificate) => !context.ownKeys.has(keyThumbprint(certificate.key)) && (pins?.has(certificate) ?? true),
  )
  if (usable.length === 0) {
    throw new UnavailableError('ERR_S2S_METADATA_INVALID', 'the document has no certificate that may be used')
  }
  return usable
}
