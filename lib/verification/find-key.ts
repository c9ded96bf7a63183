import { TokenError, UnavailableError } from '../foundation/errors.ts'
import { whenReady } from '../foundation/when-ready.ts'
import type { KeySet } from '../keys/key-set.ts'
import type { VerificationKey } from '../keys/verification-key.ts'
import type { JoseHeader } from '../tokens/unverified-token.ts'
import type { TrustedIssuer } from '../trust/trusted-issuer.ts'

/** A key, and the set of keys it was found in: it may be used while that set is what the issuer has. */
export interface FoundKey {
  readonly key: VerificationKey
  readonly keySet: KeySet
}

/**
 * Finds the key that the header names among the keys of this issuer only; a promise only when they must be fetched. A key
 * that is not there makes the issuer look once more, from its token bucket; while the issuer is out of reach an unknown key
 * is an outage, not guilt.
 *
 * @throws TokenError `ERR_S2S_KEY_UNKNOWN`, `ERR_S2S_KEY_UNUSABLE`; UnavailableError `ERR_S2S_KEYS_UNREACHABLE`,
 * `ERR_S2S_METADATA_INVALID`
 */
export function findKey(header: JoseHeader, issuer: TrustedIssuer): FoundKey | Promise<FoundKey> {
  return whenReady(issuer.keys.current(), (keySet) => {
    try {
      return { key: keySet.findKey(header), keySet }
    } catch (error) {
      if (!isUnknownKey(error) || !namesKey(header)) throw error
      return lookAgain(header, issuer, { keySet, error })
    }
  })
}

/** A flood of unknown keys empties the token bucket: then nothing is awaited, and the first refusal stands. */
function lookAgain(
  header: JoseHeader,
  issuer: TrustedIssuer,
  before: { readonly keySet: KeySet; readonly error: TokenError },
): FoundKey | Promise<FoundKey> {
  return whenReady(issuer.keys.refresh(), ({ value: keySet, fresh }) => {
    if (!fresh && issuer.keys.failing()) {
      throw new UnavailableError(
        'ERR_S2S_KEYS_UNREACHABLE',
        `${issuer.name}: the key is not known and the issuer is out of reach`,
      )
    }
    if (keySet === before.keySet) throw before.error
    return { key: keySet.findKey(header), keySet }
  })
}

function isUnknownKey(error: unknown): error is TokenError {
  return error instanceof TokenError && error.code === 'ERR_S2S_KEY_UNKNOWN'
}

function namesKey(header: JoseHeader): boolean {
  return header.kid !== undefined || header.x5t !== undefined || header['x5t#S256'] !== undefined
}
