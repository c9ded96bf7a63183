import { ConfigurationError } from '../foundation/errors.ts'

/** Line ends, control and format characters, lone surrogates, characters that are not assigned. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/u

/**
 * Writes a text as a PowerShell expression that means this text and nothing else: in single quotes, where only the quote
 * itself means anything (and is doubled), and in ASCII only.
 *
 * Other characters become `[char]0x2019`: PowerShell takes curly quotes for quotes, and Windows PowerShell reads a script
 * without byte order mark in the code page of the machine, where the bytes of an innocent letter may be a curly quote.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` for a text that cannot be printed on one line
 */
export function quoteForPowerShell(text: string): string {
  if (unprintable.test(text)) {
    throw new ConfigurationError(
      'ERR_S2S_OPTION_INVALID',
      'a text for PowerShell commands has a line end or another character that cannot be printed; leave it out',
    )
  }
  const parts = text.split(/([^\x20-\x7e])/)
  const expressions = parts.flatMap((part, index) => {
    if (index % 2 === 1) return `[char]0x${part.charCodeAt(0).toString(16)}`
    return part === '' && index > 0 ? [] : `'${part.replaceAll("'", "''")}'`
  })
  return expressions.length === 1 ? expressions.join('') : `(${expressions.join(' + ')})`
}
