import { OutgoingError } from '../foundation/errors.ts'
import { parseBearerChallenge } from '../tokens/bearer-challenge.ts'
import { parsePrincipalName } from '../tokens/principal-name.ts'
import { exchangeAnswer, type ExchangeAnswer, type ExchangeOptions } from './https-exchange.ts'

/** Who the server is that is called. */
export interface TargetIdentity {
  /** Its principal identifier. */
  readonly clientId: string
  readonly realm: string
  /** The issuers it says it trusts; `undefined` when it names none. */
  readonly trustedIssuers: readonly string[] | undefined
}

/** What is known of the target before it is asked. With both members it is never asked. */
export interface KnownTarget {
  /** Its principal identifier. Default: what its challenge says. */
  readonly targetClientId?: string
  /** Its realm. Default: what its challenge says. */
  readonly targetRealm?: string
}

/**
 * Asks a target who it is: a GET with an empty bearer credential, which it answers with a Bearer challenge.
 *
 * Sends no token and nothing else of ours; follows no redirect.
 *
 * @throws OutgoingError `ERR_S2S_TARGET_CHALLENGE`; what `exchangeAnswer` throws
 * @see protocol: MS-SPS2SAUTH 3.1.5, MS-XOAUTH 3.2.5
 */
export async function discoverTarget(url: URL, known: KnownTarget, options: ExchangeOptions): Promise<TargetIdentity> {
  const headers = new Headers({ authorization: 'Bearer', accept: '*/*', 'user-agent': 'passport-s2s' })
  const answer = await exchangeAnswer(url, { method: 'GET', headers, body: undefined, signal: undefined }, options)
  return readTarget(answer, known)
}

/**
 * Reads who the target is from its answer to an empty bearer credential. What is configured must agree with it.
 *
 * The challenge is the target's own word over TLS: it can only choose the audience of tokens for itself, because the host
 * in the audience is the one we called.
 *
 * @throws OutgoingError `ERR_S2S_TARGET_CHALLENGE`
 * @see protocol section 2.2
 */
export function readTarget(answer: Pick<ExchangeAnswer, 'status' | 'rawHeaders'>, known: KnownTarget): TargetIdentity {
  if (answer.status !== 401) {
    throw unusable(
      `the target answers an empty bearer credential with ${answer.status} instead of 401; set discoveryPath`,
    )
  }
  const challenge = parseBearerChallenge(challengesOf(answer.rawHeaders))
  return {
    clientId: readName('client_id', challenge?.clientId, known.targetClientId),
    realm: readName('realm', challenge?.realm, known.targetRealm),
    trustedIssuers: challenge?.trustedIssuers,
  }
}

function readName(parameter: string, told: string | undefined, configured: string | undefined): string {
  const name = told ?? configured
  if (!isName(name)) throw unusable(`the target does not say its ${parameter} in a Bearer challenge`)
  if (configured !== undefined && configured.toLowerCase() !== name.toLowerCase()) {
    throw unusable(`the target says another ${parameter} than the one configured for it`)
  }
  return name
}

/** Each header line apart: one that nobody can read does not spoil the next. */
function challengesOf(rawHeaders: readonly string[]): readonly string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'www-authenticate')
}

/** One word of an audience: no `/`, `@`, `*`, space or comma. */
export function isName(text: string | undefined): text is string {
  return text !== undefined && parsePrincipalName(text)?.id === text
}

function unusable(reason: string): OutgoingError {
  const fix = 'configure targetClientId and targetRealm to call it without asking'
  return new OutgoingError('ERR_S2S_TARGET_CHALLENGE', `${reason}; ${fix}`, { side: 'target' })
}
