import { z } from 'zod'
import { ConfigurationError } from '../foundation/errors.ts'
import { optionsObject } from '../foundation/parse-options.ts'
import { isHttpsAddress, readUrl } from '../foundation/read-url.ts'
import { secretTextOrFileSchema, type TextOrFile } from '../foundation/text-or-file.ts'
import { knownAlgorithms } from '../keys/verification-key.ts'
import type { SelfOptions } from '../trust/self.ts'

/** How DPoP proofs are judged (RFC 9449). */
export interface DpopOptions {
  /**
   * The https origins of this server as callers see them, such as `https://reports.example.com`: what a proof says of its target
   * (`htu`) must begin with one of them. Never taken from a request. Default: the `hosts` of `self`, else the one `audience` when
   * it is an https address without a path; needed where there is neither.
   */
  readonly origins?: readonly string[]
  /** Signature algorithms of proofs. Default `ES256`, `PS256`, `EdDSA` and `Ed25519`. Told in challenges. */
  readonly algorithms?: readonly string[]
  /** How old (seconds) a proof may be. Default 60. */
  readonly maximumAgeSeconds?: number
  /** Seconds by which the clocks of callers may differ. Default 60. */
  readonly clockToleranceSeconds?: number
  /**
   * Demand a nonce of this server in every proof: a proof made ahead is worth nothing then. Default `false`. `required`: with a
   * random secret, known to this process alone.
   */
  readonly nonces?: false | 'required' | DpopNonceOptions
}

/** Nonces are demanded, and made like this. */
export interface DpopNonceOptions {
  /** What nonces are made with, 32 characters or more. Servers of a fleet need the same. Default: random, of this process. */
  readonly secret?: TextOrFile
  /** How long (seconds) a nonce is accepted, at least; a new one is handed out when half of it has passed. Default 300. */
  readonly lifetimeSeconds?: number
}

const seconds = z.number().int().min(0)
const origin = z
  .string()
  .refine(isOrigin, 'must be an https origin without a path, such as https://reports.example.com')
const algorithm = z.enum(knownAlgorithms, `must be one of ${knownAlgorithms.join(', ')}`)

/**
 * Strict schema of `dpop`.
 *
 * @internal
 */
export const dpopOptionsSchema = optionsObject({
  origins: z.array(origin).min(1, 'is empty; list the origins callers use').optional(),
  algorithms: z.array(algorithm).min(1).optional(),
  maximumAgeSeconds: seconds.min(1).max(3600, 'is more than an hour; a proof is made for one request').optional(),
  clockToleranceSeconds: seconds.max(600, 'is more than 600 seconds; set the clocks right instead').optional(),
  nonces: z
    .union([
      z.literal(false),
      z.literal('required'),
      optionsObject({
        secret: secretTextOrFileSchema.optional(),
        lifetimeSeconds: seconds.min(10).max(86_400).optional(),
      }),
    ])
    .optional(),
})

function isOrigin(text: string): boolean {
  return isHttpsAddress(text) && text.replace(/\/$/, '').toLowerCase() === originOf(text)
}

/** As `URL` writes it: in lower case, without the default port. */
function originOf(text: string): string | undefined {
  return readUrl(text)?.origin
}

/** What the algorithms of proofs are unless others are given: those of FAPI 2.0. */
export const defaultProofAlgorithms: readonly string[] = ['ES256', 'PS256', 'EdDSA', 'Ed25519']

/** The algorithms of proofs that a server accepts; `undefined` where it accepts none. */
export function proofAlgorithmsOf(dpop: DpopOptions | undefined): readonly string[] | undefined {
  return dpop === undefined ? undefined : (dpop.algorithms ?? defaultProofAlgorithms)
}

/** What says under which names callers see this server. */
export interface ServerNames {
  readonly self?: Pick<SelfOptions, 'hosts'> | undefined
  readonly audience?: string | readonly string[] | undefined
}

/**
 * The origins a proof may be meant for, in lower case and without default ports.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` when they are not given and nothing else tells them
 */
export function readOrigins({ origins }: Pick<DpopOptions, 'origins'>, names: ServerNames): ReadonlySet<string> {
  const given = origins ?? names.self?.hosts.map((host) => `https://${host}`) ?? originsOfAudience(names.audience)
  if (given.length > 0) return new Set(given.map((text) => originOf(text) ?? text))
  throw new ConfigurationError(
    'ERR_S2S_OPTION_INVALID',
    "dpop.origins is missing, and neither self.hosts nor audience tells it; write the origin that callers use: ['https://reports.example.com']",
    { path: 'dpop.origins' },
  )
}

function originsOfAudience(audience: ServerNames['audience']): readonly string[] {
  const names = audience === undefined ? [] : [audience].flat()
  return names.length === 1 ? names.filter(isOrigin) : []
}
