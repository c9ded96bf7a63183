import { TokenError, UnavailableError } from '../foundation/errors.ts'
import type { VerificationKey } from '../keys/verification-key.ts'
import type { JoseHeader } from '../tokens/unverified-token.ts'
import type { TrustedIssuer } from '../trust/trusted-issuer.ts'

/**
 * Finds the key that the header names among the keys of this issuer only. A key that is not there makes the issuer look
 * once more, from its token bucket; while the issuer is out of reach an unknown key is an outage, not guilt.
 *
 * @throws TokenError `ERR_S2S_KEY_UNKNOWN`, `ERR_S2S_KEY_UNUSABLE`; UnavailableError `ERR_S2S_KEYS_UNREACHABLE`,
 * `ERR_S2S_METADATA_INVALID`
 */
export async function findKey(header: JoseHeader, issuer: TrustedIssuer): Promise<VerificationKey> {
  const keys = await issuer.keys.current()
  try {
    return keys.findKey(header)
  } catch (error) {
    if (!isUnknownKey(error) || !namesKey(header)) throw error
  }
  const { value, fresh } = await issuer.keys.refresh()
  if (!fresh && issuer.keys.failing()) {
    throw new UnavailableError(
      'ERR_S2S_KEYS_UNREACHABLE',
      `${issuer.name}: the key is not known and the issuer is out of reach`,
    )
  }
  return value.findKey(header)
}

function isUnknownKey(error: unknown): boolean {
  return error instanceof TokenError && error.code === 'ERR_S2S_KEY_UNKNOWN'
}

function namesKey(header: JoseHeader): boolean {
  return header.kid !== undefined || header.x5t !== undefined || header['x5t#S256'] !== undefined
}
