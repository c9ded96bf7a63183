import { errorCodes, type ErrorCode } from '../foundation/error-codes.ts'
import type { S2SError } from '../foundation/errors.ts'
import { lacksProof } from './lacks-proof.ts'
import type { CheckName } from './token-checks.ts'
import type { TokenSubject } from './token-subject.ts'

type Place = CheckName | ((subject: TokenSubject) => CheckName)

const audience: Place = ({ refusedPart }) => (refusedPart === 'outer' ? 'outer audience' : 'audience')
const lifetime: Place = ({ refusedPart }) => (refusedPart === 'outer' ? 'outer lifetime' : 'lifetime')
const outage: Place = ({ issuer }) => (issuer === undefined ? 'issuer' : 'key')

const places: Readonly<Partial<Record<ErrorCode, Place>>> = {
  ERR_S2S_TOKEN_MALFORMED: 'form',
  ERR_S2S_TOKEN_TOO_LARGE: 'form',
  ERR_S2S_HEADER_NOT_ALLOWED: 'form',
  ERR_S2S_ALGORITHM_NOT_ALLOWED: ({ signed, issuer }) =>
    signed !== undefined && issuer?.algorithms.has(signed.header.alg) === true ? 'key' : 'algorithm',
  ERR_S2S_ISSUER_UNTRUSTED: 'issuer',
  ERR_S2S_REALM_MISMATCH: 'claims',
  ERR_S2S_BROKER_REQUIRED: 'claims',
  ERR_S2S_TOKEN_BOUND: (subject) => (lacksProof(subject) ? 'possession' : 'claims'),
  ERR_S2S_AUDIENCE_MISMATCH: audience,
  ERR_S2S_TOKEN_EXPIRED: lifetime,
  ERR_S2S_TOKEN_NOT_YET_VALID: lifetime,
  ERR_S2S_TOKEN_LIFETIME: lifetime,
  ERR_S2S_DELEGATION_ABSENT: 'delegation claim',
  ERR_S2S_KEY_UNKNOWN: 'key',
  ERR_S2S_KEY_UNUSABLE: 'key',
  ERR_S2S_KEYS_UNREACHABLE: outage,
  ERR_S2S_METADATA_INVALID: outage,
  ERR_S2S_SIGNATURE_INVALID: ({ outer }) => (outer !== undefined && outer.signature.length > 0 ? 'form' : 'signature'),
  ERR_S2S_DELEGATION_NOT_ALLOWED: 'policy',
  ERR_S2S_APP_ONLY_NOT_ALLOWED: 'policy',
}

/** Codes that several checks share; of these the verifier's own fixed reasons tell which it was. */
const signedReasons: readonly (readonly [RegExp, CheckName])[] = [
  [/^"typ" is not one of|"typ" is not a short|wrapped/, 'type'],
  [/^"iss"/, 'issuer'],
  [/^"aud"/, 'audience'],
  [/^"(?:exp|nbf|iat)"/, 'lifetime'],
  [/names no application/, 'caller'],
]
const outerReasons: readonly (readonly [RegExp, CheckName])[] = [
  [/^"typ" is not one of/, 'type'],
  [/^"aud"|audiences/, 'outer audience'],
  [/^"(?:exp|nbf|iat)"/, 'outer lifetime'],
  [/names no user|^"(?:nameid|nii|upn|smtp|sip)"/, 'user named'],
]

/** The check that a refusal of the verifier belongs to. */
export function failedCheck({ code, reason = '' }: S2SError, subject: TokenSubject): CheckName {
  const place = places[code]
  if (place !== undefined) return typeof place === 'string' ? place : place(subject)
  return errorCodes[code].kind === 'token' ? checkOfReason(reason, subject) : 'caller'
}

function checkOfReason(reason: string, { signed, refusedPart }: TokenSubject): CheckName {
  if (signed === undefined) return 'form'
  const isOuter = refusedPart === 'outer'
  const found = (isOuter ? outerReasons : signedReasons).find(([pattern]) => pattern.test(reason))
  return found?.[1] ?? (isOuter ? 'outer token' : 'claims')
}
