import { s2sMetadataPaths } from '../../metadata/build-s2s-metadata.ts'
import { createServerPreset, type ServerPreset, type ServerPresetOptions } from './server-preset.ts'

/**
 * SharePoint Server 2013, 2016, 2019 and Subscription Edition: both directions.
 *
 * Verified against the real product's data:
 * - the metadata document of a Subscription Edition farm (2026): its dialect, and that it has no `realm` (the realm stands
 *   in `issuer`); the path of the document is documented for all versions
 * - the challenge of the 2019 and Subscription Edition family: `NTLM, Bearer realm=...,client_id=...,trusted_issuers=...`,
 *   given when it is asked with an empty bearer credential, as our client asks, at the path its own clients ask
 * - an actor token and its certificate that code for SharePoint made (2015): dates as texts, everything in lower case,
 *   `x5t` the SHA-1 of the certificate, `trustedfordelegation` as the text `true`
 *
 * Read in its documentation and its open token library:
 * - the principal identifier, the audience `id/host@realm`, the broker rule, SID, UPN, SMTP and SIP look-up
 *
 * Follows its documentation only, or our judgement:
 * - whether it publishes a second certificate ahead of a roll-over (a new one is found here whenever it appears)
 * - whether it needs `trustedfordelegation` and equal audiences in both tokens; our client sends both
 * - a SID from a farm finds a user here, because the two share one Active Directory; write
 *   `acceptSecurityIdentifiers: false` for a farm of another forest
 *
 * A farm that shall be called by us must trust us: see `createPairing`.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 * @see protocol sections 2, 3, 5 and 6
 */
export function sharePointServer(options: ServerPresetOptions): ServerPreset {
  return createServerPreset(
    {
      product: 'sharepoint',
      clientId: '00000003-0000-0ff1-ce00-000000000000',
      metadataPath: s2sMetadataPaths.sharepoint,
      discoveryPath: '/_vti_bin/client.svc',
      userAttributes: ['nameid', 'upn', 'smtp', 'sip'],
      acceptSecurityIdentifiers: true,
      hasGuidRealm: true,
    },
    options,
  )
}
