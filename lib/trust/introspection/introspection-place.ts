import type { FetchJsonOptions } from '../../foundation/fetch-json.ts'
import { createRefreshingValue, type RefreshingValue } from '../../foundation/refreshing-value.ts'
import { parseIntrospectionEndpoint } from '../../metadata/introspection-metadata.ts'
import { openIdMetadataUrls } from '../../metadata/openid-metadata.ts'
import { firstDocument } from '../first-document.ts'
import { createFetcher } from '../remote-keys.ts'
import type { TrustContext } from '../trusted-issuer.ts'

/** Whose endpoint is looked for, and how. */
export interface IntrospectionPlaceOptions {
  readonly issuer: string
  /** Whether a client certificate is shown: then an alias goes before. */
  readonly showsCertificate: boolean
  readonly fetchOptions: FetchJsonOptions
}

/** A discovery document is looked at again after an hour, and serves up to four hours while it cannot be had. */
const refreshSeconds = 3600
const staleSeconds = 14_400

/**
 * The introspection endpoint of an issuer, by discovery. Nothing is fetched before it is needed.
 *
 * @see RFC 8414 section 3, OpenID Connect Discovery 1.0 section 4
 */
export function discoverIntrospectionPlace(
  options: IntrospectionPlaceOptions,
  { clock }: Pick<TrustContext, 'clock'>,
): RefreshingValue<string> {
  const { issuer, fetchOptions } = options
  const beginLook = createFetcher({}, { fetchOptions })
  return createRefreshingValue({
    load: async () =>
      parseIntrospectionEndpoint(await firstDocument(openIdMetadataUrls(issuer), issuer, beginLook()), options),
    refreshSeconds,
    staleSeconds,
    clock,
  })
}
