import { s2sMetadataPaths } from '../../metadata/build-s2s-metadata.ts'
import { createServerPreset, type ServerPreset, type ServerPresetOptions } from './server-preset.ts'

/**
 * Lync Server 2013 and Skype for Business Server 2015 and 2019: both directions. Its `realm` is a DNS domain, by default
 * the default SIP domain.
 *
 * Read in its documentation:
 * - the principal identifier, the path of the metadata document, the realm, the trust levels of partner applications
 *   (`Full`, `Application`, `User`; the same words are the levels of `delegation` here)
 * - it takes no SIDs from a partner unless `AcceptSecurityIdentifierInformation` is set: our client sends `upn`, `smtp` and
 *   `sip`, and SIDs from it find nobody here unless `acceptSecurityIdentifiers` is set
 *
 * Uncertain, not verified against a real server:
 * - no document, challenge or token of a real server was at hand; they are taken to have the form that Exchange's
 *   documentation and MS-XOAUTH give
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 * @see protocol sections 5.1, 9 and 14
 */
export function skypeForBusinessServer(options: ServerPresetOptions): ServerPreset {
  return createServerPreset(
    {
      product: 'skype',
      clientId: '00000004-0000-0ff1-ce00-000000000000',
      metadataPath: s2sMetadataPaths.skype,
      userAttributes: ['upn', 'smtp', 'sip'],
    },
    options,
  )
}
