import type { ErrorCode } from '../foundation/error-codes.ts'
import type { S2SError } from '../foundation/errors.ts'
import type { CheckName } from './token-checks.ts'
import type { TokenSubject } from './token-subject.ts'

const checkOfCode: Partial<Record<ErrorCode, CheckName>> = {
  ERR_S2S_TOKEN_MALFORMED: 'form',
  ERR_S2S_TOKEN_TOO_LARGE: 'form',
  ERR_S2S_HEADER_NOT_ALLOWED: 'form',
  ERR_S2S_ISSUER_UNTRUSTED: 'issuer',
  ERR_S2S_REALM_MISMATCH: 'claims',
  ERR_S2S_BROKER_REQUIRED: 'claims',
  ERR_S2S_TOKEN_BOUND: 'claims',
  ERR_S2S_DELEGATION_ABSENT: 'delegation claim',
  ERR_S2S_KEY_UNKNOWN: 'key',
  ERR_S2S_KEY_UNUSABLE: 'key',
  ERR_S2S_DELEGATION_NOT_ALLOWED: 'policy',
  ERR_S2S_APP_ONLY_NOT_ALLOWED: 'policy',
  ERR_S2S_USER_NOT_FOUND: 'caller',
  ERR_S2S_USER_AMBIGUOUS: 'caller',
  ERR_S2S_USER_CONFLICT: 'caller',
  ERR_S2S_USER_STORE_UNKNOWN: 'caller',
  ERR_S2S_PROFILES_UNAVAILABLE: 'caller',
}

/** The check that a refusal of the verifier belongs to. */
export function failedCheck(error: S2SError, subject: TokenSubject): CheckName {
  const { refusedPart, issuer, signed, outer } = subject
  const reason = error.reason ?? ''
  const isOuter = refusedPart === 'outer'
  switch (error.code) {
    case 'ERR_S2S_AUDIENCE_MISMATCH':
      return isOuter ? 'outer audience' : 'audience'
    case 'ERR_S2S_TOKEN_EXPIRED':
    case 'ERR_S2S_TOKEN_NOT_YET_VALID':
    case 'ERR_S2S_TOKEN_LIFETIME':
      return isOuter ? 'outer lifetime' : 'lifetime'
    case 'ERR_S2S_ALGORITHM_NOT_ALLOWED':
      return signed !== undefined && issuer?.algorithms.has(signed.header.alg) === true ? 'key' : 'algorithm'
    case 'ERR_S2S_SIGNATURE_INVALID':
      return outer !== undefined && outer.signature.length > 0 ? 'form' : 'signature'
    case 'ERR_S2S_KEYS_UNREACHABLE':
    case 'ERR_S2S_METADATA_INVALID':
      return issuer === undefined ? 'issuer' : 'key'
    default:
      return checkOfCode[error.code] ?? checkOfReason(reason, subject)
  }
}

/** `typ` and claims that are refused share their codes; our own fixed reasons name the claim. */
function checkOfReason(reason: string, { refusedPart, issuer, signed }: TokenSubject): CheckName {
  if (signed === undefined) return 'form'
  if (/"typ" is not (?:one of|a short)|wrapped/.test(reason)) return 'type'
  const named = /^"(\w+)"/.exec(reason)?.[1]
  if (named === 'iss' && issuer === undefined) return 'issuer'
  if (refusedPart === 'outer') return checkOfOuterReason(reason, named)
  if (named === 'aud') return 'audience'
  if (named === 'exp' || named === 'nbf' || named === 'iat') return 'lifetime'
  return reason.includes('names no application') ? 'caller' : 'claims'
}

function checkOfOuterReason(reason: string, named: string | undefined): CheckName {
  if (named === 'aud' || reason.includes('audiences')) return 'outer audience'
  if (named === 'exp' || named === 'nbf' || named === 'iat') return 'outer lifetime'
  if (named === 'iss' || /not accepted here$/.test(reason)) return 'outer token'
  return /names no user|^"(?:nameid|nii|upn|smtp|sip)"/.test(reason) ? 'user named' : 'caller'
}
