/** A JSON object of which nothing is known yet. Own members only may be read; none is named `__proto__`. */
export type JsonObject = { readonly [member: string]: unknown }

/** What one text may cost. */
export interface JsonLimits {
  /** Longest accepted text, in UTF-16 code units. Default 524288. */
  readonly maximumLength?: number
  /** Deepest accepted nesting; the outermost object is level 1. Default 32. */
  readonly maximumDepth?: number
}

const quote = 0x22
const colon = 0x3a
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
/** The one bit in which `[` differs from `{`, and `]` from `}`. */
const bracketOrBrace = 0x20

/**
 * Reads untrusted text as one JSON object: length and depth are limited, member names are unique at every level (also
 * when spelt with escapes), and none is `__proto__`.
 *
 * Does NOT check what the members hold: numbers may be infinite (`1e999`) and strings may hold any character. Decoding
 * bytes strictly as UTF-8 is the caller's part.
 *
 * @throws SyntaxError with a fixed text that holds nothing of the input
 * @see RFC 8259, RFC 7519 section 4 (duplicate claim names), RFC 8725 section 2.4
 */
export function parseJsonObject(text: string, limits: JsonLimits = {}): JsonObject {
  const { maximumLength = 512 * 1024, maximumDepth = 32 } = limits
  if (text.length > maximumLength) throw new SyntaxError('the JSON text is too long')
  const colons = countStructuralColons(text, maximumDepth)
  const value = parse(text)
  if (!isJsonObject(value)) throw new SyntaxError('the JSON text is not an object')
  // Every member has one colon outside of strings, and of two members with one name JSON.parse keeps one.
  if (countMembers(value) !== colons) throw new SyntaxError('a member name occurs twice in one JSON object')
  return value
}

function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Counts the colons outside of strings, and bounds the nesting before anything recursive sees the text. */
function countStructuralColons(text: string, maximumDepth: number): number {
  let colons = 0
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index)
    if (character === quote) index = endOfString(text, index)
    else if (character === colon) colons++
    else if ((character | bracketOrBrace) === openBrace && ++depth > maximumDepth) {
      throw new SyntaxError('the JSON text is nested too deeply')
    } else if ((character | bracketOrBrace) === closeBrace) depth--
  }
  return colons
}

/** The place of the quote that ends the string begun at `start`. A quote after an odd run of backslashes is escaped. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end !== -1) {
    let before = end - 1
    while (text.charCodeAt(before) === backslash) before--
    if ((end - before) % 2 === 1) return end
    end = text.indexOf('"', end + 1)
  }
  throw notJson()
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not passed on as cause: V8's message quotes the text, which may be a token.
    throw notJson()
  }
}

function countMembers(value: object): number {
  if (Array.isArray(value)) return countWithin(value)
  const names = Object.keys(value)
  if (names.includes('__proto__')) throw new SyntaxError('a JSON member is named __proto__')
  return names.length + countWithin(Object.values(value))
}

function countWithin(values: readonly unknown[]): number {
  let members = 0
  for (const value of values) if (typeof value === 'object' && value !== null) members += countMembers(value)
  return members
}

function notJson(): SyntaxError {
  return new SyntaxError('the text is not JSON')
}
