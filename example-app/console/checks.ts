import type { AuditEvent, ErrorCode } from 'passport-s2s'

interface Check {
  readonly name: string
  readonly meaning: string
  /** The codes that say that this check failed. */
  readonly codes: readonly ErrorCode[]
  readonly onlyForUsers?: true
}

/**
 * All checks in the order in which the server makes them. A code stands at the first place where it can come up, so that
 * no check is said to have passed that was not made. (`ERR_S2S_KEYS_UNREACHABLE` comes up earlier only where the name of an
 * issuer is still to be learnt; here both servers learn them at start.) A code that is not listed tells nothing.
 */
const checks: readonly Check[] = [
  { name: 'TLS', meaning: 'The call came over https.', codes: ['ERR_S2S_TLS_REQUIRED'] },
  {
    name: 'Header',
    meaning: 'One Authorization header brings one bearer token, and nothing else does.',
    codes: ['ERR_S2S_HEADER_MALFORMED', 'ERR_S2S_TOKEN_IN_QUERY', 'ERR_S2S_TOKEN_IN_BODY'],
  },
  {
    name: 'Token shape',
    meaning: 'It is a JWT of a type and with claims that are accepted here.',
    codes: [
      'ERR_S2S_TOKEN_MALFORMED',
      'ERR_S2S_TOKEN_TOO_LARGE',
      'ERR_S2S_TOKEN_TYPE',
      'ERR_S2S_HEADER_NOT_ALLOWED',
      'ERR_S2S_CLAIM_INVALID',
      'ERR_S2S_TOKEN_BOUND',
    ],
  },
  {
    name: 'Algorithm',
    meaning: 'It says that it is signed by an algorithm that is allowed; “none” is not.',
    codes: ['ERR_S2S_ALGORITHM_NOT_ALLOWED'],
  },
  {
    name: 'Issuer',
    meaning: 'Its issuer is trusted, and may speak for the application and the realm that it names.',
    codes: ['ERR_S2S_ISSUER_UNTRUSTED', 'ERR_S2S_BROKER_REQUIRED', 'ERR_S2S_REALM_MISMATCH'],
  },
  { name: 'Audience', meaning: 'It was made for this server.', codes: ['ERR_S2S_AUDIENCE_MISMATCH'] },
  {
    name: 'Times',
    meaning: 'It has begun, has not ended, and does not live too long.',
    codes: ['ERR_S2S_TOKEN_EXPIRED', 'ERR_S2S_TOKEN_NOT_YET_VALID', 'ERR_S2S_TOKEN_LIFETIME'],
  },
  {
    name: 'Pairing',
    meaning: 'The outer token that names the user belongs to the signed actor token inside it.',
    codes: ['ERR_S2S_ACTOR_MISMATCH', 'ERR_S2S_DELEGATION_ABSENT'],
    onlyForUsers: true,
  },
  {
    name: 'Key',
    meaning: 'The key that it names is one of its issuer’s.',
    codes: ['ERR_S2S_KEY_UNKNOWN', 'ERR_S2S_KEY_UNUSABLE', 'ERR_S2S_KEYS_UNREACHABLE', 'ERR_S2S_METADATA_INVALID'],
  },
  { name: 'Signature', meaning: 'That key signed it.', codes: ['ERR_S2S_SIGNATURE_INVALID'] },
  {
    name: 'Role',
    meaning: 'The application may act here as it does: on its own, or for a user.',
    codes: ['ERR_S2S_DELEGATION_NOT_ALLOWED', 'ERR_S2S_APPLICATION_NOT_ALLOWED', 'ERR_S2S_APP_ONLY_NOT_ALLOWED'],
  },
  {
    name: 'User',
    meaning: 'Exactly one person here is the user that it names.',
    codes: [
      'ERR_S2S_USER_NOT_FOUND',
      'ERR_S2S_USER_AMBIGUOUS',
      'ERR_S2S_USER_CONFLICT',
      'ERR_S2S_USER_STORE_UNKNOWN',
      'ERR_S2S_PROFILES_UNAVAILABLE',
    ],
    onlyForUsers: true,
  },
  {
    name: 'Resource',
    meaning: 'The table of resources lists what is asked for.',
    codes: ['ERR_S2S_PATH_AMBIGUOUS', 'ERR_S2S_RESOURCE_NOT_LISTED'],
  },
  {
    name: 'Grant or scope',
    meaning: 'The application has the permission that the resource requires.',
    codes: ['ERR_S2S_GRANT_MISSING', 'ERR_S2S_SCOPE_MISSING'],
  },
  {
    name: 'User’s right',
    meaning: 'The user has it too.',
    codes: ['ERR_S2S_USER_RIGHT_MISSING'],
    onlyForUsers: true,
  },
]

/** How one check went. */
export interface CheckResult extends Pick<Check, 'name' | 'meaning'> {
  readonly state: 'passed' | 'failed' | 'not possible' | 'not reached' | 'not needed'
}

/** What is known of one call. */
export interface CallEvidence {
  /** The answer's. */
  readonly status: number
  /** What the server that was called said of this call in its audit events. */
  readonly events: readonly AuditEvent[]
  /** Whether a user was named in what was sent. */
  readonly forUser: boolean
}

/** Says how each check went, from what the server answered: the one that its code names failed, those before it passed. */
export function judgeChecks({ status, events, forUser }: CallEvidence): readonly CheckResult[] {
  const refusal = events.findLast(({ code }) => code !== undefined)
  const reached = reachedBy(refusal, { status, events })
  const broken = refusal?.outcome === 'unavailable' ? 'not possible' : 'failed'
  return checks.map(({ name, meaning, onlyForUsers }, index) => {
    const made = onlyForUsers === true && !forUser ? 'not needed' : 'passed'
    return { name, meaning, state: index < reached ? made : index === reached ? broken : 'not reached' }
  })
}

/** The place of the check that failed; the number of checks when none did, and -1 when that cannot be told. */
function reachedBy(
  refusal: AuditEvent | undefined,
  { status, events }: Pick<CallEvidence, 'status' | 'events'>,
): number {
  const { code } = refusal ?? {}
  if (code !== undefined) return checks.findIndex(({ codes }) => codes.includes(code))
  if (events.some(({ name }) => name === 'access.allowed')) return checks.length
  // Who brings no credential is asked for one, and there is nothing to record.
  return status === 401 ? checks.findIndex(({ name }) => name === 'Header') : -1
}
