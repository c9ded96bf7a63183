import { z } from 'zod'
import { answerOptionsShape } from '../express/guard-context.ts'
import type { S2SOptions } from '../express/authenticate-request.ts'
import type { FetchJsonOptions } from '../foundation/fetch-json.ts'
import { optionsObject, parseOptions } from '../foundation/parse-options.ts'
import { verifierOptionsShape, type VerifierOptions } from '../permissions/caller-options.ts'

/** The options of a server or of a verifier: what is to be examined. */
export type DoctorOptions = S2SOptions | VerifierOptions

const doctorOptionsSchema = optionsObject({
  ...verifierOptionsShape,
  ...answerOptionsShape,
  passReqToCallback: z.boolean().optional(),
})

/**
 * Checks options as a server does, and gives those that a verifier has. `onAuditEvent` is left out: a question of the
 * operator is no event.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function readDoctorOptions(options: DoctorOptions): VerifierOptions {
  parseOptions(doctorOptionsSchema, options, 'options')
  const members = Object.entries(options).filter(
    ([name]) => Object.hasOwn(verifierOptionsShape, name) && name !== 'onAuditEvent',
  )
  return Object.fromEntries(members) as unknown as VerifierOptions
}

/** The options of key fetches that hold for all issuers. */
export function fetchOptionsOf(options: DoctorOptions): FetchJsonOptions {
  const { agent, ca, fetch, timeoutMilliseconds, maximumBytes } = options
  return Object.fromEntries(
    Object.entries({ agent, ca, fetch, timeoutMilliseconds, maximumBytes }).filter(([, value]) => value !== undefined),
  )
}
