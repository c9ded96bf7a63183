import { UnavailableError, type ConfigurationError } from '../foundation/errors.ts'
import type { Certificate } from '../keys/certificate.ts'
import { createCertificateKeySet } from '../keys/certificate-key-set.ts'
import { keyThumbprint } from '../keys/key-thumbprint.ts'
import type { KeySet } from '../keys/key-set.ts'
import { parseS2SMetadata } from '../metadata/s2s-metadata.ts'
import type { S2SMetadataIssuerOptions } from './issuer-options.ts'
import { createS2SIssuer, expandIssuerName } from './issuer-policy.ts'
import { keySetsOf } from './openid-keys.ts'
import { createFetcher, createRemoteSource } from './remote-keys.ts'
import { parsePins, type CertificatePins } from './certificate-pins.ts'
import type { S2STrustedIssuer, TrustContext } from './trusted-issuer.ts'

/** What one document told. */
interface FarmKeys {
  readonly documentIssuer: string
  readonly keySet: KeySet
}

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

  function learn(documentIssuer: string): void {
    if (registeredName !== undefined) return
    parts.issuerNames = learnName(documentIssuer, options, context)
    registeredName = documentIssuer
  }

  async function load(): Promise<FarmKeys> {
    const metadata = parseS2SMetadata(await beginLook()(options.metadataEndpoint))
    const certificates = usableCertificates(metadata.certificates, pins, context)
    learn(metadata.issuer)
    if (metadata.issuer !== registeredName) {
      throw new UnavailableError(
        'ERR_S2S_METADATA_INVALID',
        `the document at ${options.metadataEndpoint} is of another issuer than ${registeredName}`,
      )
    }
    return { documentIssuer: metadata.issuer, keySet: createCertificateKeySet(certificates) }
  }

  const name = options.name ?? registeredName ?? options.metadataEndpoint
  const { metadataEndpoint, registeredIssuerName, realms, thumbprints } = options
  const place = { metadataEndpoint, registeredIssuerName, realms, thumbprints }
  const farmKeys = createRemoteSource({ name, origin: { kind: 's2s-metadata', place, options }, context, load })
  const held = farmKeys.peek()
  if (held !== undefined) learn(held.documentIssuer)
  const keys = keySetsOf(farmKeys, ({ keySet }) => keySet, farmKeys.close.bind(farmKeys))
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
