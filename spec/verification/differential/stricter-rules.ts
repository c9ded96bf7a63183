import type { ErrorCode } from '../../../lib/foundation/error-codes.ts'
import { NOW } from '../../support/clock.ts'
import { oauthAudience } from '../../support/world.ts'
import { hasOddMembers, isCanonical, readStrictly } from './strict-reading.ts'
import { poolIssuer, poolKeyId } from './signed-pool.ts'

/** What the pool's verifier must know to judge a token: which algorithms its key is for, and how long signatures are. */
export interface KeyFacts {
  readonly algorithms: readonly string[]
  /** In bytes. */
  readonly signatureLength: number
}

/**
 * Where we are stricter than jose or than RFC 7519: the codes of the rules that a token breaks, said here once more from
 * README and the RFCs, without any of the code under test. Empty: nothing but the signature is left to judge.
 */
export function brokenRules(token: string, key: KeyFacts): ReadonlySet<ErrorCode> {
  const broken = new Set<ErrorCode>()
  const segments = token.split('.')
  const [header, claims] = segments.map(readStrictly)
  if (token.length > 12_288) broken.add('ERR_S2S_TOKEN_TOO_LARGE')
  if (segments.length !== 3 || !segments.every(isCanonical)) broken.add('ERR_S2S_TOKEN_MALFORMED')
  if (header === undefined || claims === undefined || segments.slice(0, 2).some(hasOddMembers)) {
    broken.add('ERR_S2S_TOKEN_MALFORMED')
  }
  if (isTooLong(segments[2], key)) broken.add('ERR_S2S_SIGNATURE_INVALID')
  for (const [code, rule] of headerRules) if (header !== undefined && !rule(header, key)) broken.add(code)
  for (const [code, rule] of claimRules) if (claims !== undefined && !rule(claims)) broken.add(code)
  if (header?.['alg'] === 'none' && segments[2] !== '') broken.add('ERR_S2S_SIGNATURE_INVALID')
  return broken
}

/** A number that is written shorter or longer than its kind of signature, which some implementations pad or cut. */
function isTooLong(signature: string | undefined, { signatureLength }: KeyFacts): boolean {
  return signature === undefined || Buffer.from(signature, 'base64url').length !== signatureLength
}

type Members = Readonly<Record<string, unknown>>
type HeaderRule = (header: Members, key: KeyFacts) => boolean
type ClaimRule = (claims: Members) => boolean

const refused = ['crit', 'b64', 'zip', 'enc', 'jku', 'jwk', 'x5u', 'x5c', 'cty', 'actortoken']
const types = ['jwt', 'at+jwt', 'application/at+jwt']
const isMissing = (value: unknown): boolean => value === undefined
const isShortText = (value: unknown): value is string => typeof value === 'string' && value.length <= 1024
const isName = (value: unknown): boolean => isShortText(value) && value !== ''
const isDate = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value < Infinity

const headerRules: readonly (readonly [ErrorCode, HeaderRule])[] = [
  ['ERR_S2S_HEADER_NOT_ALLOWED', (header) => !refused.some((name) => Object.keys(header).includes(name))],
  ['ERR_S2S_ALGORITHM_NOT_ALLOWED', ({ alg }) => /^([RPE]S(256|384|512)|EdDSA|Ed25519)$/.test(String(alg))],
  ['ERR_S2S_TOKEN_TYPE', ({ typ }) => isMissing(typ) || (isShortText(typ) && types.includes(typ.toLowerCase()))],
  [
    'ERR_S2S_TOKEN_MALFORMED',
    (header) => ['kid', 'x5t', 'x5t#S256'].every((name) => isMissing(header[name]) || isShortText(header[name])),
  ],
  ['ERR_S2S_KEY_UNKNOWN', ({ kid }) => isMissing(kid) || kid === poolKeyId],
  // Without a `kid` there is no key to be unfit: there is none at all.
  ['ERR_S2S_KEY_UNKNOWN', ({ alg, kid }, key) => !isMissing(kid) || key.algorithms.includes(String(alg))],
  ['ERR_S2S_KEY_UNUSABLE', ({ alg, kid }, key) => isMissing(kid) || key.algorithms.includes(String(alg))],
]

const claimRules: readonly (readonly [ErrorCode, ClaimRule])[] = [
  ['ERR_S2S_CLAIM_INVALID', ({ iss }) => isName(iss)],
  ['ERR_S2S_ISSUER_UNTRUSTED', ({ iss }) => iss === poolIssuer],
  ['ERR_S2S_CLAIM_INVALID', ({ aud }) => audiences(aud).length > 0 && audiences(aud).every(isAudience)],
  ['ERR_S2S_AUDIENCE_MISMATCH', ({ aud }) => audiences(aud).includes(oauthAudience)],
  ['ERR_S2S_CLAIM_INVALID', ({ exp }) => isDate(exp)],
  ['ERR_S2S_CLAIM_INVALID', ({ nbf, iat }) => [nbf, iat].every((date) => isMissing(date) || isDate(date))],
  ['ERR_S2S_TOKEN_EXPIRED', ({ exp }) => Number(exp) > NOW - 60],
  [
    'ERR_S2S_TOKEN_NOT_YET_VALID',
    ({ nbf, iat }) => [nbf, iat].every((date) => isMissing(date) || Number(date) <= NOW + 60),
  ],
  ['ERR_S2S_TOKEN_LIFETIME', ({ exp, nbf, iat }) => Number(exp) - Number(nbf ?? iat ?? NOW) <= 86_400],
  ['ERR_S2S_TOKEN_TYPE', (claims) => !['at_hash', 'c_hash', 'events'].some((name) => Object.hasOwn(claims, name))],
  ['ERR_S2S_TOKEN_BOUND', (claims) => !Object.hasOwn(claims, 'cnf')],
  ['ERR_S2S_CLAIM_INVALID', (claims) => !Object.hasOwn(claims, 'actortoken')],
  ['ERR_S2S_CLAIM_INVALID', ({ sub }) => isMissing(sub) || isName(sub)],
]

function audiences(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value]
}

function isAudience(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
