import { UnavailableError } from '../foundation/errors.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import type { DocumentFetch } from './remote-keys.ts'

/**
 * Asks the addresses of an issuer's discovery document in turn; the first document decides, also when it is wrong.
 *
 * @throws UnavailableError `ERR_S2S_KEYS_UNREACHABLE`, `ERR_S2S_METADATA_INVALID` when none of them gives a document
 */
export async function firstDocument(
  urls: readonly string[],
  issuer: string,
  fetchDocument: DocumentFetch,
): Promise<JsonObject> {
  let failure: unknown
  for (const url of urls) {
    try {
      return await fetchDocument(url)
    } catch (error) {
      failure ??= error
    }
  }
  throw failure instanceof UnavailableError
    ? failure
    : new UnavailableError('ERR_S2S_KEYS_UNREACHABLE', `no discovery document of ${issuer} was found`, {
        cause: failure,
      })
}
