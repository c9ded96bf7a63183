import { z } from 'zod'
import { ConfigurationError } from '../foundation/errors.ts'
import { inLowerCase } from '../foundation/lower-case.ts'

/** The name identifier issuer (`nii`) of Windows users: their `nameid` is a SID. */
export const windowsNameIdentifierIssuer = 'urn:office:idp:activedirectory'

/** Says in which of this server's user stores the name identifiers of an `nii` are kept. */
export interface UserStores {
  /** Whether there is a mapping. Without one every `nii` is a store of its own, named by its canonical spelling. */
  readonly isMapped: boolean
  /** The store; `undefined` for an `nii` that is not mapped. */
  storeOf(this: void, nameIdentifierIssuer: string): string | undefined
}

const text = z.string().min(1, 'is empty')

/** Option schema of `userStores`. */
export const userStoresSchema = z.record(text, text)

const longTrustedPrefix = 'urn:office:idp:trusted:'

/**
 * An `nii` in the spelling that compares: lower case, and `urn:office:idp:trusted:x` is `trusted:x`.
 *
 * @see protocol section 3.6: SharePoint's mapper and the widely copied SAML helpers use either form
 */
export function canonicalNameIdentifierIssuer(nameIdentifierIssuer: string): string {
  const lower = inLowerCase(nameIdentifierIssuer)
  return lower.startsWith(longTrustedPrefix) ? `trusted:${lower.slice(longTrustedPrefix.length)}` : lower
}

/**
 * Reads the mapping of `nii` values to user stores.
 *
 * Does not check that the stores exist: their names mean something to `findProfiles` only.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` when two spellings of one `nii` name different stores
 */
export function createUserStores(mapping?: Readonly<Record<string, string>>): UserStores {
  if (mapping === undefined) return { isMapped: false, storeOf: canonicalNameIdentifierIssuer }
  const stores = new Map<string, string>()
  for (const [spelling, store] of Object.entries(mapping)) {
    const canonical = canonicalNameIdentifierIssuer(spelling)
    const earlier = stores.get(canonical)
    if (earlier !== undefined && earlier !== store) {
      throw new ConfigurationError(
        'ERR_S2S_OPTION_INVALID',
        `userStores maps ${canonical}, in two spellings, to ${earlier} and to ${store}; keep one of them`,
      )
    }
    stores.set(canonical, store)
  }
  return {
    isMapped: true,
    storeOf: (nameIdentifierIssuer) => stores.get(canonicalNameIdentifierIssuer(nameIdentifierIssuer)),
  }
}
