import { z } from 'zod'
import { optionsObject } from '../foundation/parse-options.ts'

/** Where a text is: in a file (a relative path is relative to the configuration file), or in an environment variable. */
export type Reference = { readonly file: string } | { readonly env: string }

const text = z.string().min(1, 'is empty')

/** Whether a text is, or holds, a private key. */
export function isPrivateKey(value: string): boolean {
  return value.includes('PRIVATE KEY')
}

const references = [
  optionsObject({ file: text.describe('Path of the file; a relative one is relative to the configuration file.') }),
  optionsObject({ env: text.describe('Name of the environment variable.') }),
] as const

/** Text that anybody may read, such as a certificate: inline, or by reference. */
export const publicTextSchema: z.ZodType = z.union([
  text.refine((value) => !isPrivateKey(value), 'holds a private key; here goes a public one'),
  ...references,
])

/** A secret: by reference only. */
export const secretSchema: z.ZodType = z.union(
  [...references],
  'is a secret, which does not belong in this file; write { "file": "./path" } or { "env": "NAME" }',
)
