/** Prints a claim or header value for an operator. */
export type ShowValue = (value: unknown) => string

const longest = 160
const window = 12

/**
 * Makes the printer for the values in one token. What it prints is one short line that holds nothing of the token's own
 * text: a claim may repeat a segment of the token, or hold another token.
 *
 * @param texts the token as it came, and every token within it
 */
export function createShowValue(texts: readonly string[]): ShowValue {
  return function showValue(value) {
    if (value === undefined) return 'nothing'
    const text = typeof value === 'string' ? `"${value.slice(0, 4 * longest)}"` : plain(value)
    const line = withoutTokens(hideParts(text, texts).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' '))
    return line.length > longest ? `${line.slice(0, longest)}…` : line
  }
}

/** JSON of a parsed JSON value; lists and objects are cut short before, so that a large one costs nothing. */
function plain(value: unknown): string {
  if (Array.isArray(value)) return `[${value.slice(0, 5).map(plainMember).join(', ')}${value.length > 5 ? ', …' : ''}]`
  return plainMember(value)
}

function plainMember(value: unknown): string {
  if (typeof value === 'string') return `"${value.slice(0, longest)}"`
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}

/** Anything that reads like the beginning of a JWT, whoever's it is. */
function withoutTokens(text: string): string {
  return text.replace(/eyJ[\w-]{6,}(?:\.[\w-]*)*/g, '…')
}

/** Replaces whatever stands in the token's own text, a dozen characters or more. */
function hideParts(text: string, texts: readonly string[]): string {
  let shown = ''
  let index = 0
  while (index < text.length) {
    const end = endOfPart(text, index, texts)
    shown += end === index ? text.charAt(index) : '…'
    index = Math.max(end, index + 1)
  }
  return shown
}

/** Where the part of a token that begins at `start` ends; `start` itself when there is none. */
function endOfPart(text: string, start: number, texts: readonly string[]): number {
  if (start + window > text.length) return start
  if (!isPart(text.slice(start, start + window), texts)) return start
  let end = start + window
  while (end < text.length && isPart(text.slice(start, end + 1), texts)) end += 1
  return end
}

function isPart(part: string, texts: readonly string[]): boolean {
  return texts.some((text) => text.includes(part))
}
