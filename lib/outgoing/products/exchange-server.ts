import { s2sMetadataPaths } from '../../metadata/build-s2s-metadata.ts'
import { createServerPreset, type ServerPreset, type ServerPresetOptions } from './server-preset.ts'

/**
 * Exchange Server 2013 and later: both directions.
 *
 * Its challenge may have no `realm`: then give `realm` here, or calls end with `ERR_S2S_TARGET_CHALLENGE`.
 *
 * Read in its documentation:
 * - the principal identifier, the path and the members of the metadata document, the challenge (with `token_types`, often
 *   without `realm`, `Basic` on a line of its own), the audience of three parts and how it is compared (MS-XOAUTH)
 * - it signs its own tokens, with a current and a next certificate; the next one is published before it is used
 *
 * Observed in traces of Exchange, but of its cloud era:
 * - outgoing tokens name the user by `nameid`, `nii`, `upn`, `smtp` and `sip`
 *
 * Uncertain, not verified against a real server:
 * - no document or token of a real on-premises server was at hand; the form of its realm is not known (a GUID or a domain)
 * - MS-XOAUTH wants the UPN of the user in `nameid`; our client sends `upn`, `smtp` and `sip` and leaves a SID out, because
 *   whether Exchange takes SIDs from a partner is a setting whose default is not known. Where a server insists, call with
 *   `onBehalfOf: { nameid: 'dana@fabrikam.example' }` and `userAttributes: ['nameid']`
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 * @see protocol sections 2.2, 4.1, 5 and 14
 */
export function exchangeServer(options: ServerPresetOptions): ServerPreset {
  return createServerPreset(
    {
      product: 'exchange',
      clientId: '00000002-0000-0ff1-ce00-000000000000',
      metadataPath: s2sMetadataPaths.exchange,
      userAttributes: ['upn', 'smtp', 'sip'],
    },
    options,
  )
}
