/**
 * What a server says of itself in the Bearer challenge of a 401.
 *
 * @see RFC 9110 section 11.6.1, RFC 6750 section 3, MS-SPS2SAUTH 3.1.5, MS-XOAUTH 3.2.5
 */
export interface BearerChallenge {
  readonly realm: string | undefined
  /** The principal identifier of the server (`client_id`). */
  readonly clientId: string | undefined
  /** Issuers it trusts: `id@realm`, `id@*` or a URL; `undefined` when the parameter is missing. */
  readonly trustedIssuers: readonly string[] | undefined
  readonly error: string | undefined
}

const maximumLength = 8192
const maximumParameters = 64

const space = /[ \t]*/y
const comma = /[ \t]*(?:,[ \t]*)*/y
const word = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y
const token68 = /[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y
const quoted = /"((?:[^"\\]|\\.)*)"/y

/**
 * Reads the Bearer challenge among all `WWW-Authenticate` values of an answer: several schemes on one line, several lines,
 * separators with or without space, names without letter case. Parameters of other schemes (`Basic realm=...`) are never
 * taken for Bearer's. A value in which a parameter occurs twice, or that is not of the grammar, is left out as a whole.
 *
 * Of several Bearer challenges the first that says `client_id` counts, else the first; when two of them say different
 * things of the server, none does. Takes time in proportion to the length of the values, and never throws.
 *
 * Nothing in it is trusted: the target says what it likes (see `createS2SClient`).
 */
export function parseBearerChallenge(values: readonly string[]): BearerChallenge | undefined {
  const challenges = values
    .filter(({ length }) => length <= maximumLength)
    .flatMap(findBearers)
    .map(toChallenge)
  const telling = challenges.filter(({ clientId }) => clientId !== undefined)
  const [first] = telling
  if (first === undefined) return challenges[0]
  return telling.every((other) => isSameServer(first, other)) ? first : undefined
}

function isSameServer(first: BearerChallenge, other: BearerChallenge): boolean {
  return (
    first.clientId === other.clientId &&
    first.realm === other.realm &&
    first.trustedIssuers?.join() === other.trustedIssuers?.join()
  )
}

function toChallenge(parameters: ReadonlyMap<string, string>): BearerChallenge {
  const issuers = parameters.get('trusted_issuers') ?? parameters.get('trustedissuers')
  return {
    realm: parameters.get('realm'),
    clientId: parameters.get('client_id'),
    trustedIssuers: issuers
      ?.split(',')
      .map((issuer) => issuer.trim())
      .filter((issuer) => issuer !== ''),
    error: parameters.get('error'),
  }
}

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

/** The parameters of each Bearer challenge in one value; none when any part of it is not of the grammar. */
function findBearers(value: string): readonly ReadonlyMap<string, string>[] {
  const found: ReadonlyMap<string, string>[] = []
  const reader = new Reader(value)
  reader.take(comma)
  while (!reader.isAtEnd) {
    const scheme = reader.take(word)
    if (scheme === undefined) return []
    const parameters = readParameters(reader)
    if (parameters === undefined || !reader.endsItem()) return []
    if (scheme.toLowerCase() === 'bearer') found.push(parameters)
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
