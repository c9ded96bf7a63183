import { dirname, relative, sep } from 'node:path'
import { readTextFile } from '../../config/read-text-file.ts'
import type { FetchJsonOptions } from '../../foundation/fetch-json.ts'
import { CommandFailure } from '../command-failure.ts'
import type { CommandContext } from '../command-io.ts'

/**
 * How documents are fetched: with the authorities of `--ca`, else the well-known ones (and those of NODE_EXTRA_CA_CERTS).
 *
 * @throws CommandFailure when the file cannot be read
 */
export async function readAuthorities({ caFile }: Pick<CommandContext, 'caFile'>): Promise<FetchJsonOptions> {
  if (caFile === undefined) return {}
  try {
    const ca = await readTextFile(caFile)
    if (ca.includes('PRIVATE KEY')) throw new Error('holds a private key; give certificates only')
    return { ca }
  } catch (cause) {
    throw new CommandFailure(`--ca: ${caFile} ${(cause as Error).message}`, undefined, { cause })
  }
}

/** `--ca` as a member of the configuration file, so that the server trusts the same authorities. */
export function authoritiesMember({ caFile, configFile }: Pick<CommandContext, 'caFile' | 'configFile'>): {
  readonly ca?: { readonly file: string }
} {
  return caFile === undefined ? {} : { ca: { file: pathFromConfig(caFile, configFile) } }
}

/** A path as a configuration file names it: relative to its folder, with slashes. */
export function pathFromConfig(file: string, configFile: string): string {
  const path = relative(dirname(configFile), file).split(sep).join('/')
  return path.startsWith('../') ? path : `./${path}`
}
