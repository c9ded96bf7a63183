import { resolve } from 'node:path'
import { readTextFile } from '../../config/read-text-file.ts'
import type { JsonObject } from '../../foundation/parse-json.ts'
import { parseUnverifiedToken, type JoseHeader } from '../../tokens/unverified-token.ts'
import { CommandFailure } from '../command-failure.ts'
import type { CommandContext, CommandResult } from '../command-io.ts'

/** What stands in a token; nothing of it is proved. */
interface DecodedToken {
  readonly header: JoseHeader
  readonly claims: JsonObject
  readonly signed: boolean
}

/**
 * Shows header and claims of a token from a file, or of `-` from the standard input. Marks them UNVERIFIED; tokens inside
 * are decoded in their place, and neither token nor signature is ever shown.
 *
 * Proves nothing (see `doctor --token`).
 *
 * @throws CommandFailure; TokenError for what is no token
 */
export async function tokenDecode(context: CommandContext, file: string): Promise<CommandResult> {
  const decoded = decode(await readTokenText(context, file))
  const lines = ['UNVERIFIED: anybody can write this.', ...JSON.stringify(decoded, undefined, 2).split('\n')]
  return { value: { verified: false, ...decoded }, lines }
}

/**
 * The text of a token from a file, or of `-` from the standard input, without `Bearer` and white space around.
 *
 * @throws CommandFailure, also for a token on the command line
 */
export async function readTokenText({ io }: Pick<CommandContext, 'io'>, file: string): Promise<string> {
  if (/^(?:bearer\s+)?[\w-]{16,}\.[\w-]+\./i.test(file)) {
    throw new CommandFailure('this is a token: shells keep what is typed; give a file, or - and the token as input')
  }
  const text = file === '-' ? await io.readInput() : await readFileText(resolve(io.cwd, file))
  return text.trim().replace(/^bearer\s+/i, '')
}

async function readFileText(file: string): Promise<string> {
  try {
    return await readTextFile(file)
  } catch (cause) {
    throw new CommandFailure(`${file} ${(cause as Error).message}`, undefined, { cause })
  }
}

function decode(text: string): DecodedToken {
  const { header, claims, signature } = parseUnverifiedToken(text)
  return { header, claims: withoutTokens(claims) as JsonObject, signed: signature.length > 0 }
}

/** What begins like a JSON object in base64url, and has two dots. */
const tokenLike = /\bey[\w-]{6,}\.[\w-]{4,}\.[\w-]*/g

function withoutTokens(value: unknown): unknown {
  if (typeof value === 'string') return tokenOrText(value)
  if (Array.isArray(value)) return value.map(withoutTokens)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutTokens(member)]))
}

function tokenOrText(text: string): unknown {
  const hidden = text.replaceAll(tokenLike, '(a token, not shown)')
  if (hidden !== '(a token, not shown)') return hidden
  try {
    return decode(text)
  } catch {
    // By design: what only looks like a token is not shown either.
    return hidden
  }
}
