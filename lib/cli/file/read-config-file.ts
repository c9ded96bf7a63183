import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { checkConfig } from '../../config/check-config.ts'
import { readDocument } from '../../config/load-config.ts'
import { CommandFailure } from '../command-failure.ts'
import { emptyConfig, type EditableConfig } from './config-document.ts'

/**
 * Reads a configuration file to change it: references stay references, and no environment variable is needed.
 *
 * Does not read the files and variables it names, nor check what needs them (see `validateConfig`).
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`; CommandFailure when there is no file
 */
export async function readConfigFile(file: string): Promise<EditableConfig> {
  if (!existsSync(file)) {
    throw new CommandFailure(
      `${file} does not exist; give another with --config, or begin one: npx passport-s2s trust add NAME URL`,
    )
  }
  const place = basename(file)
  return checkConfig(await readDocument(file, place), place) as unknown as EditableConfig
}

/** `readConfigFile`, or an empty configuration where there is no file yet. */
export async function readOrBeginConfig(file: string): Promise<EditableConfig> {
  return existsSync(file) ? readConfigFile(file) : emptyConfig
}
