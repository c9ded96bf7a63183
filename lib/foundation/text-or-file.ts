import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { ConfigurationError } from './errors.ts'
import { optionsObject } from './parse-options.ts'

/** Text that is given inline, or the path of a file that is read once at start. */
export type TextOrFile = string | { readonly file: string }

const text = z.string().min(1, 'is empty')
const file = optionsObject({ file: text })

/**
 * Schema of text that anybody may read, such as a certificate.
 *
 * @internal
 */
export const textOrFileSchema: z.ZodType<TextOrFile> = z.union([text, file])

/**
 * Schema of text that is a secret, such as a private key: a configuration file must not hold it.
 *
 * @internal
 */
export const secretTextOrFileSchema: z.ZodType<TextOrFile> = z.union([text, file])

/**
 * Schema of a secret that is given as text only, such as a passphrase: a configuration file must not hold it.
 *
 * @internal
 */
export const secretTextSchema: z.ZodType<string> = z.string().min(1, 'is empty')

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
