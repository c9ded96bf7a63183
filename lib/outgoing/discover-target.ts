import { OutgoingError } from '../foundation/errors.ts'
import { parseBearerChallenge, type BearerChallenge } from '../tokens/bearer-challenge.ts'
import { parsePrincipalName } from '../tokens/principal-name.ts'

/** Who the server is that is called. */
export interface TargetIdentity {
  /** Its principal identifier. */
  readonly clientId: string
  readonly realm: string
}

/** What is known of the target before it is asked. */
export interface KnownTarget {
  readonly targetClientId?: string
  readonly targetRealm?: string
}

/**
 * Reads who the target is from its answer to an empty bearer credential, and checks that it names our issuer among those
 * it trusts when it names any. What is configured wins and must agree.
 *
 * The challenge is the target's own word over TLS: a target can only choose the audience of tokens for itself.
 *
 * @throws OutgoingError `ERR_S2S_TARGET_CHALLENGE`, `ERR_S2S_TARGET_DOES_NOT_TRUST_US`
 * @see protocol section 2
 */
export function readTarget(answer: Response, known: KnownTarget, ourIssuer: string): TargetIdentity {
  const challenge = parseBearerChallenge(challengeValues(answer.headers))
  const clientId = known.targetClientId ?? challenge?.clientId
  const realm = known.targetRealm ?? challenge?.realm
  if (!isName(clientId) || !isName(realm)) {
    throw new OutgoingError(
      'ERR_S2S_TARGET_CHALLENGE',
      'the target does not say client_id and realm in a Bearer challenge; configure targetClientId and targetRealm',
      { side: 'target' },
    )
  }
  checkTrust(challenge, ourIssuer)
  return { clientId, realm }
}

function challengeValues(headers: Headers): readonly string[] {
  const value = headers.get('www-authenticate')
  return value === null ? [] : [value]
}

/** One word of an audience: no `/`, `@`, `*`, space or comma. */
function isName(text: string | undefined): text is string {
  return text !== undefined && parsePrincipalName(text)?.id === text
}

/** `id@realm` to the letter, or `id@*`: our issuer in any realm. */
function checkTrust(challenge: BearerChallenge | undefined, ourIssuer: string): void {
  const trusted = challenge?.trustedIssuers
  if (trusted === undefined) return
  const anyRealm = `${ourIssuer.slice(0, ourIssuer.indexOf('@'))}@*`
  if (trusted.includes(ourIssuer) || trusted.includes(anyRealm)) return
  throw new OutgoingError(
    'ERR_S2S_TARGET_DOES_NOT_TRUST_US',
    `the target does not list ${ourIssuer} among its trusted issuers; register it there`,
    { side: 'target' },
  )
}
