import { readFileSync } from 'node:fs'
import { ConfigurationError } from './errors.ts'

/** Text that is given inline, or the path of a file that is read once at start. */
export type TextOrFile = string | { readonly file: string }

/**
 * The text itself, or the content of the file.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` when the file cannot be read
 */
export function readTextOrFile(value: TextOrFile, name: string): string {
  if (typeof value === 'string') return value
  try {
    return readFileSync(value.file, 'utf8')
  } catch (cause) {
    throw new ConfigurationError('ERR_S2S_OPTION_INVALID', `${name}: the file ${value.file} cannot be read`, { cause })
  }
}
