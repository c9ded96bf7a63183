/** The first thing in a text that keeps it from being one JSON object with unique member names. */
export interface JsonFault {
  /** From 1 on. */
  readonly line: number
  /** From 1 on, in UTF-16 code units. */
  readonly column: number
  /** What is wrong, and what to write. Quotes member names and single characters, never values. */
  readonly message: string
}

/**
 * Finds where a text stops being JSON; `undefined` when it does not. For messages only: what is accepted is decided by
 * `parseJsonObject`, which also bounds the nesting.
 *
 * @see RFC 8259
 */
export function locateJsonFault(text: string): JsonFault | undefined {
  const reader = new FaultReader(text)
  try {
    reader.readDocument()
    return undefined
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    const before = text.slice(0, thrown.position).split('\n')
    return { line: before.length, column: (before.at(-1) ?? '').length + 1, message: thrown.message }
  }
}

class Fault extends Error {
  readonly position: number

  constructor(position: number, message: string) {
    super(message)
    this.position = position
  }
}

const blank = /[ \t\r\n]*/y
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])|(?:true|false|null)(?!\w)/y
const stringPart = /[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y

/** Reads through a text once. */
class FaultReader {
  private readonly text: string
  private position = 0

  constructor(text: string) {
    this.text = text
  }

  readDocument(): void {
    this.skipBlank()
    if (this.peek() !== '{') this.fail('the file must be one JSON object; begin it with {')
    this.readValue()
    this.skipBlank()
    if (this.position < this.text.length) this.fail('nothing may stand behind the object')
  }

  private readValue(): void {
    this.skipBlank()
    const next = this.peek()
    if (next === '{') this.readObject()
    else if (next === '[') this.readList()
    else if (next === '"') this.readString()
    else if (!this.take(scalar)) this.fail(faultOfValue(next))
  }

  private readObject(): void {
    const names = new Set<string>()
    this.readItems('}', () => {
      const start = this.position
      if (this.peek() !== '"') this.fail(faultOfName(this.peek()))
      const name = JSON.parse(this.readString()) as string
      if (name === '__proto__') this.fail('a member must not be named __proto__', start)
      if (names.has(name)) this.fail(`${JSON.stringify(name)} stands twice in one object; remove one of them`, start)
      names.add(name)
      this.skipBlank()
      if (this.peek() !== ':') this.fail(`a colon must follow ${JSON.stringify(name)}`)
      this.position += 1
      this.readValue()
    })
  }

  private readList(): void {
    this.readItems(']', () => {
      this.readValue()
    })
  }

  private readItems(end: string, readItem: () => void): void {
    this.position += 1
    this.skipBlank()
    if (this.peek() === end) {
      this.position += 1
      return
    }
    for (;;) {
      this.skipBlank()
      if (this.peek() === end) this.fail(`no comma may stand before ${end}`)
      readItem()
      this.skipBlank()
      const next = this.peek()
      this.position += 1
      if (next === end) return
      if (next !== ',') this.fail(`a comma or ${end} must stand here`, this.position - 1)
    }
  }

  private readString(): string {
    const start = this.position
    this.position += 1
    while (this.peek() !== '"') {
      if (this.peek() === undefined) this.fail('a string that begins here has no end', start)
      if (!this.take(stringPart)) this.fail('a string must not hold a line break, a control character or a lone \\')
    }
    this.position += 1
    return this.text.slice(start, this.position)
  }

  private skipBlank(): void {
    this.take(blank)
  }

  private take(pattern: RegExp): boolean {
    pattern.lastIndex = this.position
    if (!pattern.test(this.text)) return false
    this.position = pattern.lastIndex
    return true
  }

  private peek(): string | undefined {
    return this.text[this.position]
  }

  private fail(message: string, position = this.position): never {
    throw new Fault(position, message)
  }
}

function faultOfValue(next: string | undefined): string {
  if (next === undefined) return 'the text ends too early; a value is missing'
  if (next === '/') return 'JSON has no comments; remove it'
  if (next === "'") return 'strings are written with double quotes'
  return 'a value must stand here: a string in double quotes, a number, true, false, null, [...] or {...}'
}

function faultOfName(next: string | undefined): string {
  if (next === undefined) return 'the text ends too early; } is missing'
  if (next === '/') return 'JSON has no comments; remove it'
  return 'a member begins with its name in double quotes'
}
