const maximumLength = 8192
const maximumParameters = 64

const space = /[ \t]*/y
const comma = /[ \t]*(?:,[ \t]*)*/y
const word = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y
const token68 = /[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y
const quoted = /"((?:[^"\\]|\\.)*)"/y

/** A place in a header value. */
class Reader {
  private position = 0
  private readonly text: string

  constructor(text: string) {
    this.text = text
  }

  get isAtEnd(): boolean {
    return this.position >= this.text.length
  }

  /** What `pattern` (sticky) matches here, its first group where it has one; moves on. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position
    const match = pattern.exec(this.text)
    if (match === null) return undefined
    this.position = pattern.lastIndex
    return match[1] ?? match[0]
  }

  /** Whether `character` stands here; moves on if so. */
  skip(character: string): boolean {
    if (this.text[this.position] !== character) return false
    this.position += 1
    return true
  }

  /** Whether an item of a list ends here: at a comma, which is taken, or at the end. */
  endsItem(): boolean {
    return (this.take(comma) ?? '').includes(',') || this.isAtEnd
  }

  /** Does something and goes back when it gives `undefined`. */
  attempt<T>(read: () => T | undefined): T | undefined {
    const start = this.position
    const result = read()
    if (result === undefined) this.position = start
    return result
  }
}

/**
 * The parameters of each challenge of one scheme (in lower case) in one `WWW-Authenticate` value; none when any part of the
 * value is not of the grammar, or it is longer than 8192 characters. Takes time in proportion to its length, and never throws.
 *
 * @see RFC 9110 section 11.6.1
 */
export function findChallenges(value: string, wanted: string): readonly ReadonlyMap<string, string>[] {
  if (value.length > maximumLength) return []
  const found: ReadonlyMap<string, string>[] = []
  const reader = new Reader(value)
  reader.take(comma)
  while (!reader.isAtEnd) {
    const scheme = reader.take(word)
    if (scheme === undefined) return []
    const parameters = readParameters(reader)
    if (parameters === undefined || !reader.endsItem()) return []
    if (scheme.toLowerCase() === wanted) found.push(parameters)
  }
  return found
}

/** The parameters behind a scheme, or its token68; ends before the next scheme. `undefined`: not of the grammar. */
function readParameters(reader: Reader): ReadonlyMap<string, string> | undefined {
  const parameters = new Map<string, string>()
  const hasSpace = reader.take(space) !== ''
  // No parameter reads as a token68: behind its equals sign stands a value, not a comma or the end.
  if (hasSpace && reader.take(token68) !== undefined) return parameters
  for (let parameter = readParameter(reader); parameter !== undefined; parameter = readNextParameter(reader)) {
    const [name, text] = parameter
    if (parameters.has(name) || parameters.size >= maximumParameters) return undefined
    parameters.set(name, text)
  }
  return parameters
}

function readNextParameter(reader: Reader): readonly [name: string, value: string] | undefined {
  return reader.attempt(() => {
    const separator = reader.take(comma) ?? ''
    return separator.includes(',') ? readParameter(reader) : undefined
  })
}

function readParameter(reader: Reader): readonly [name: string, value: string] | undefined {
  return reader.attempt(() => {
    const name = reader.take(word)
    reader.take(space)
    if (name === undefined || !reader.skip('=')) return undefined
    reader.take(space)
    const value = reader.take(quoted)?.replaceAll(/\\(.)/g, '$1') ?? reader.take(word)
    return value === undefined ? undefined : ([name.toLowerCase(), value] as const)
  })
}
