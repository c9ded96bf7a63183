/** A token without what was copied along with it. */
export interface CleanedToken {
  readonly text: string
  /** What was taken away; empty when the text was clean. */
  readonly removed: readonly Removed[]
}

type Removed =
  'the name of the header' | 'the word Bearer' | 'the word Bearer twice' | 'quotes' | 'spaces or line breaks'

/** Longer texts are not cleaned: nobody copied them by hand. */
const longest = 32 * 1024

const space = /\s/
const quote = /["'`\u2018-\u201d]/

/** Takes away what people copy along with a token. For explaining only: the verifier never sees the cleaned text. */
export function cleanToken(text: string): CleanedToken {
  const removed = new Set<Removed>()
  let rest = text
  function take(what: Removed, without: string): void {
    if (without !== rest) removed.add(what)
    rest = without
  }
  if (text.length > longest) return { text, removed: [] }
  // Whatever stands around may be nested: "Bearer 'Bearer ...'".
  for (let round = 0; round < 4; round += 1) {
    take('spaces or line breaks', strip(rest, space))
    take('quotes', strip(rest, quote))
    take('the name of the header', rest.replace(/^authorization:\s*/i, ''))
    const without = rest.replace(/^(?:bearer|dpop)(?:\s+|$|(?=["']))/i, '')
    if (removed.has('the word Bearer') && without !== rest) removed.add('the word Bearer twice')
    take('the word Bearer', without)
  }
  if (removed.has('the word Bearer twice')) removed.delete('the word Bearer')
  take('spaces or line breaks', rest.replace(/\s/g, ''))
  return { text: rest, removed: [...removed] }
}

/** Without the characters of a kind at either end. */
function strip(text: string, kind: RegExp): string {
  let [start, end] = [0, text.length]
  while (start < end && kind.test(text.charAt(start))) start += 1
  while (end > start && kind.test(text.charAt(end - 1))) end -= 1
  return text.slice(start, end)
}
