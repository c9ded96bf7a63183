import { z } from 'zod'
import { ConfigurationError, OutgoingError } from '../foundation/errors.ts'
import { fetchOptionsSchema } from '../foundation/fetch-json.ts'
import { optionsObject, parseOptions } from '../foundation/parse-options.ts'
import { isName } from './discover-target.ts'
import { longestLifetimeSeconds } from './mint-token.ts'
import { userAttributes, type OutgoingUserAttribute } from './outgoing-user.ts'
import { oauthTokenShape, type OAuthTokenOptions } from './oauth-options.ts'
import type { S2STokenOptions } from './s2s-token-source.ts'
import { readUrl } from '../foundation/read-url.ts'

/** Options of an outgoing client. Its `timeoutMilliseconds` is for one call with all its steps, not counting the caller's body. */
export interface S2SClientOptions extends S2STokenOptions {
  /** https address of the server that is called; only this origin ever gets a token. Paths of calls resolve against it. */
  readonly target: string
  /** Which identifiers of a user are sent; the user store (`nii`) goes along. Default: all that are known. */
  readonly userAttributes?: readonly OutgoingUserAttribute[]
  /**
   * Tokens come from this OAuth issuer instead; then nothing else that describes a token may be given here. A call for a
   * user needs `subjectToken`. Default: this server signs its tokens itself.
   */
  readonly oauth?: OAuthTokenOptions
}

const name = z.string().refine(isName, 'must have no space, slash, @, *, comma or quote')

/**
 * Strict schema of the options of an outgoing client.
 *
 * @internal
 */
export const clientOptionsSchema = optionsObject({
  target: z.string(),
  targetClientId: name.optional(),
  targetRealm: name.optional(),
  discoveryPath: z
    .string()
    .regex(/^\/[^?#]*$/, 'must be a path that begins with a slash, without query')
    .optional(),
  lifetimeSeconds: z.number().int().min(60).max(longestLifetimeSeconds).optional(),
  spelling: z.enum(['sharepoint', 'rfc9068']).optional(),
  audience: z.string().min(1, 'is empty').optional(),
  issuer: z.string().min(1, 'is empty').optional(),
  userAttributes: z.array(z.enum(userAttributes)).min(1, 'is empty; leave it out to send all').optional(),
  agent: fetchOptionsSchema.shape.agent,
  ca: fetchOptionsSchema.shape.ca,
  timeoutMilliseconds: fetchOptionsSchema.shape.timeoutMilliseconds,
  maximumBytes: fetchOptionsSchema.shape.maximumBytes,
  oauth: optionsObject(oauthTokenShape).optional(),
})

/** Options that describe tokens of our own. */
const ownTokenOptions = [
  'targetClientId',
  'targetRealm',
  'discoveryPath',
  'lifetimeSeconds',
  'spelling',
  'audience',
  'issuer',
  'userAttributes',
] as const

/**
 * Checks the options of a client once and gives its target.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`; OutgoingError `ERR_S2S_TARGET_NOT_HTTPS`
 */
export function readTargetAddress(options: S2SClientOptions): URL {
  parseOptions(clientOptionsSchema as z.ZodType, options, 'options')
  checkCombination(options)
  const target = readUrl(options.target)
  if (target?.protocol !== 'https:') {
    throw new OutgoingError('ERR_S2S_TARGET_NOT_HTTPS', 'target is not an https address', { side: 'ours' })
  }
  if (target.username !== '' || target.password !== '') {
    throw invalid('options.target must have no user name and password; the client brings a token')
  }
  return target
}

function checkCombination(options: S2SClientOptions): void {
  const { spelling, audience, issuer, oauth } = options
  const ignored = oauth === undefined ? undefined : ownTokenOptions.find((option) => options[option] !== undefined)
  if (ignored !== undefined)
    throw invalid(`options.${ignored} is for tokens of this server's own; with oauth leave it out`)
  if (spelling === 'rfc9068' || (audience ?? issuer) === undefined) return
  throw invalid(
    "options.audience and options.issuer are for spelling: 'rfc9068'; S2S tokens are named by client id and realm",
  )
}

function invalid(reason: string): ConfigurationError {
  return new ConfigurationError('ERR_S2S_OPTION_INVALID', reason)
}
