/** What one word of a command line means: a bare word, or the value of a quoted text or expression. */
export type Word = string | { readonly text: string }

const quotes = new Set(["'", '\u2018', '\u2019', '\u201a', '\u201b'])
/** What would start something that a printed command must never hold outside of quotes. */
const special = /['`$"\u2018-\u201e|;&{}<>,%#]/

/**
 * Reads a line as PowerShell's command mode does, as far as printed commands need it: bare words, texts in single quotes
 * (any of PowerShell's five, doubled to mean itself), and `('text' + [char]0x41)`. Throws on anything else. Shares no code
 * with the library.
 */
export function readPowerShell(line: string): readonly Word[] {
  const words: Word[] = []
  let rest = line
  while ((rest = rest.trimStart()) !== '') {
    const [word, after] = rest.startsWith('(') ? readExpression(rest) : readWord(rest)
    words.push(word)
    if (after !== '' && !after.startsWith(' ')) throw new Error(`something is glued to a word: ${after}`)
    rest = after
  }
  return words
}

function readWord(rest: string): readonly [Word, string] {
  if (quotes.has(rest.charAt(0))) {
    const [text, after] = readQuoted(rest)
    return [{ text }, after]
  }
  const word = /^[^ ()]+/.exec(rest)?.[0]
  if (word === undefined || special.test(word)) throw new Error(`not a bare word: ${rest}`)
  return [word, rest.slice(word.length)]
}

function readExpression(rest: string): readonly [Word, string] {
  let text = ''
  let at = rest.slice(1)
  for (;;) {
    const code = /^\[char\]0x([0-9a-f]{1,4})(?=[ )])/.exec(at)
    const [part, after] =
      code === null ? readQuoted(at) : [String.fromCharCode(parseInt(code[1] ?? '', 16)), at.slice(code[0].length)]
    text += part
    if (after.startsWith(')')) return [{ text }, after.slice(1)]
    if (!after.startsWith(' + ')) throw new Error(`not a sum: ${after}`)
    at = after.slice(3)
  }
}

function readQuoted(rest: string): readonly [string, string] {
  if (!quotes.has(rest.charAt(0))) throw new Error(`not a quoted text: ${rest}`)
  let text = ''
  for (let index = 1; index < rest.length; index += 1) {
    const character = rest.charAt(index)
    if (!quotes.has(character)) text += character
    else if (quotes.has(rest.charAt(index + 1))) text += rest.charAt((index += 1))
    else return [text, rest.slice(index + 1)]
  }
  throw new Error('the quotes are not closed')
}
