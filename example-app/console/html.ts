/** Text that is HTML already. Only `html` makes it; any other text is escaped. */
export class Html {
  readonly text: string

  /** @internal */
  constructor(text: string) {
    this.text = text
  }
}

/** What may stand in a page. */
export type Part = string | number | Html | undefined | readonly Part[]

/** A template of HTML: all that is filled in is escaped, for elements and for attributes in double quotes. */
export function html(pieces: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(pieces.map((piece, index) => piece + render(parts[index])).join(''))
}

function render(part: Part): string {
  if (part === undefined) return ''
  if (part instanceof Html) return part.text
  return typeof part === 'object' ? part.map(render).join('') : escape(String(part))
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => entities[sign] ?? '')
}

/**
 * Text that others chose, made harmless for the eye: signs that nobody sees, or that turn the writing around, are shown
 * as such, and it is cut at 300 characters. It must still be escaped.
 */
export function visible(text: string): string {
  const shown = text.replace(/(?!\n)[\p{C}\p{Zl}\p{Zp}]/gu, '\u{FFFD}')
  return shown.length > 300 ? `${shown.slice(0, 300)}…` : shown
}
