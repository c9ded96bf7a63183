import { basename } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { CommandFailure } from '../command-failure.ts'
import type { CommandContext } from '../command-io.ts'
import type { EditableConfig } from './config-document.ts'
import { readOrBeginConfig } from './read-config-file.ts'
import { replaceFile } from './replace-file.ts'
import { validateConfig } from './validate-config.ts'

/**
 * Checks a configuration as a whole and then puts it in the place of the file. A running server that follows the file has
 * it within a second. `before` is what it was made of: where the file says something else by now, it is left alone.
 *
 * @throws ConfigurationError, OutgoingError when it is not valid; CommandFailure when the file was changed meanwhile or
 * cannot be written. Nothing is changed then.
 */
export async function writeConfigFile(
  document: EditableConfig,
  before: EditableConfig,
  context: CommandContext,
): Promise<void> {
  const { configFile, io } = context
  const { missingVariables } = await validateConfig(document, context)
  if (!isDeepStrictEqual(await readOrBeginConfig(configFile), before)) {
    throw new CommandFailure(`${configFile} was changed meanwhile; look at it and run this again`)
  }
  await replaceFile(configFile, `${JSON.stringify(document, undefined, 2)}\n`)
  if (missingVariables.length === 0) return
  const names = missingVariables.join(', ')
  io.note(
    `${basename(configFile)} was checked without ${names}, not set here: what the server makes of it is not known\n`,
  )
}
