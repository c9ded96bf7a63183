/**
 * JSON by the letter of RFC 8259, read slowly, one character after the other: one object at the top, unique member names,
 * none `__proto__`, at most 32 levels. `undefined` for anything else. Shares no code with what it is held against.
 */
export function readStrictObject(text: string): Readonly<Record<string, unknown>> | undefined {
  const reader = { text, at: 0 }
  try {
    skipSpace(reader)
    if (text[reader.at] !== '{') return undefined
    const value = readValue(reader, 1)
    skipSpace(reader)
    return reader.at === text.length ? (value as Record<string, unknown>) : undefined
  } catch (error) {
    if (error instanceof NotJson) return undefined
    throw error
  }
}

class NotJson extends Error {}

interface Reader {
  readonly text: string
  at: number
}

function fail(): never {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 0
  const error = new NotJson()
  Error.stackTraceLimit = limit
  throw error
}

function skipSpace(reader: Reader): void {
  while (' \t\n\r'.includes(reader.text[reader.at] ?? 'x')) reader.at += 1
}

function readValue(reader: Reader, depth: number): unknown {
  skipSpace(reader)
  const character = reader.text[reader.at]
  if (character === '{') return readObject(reader, depth)
  if (character === '[') return readArray(reader, depth)
  if (character === '"') return readString(reader)
  if (character === 't') return readWord(reader, 'true', true)
  if (character === 'f') return readWord(reader, 'false', false)
  if (character === 'n') return readWord(reader, 'null', null)
  return readNumber(reader)
}

function readWord(reader: Reader, word: string, value: boolean | null): boolean | null {
  if (!reader.text.startsWith(word, reader.at)) fail()
  reader.at += word.length
  return value
}

function readObject(reader: Reader, depth: number): unknown {
  if (depth > 32) fail()
  const members = new Map<string, unknown>()
  reader.at += 1
  skipSpace(reader)
  if (reader.text[reader.at] === '}') {
    reader.at += 1
    return {}
  }
  for (;;) {
    skipSpace(reader)
    if (reader.text[reader.at] !== '"') fail()
    const name = readString(reader)
    skipSpace(reader)
    if (reader.text[reader.at] !== ':') fail()
    reader.at += 1
    const value = readValue(reader, depth + 1)
    if (members.has(name) || name === '__proto__') fail()
    members.set(name, value)
    skipSpace(reader)
    const next = reader.text[reader.at]
    reader.at += 1
    if (next === '}') return Object.fromEntries(members)
    if (next !== ',') fail()
  }
}

function readArray(reader: Reader, depth: number): unknown {
  if (depth > 32) fail()
  const items: unknown[] = []
  reader.at += 1
  skipSpace(reader)
  if (reader.text[reader.at] === ']') {
    reader.at += 1
    return items
  }
  for (;;) {
    items.push(readValue(reader, depth + 1))
    skipSpace(reader)
    const next = reader.text[reader.at]
    reader.at += 1
    if (next === ']') return items
    if (next !== ',') fail()
  }
}

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

/** Letters that mean themselves: neither quote nor backslash nor control character. */
const letters = /[ !#-[\]-\uffff]*/y

function readString(reader: Reader): string {
  let result = ''
  for (reader.at += 1; ; reader.at += 1) {
    letters.lastIndex = reader.at
    const run = letters.exec(reader.text)?.[0] ?? ''
    result += run
    reader.at += run.length
    const character = reader.text[reader.at]
    if (character !== '\\' && character !== '"') fail()
    if (character === '"') break
    result += readEscape(reader)
  }
  reader.at += 1
  return result
}

function readEscape(reader: Reader): string {
  reader.at += 1
  const letter = reader.text[reader.at] ?? ''
  if (letter !== 'u') return Object.hasOwn(escapes, letter) ? (escapes[letter] ?? fail()) : fail()
  const digits = reader.text.slice(reader.at + 1, reader.at + 5)
  if (!/^[0-9a-fA-F]{4}$/.test(digits)) fail()
  reader.at += 4
  return String.fromCharCode(Number.parseInt(digits, 16))
}

const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y

function readNumber(reader: Reader): number {
  number.lastIndex = reader.at
  const match = number.exec(reader.text)
  if (match === null) fail()
  reader.at = number.lastIndex
  return Number(match[0])
}
