import { basename } from 'node:path'
import type { CommandContext } from '../command-io.ts'
import type { EditableConfig } from './config-document.ts'
import { replaceFile } from './replace-file.ts'
import { validateConfig } from './validate-config.ts'

/**
 * Checks a configuration as a whole and then puts it in the place of the file. A running server that follows the file has
 * it within a second.
 *
 * Another program that writes the file in the same moment is not seen: the last one wins.
 *
 * @throws ConfigurationError, OutgoingError when it is not valid; CommandFailure when it cannot be written. Nothing is
 * changed then.
 */
export async function writeConfigFile(document: EditableConfig, context: CommandContext): Promise<void> {
  const { configFile, io } = context
  const { missingVariables } = await validateConfig(document, context)
  await replaceFile(configFile, `${JSON.stringify(document, undefined, 2)}\n`)
  if (missingVariables.length === 0) return
  const names = missingVariables.join(', ')
  io.note(
    `${basename(configFile)} was checked without ${names}, not set here: what the server makes of it is not known\n`,
  )
}
