import { z } from 'zod'
import type { S2SOptions } from '../express/authenticate-request.ts'
import { optionsObject } from '../foundation/parse-options.ts'
import type { LoadConfigOptions } from './load-config.ts'

/** Options of `createS2S` that no file can hold. */
export type CodeOptions = Pick<S2SOptions, (typeof codeOptionNames)[number]>

/** What a server from a file needs besides the file. */
export interface S2SFromFileOptions extends LoadConfigOptions {
  /** Functions and instances. An option may stand here or in the file, not in both. */
  readonly functions?: CodeOptions
  /**
   * When the file is read again: when it or a file it names changes (not on most network file systems), or when the process
   * is sent SIGHUP. Default `['change']`; `[]`: never.
   */
  readonly reloadOn?: readonly ('change' | 'SIGHUP')[]
}

/** The names of `CodeOptions`. */
export const codeOptionNames = [
  'agent',
  'clock',
  'fetch',
  'findProfiles',
  'grants',
  'onAuditEvent',
  'state',
  'passReqToCallback',
  'userRights',
] as const satisfies readonly (keyof S2SOptions)[]

const given = z.unknown().optional()

/** Strict schema of `S2SFromFileOptions`; what stands in `functions` is checked by the server. */
export const fileOptionsSchema: z.ZodType = optionsObject({
  functions: optionsObject(Object.fromEntries(codeOptionNames.map((name) => [name, given]))).optional(),
  reloadOn: z.array(z.enum(['change', 'SIGHUP'])).optional(),
  folder: z.string().min(1).optional(),
  environment: z.record(z.string(), z.string().optional()).optional(),
})
