import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { z } from 'zod'
import { readDocument } from '../../config/load-config.ts'
import { optionsObject, parseOptions } from '../../foundation/parse-options.ts'
import { grantSchema, type Grant } from '../../permissions/grants.ts'
import type { TrustedIssuerOptions } from '../../trust/issuer-options.ts'
import { replaceFile } from '../file/replace-file.ts'

/** A trusted issuer that was taken out of the configuration for a time. */
export interface SuspendedIssuer {
  readonly name: string
  readonly entry: TrustedIssuerOptions
  readonly grants: readonly Grant[]
  /** Whether `self.advertise` listed it. */
  readonly advertised: boolean
}

const schema = optionsObject({
  suspended: z.array(
    optionsObject({
      name: z.string(),
      entry: z.record(z.string(), z.unknown()),
      grants: z.array(grantSchema),
      advertised: z.boolean(),
    }),
  ),
})

/** Beside the configuration; a server never reads it. */
function fileOf(configFile: string): string {
  return `${configFile}.suspended`
}

/**
 * The issuers that are suspended.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export async function readSuspended(configFile: string): Promise<readonly SuspendedIssuer[]> {
  const file = fileOf(configFile)
  if (!existsSync(file)) return []
  const document = await readDocument(file, basename(file))
  return parseOptions(schema, document, basename(file)).suspended as unknown as readonly SuspendedIssuer[]
}

/** Writes down which issuers are suspended; with none the file goes away. */
export async function writeSuspended(configFile: string, suspended: readonly SuspendedIssuer[]): Promise<void> {
  if (suspended.length === 0) await rm(fileOf(configFile), { force: true })
  else await replaceFile(fileOf(configFile), `${JSON.stringify({ suspended }, undefined, 2)}\n`)
}
