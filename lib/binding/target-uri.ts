/** The target of a proof (`htu`), or of a request, in the one spelling that it is compared in. */
const printable = /^[\x21-\x5b\x5d-\x7e]+$/
const httpsUri = /^https:\/\/((?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d{0,5})?)(?=[/?#]|$)([^?#]*)/i
const absoluteForm = /^https?:\/\/[^/?#]*/i
const brokenEncoding = /%(?![0-9a-f]{2})/i

/**
 * The target that a proof names, without query and fragment: scheme and host in lower case, no default port, percent-encoding in
 * one spelling, dot segments resolved. `undefined` for anything but a plain https address.
 *
 * @see RFC 3986 sections 6.2.2 and 6.2.3, RFC 9449 section 4.3
 */
export function readTargetUri(htu: string): string | undefined {
  const match = printable.test(htu) ? httpsUri.exec(htu) : null
  if (match === null) return undefined
  const [, authority = '', path = ''] = match
  const spelt = spellPath(path)
  if (spelt === undefined) return undefined
  return `https://${authority.toLowerCase().replace(/:(?:443)?$/, '')}${resolveDots(spelt)}`
}

/**
 * The path of a request as a proof names it, from the target of its request line: without query, percent-encoding in one spelling.
 *
 * Dot segments are never resolved here, for no router does: `undefined` for a path that has some, as for a target that is no path.
 */
export function readTargetPath(target: string): string | undefined {
  const path = target.replace(absoluteForm, '').replace(/[?#].*$/s, '')
  const spelt = path === '' || printable.test(path) ? spellPath(path) : undefined
  return spelt === undefined || resolveDots(spelt) !== spelt ? undefined : spelt
}

/** Characters that need no encoding are decoded, all other encodings written in upper case; reserved ones are never decoded. */
function spellPath(path: string): string | undefined {
  if (path !== '' && !path.startsWith('/')) return undefined
  if (brokenEncoding.test(path)) return undefined
  const spelt = path.replace(/%[0-9a-f]{2}/gi, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16))
    return /[\w.~-]/.test(character) ? character : encoded.toUpperCase()
  })
  return spelt === '' ? '/' : spelt
}

/** @see RFC 3986 section 5.2.4 */
function resolveDots(path: string): string {
  const segments = path.split('/').slice(1)
  const resolved: string[] = []
  for (const [index, segment] of segments.entries()) {
    if (segment === '..') resolved.pop()
    else if (segment !== '.') resolved.push(segment)
    if ((segment === '.' || segment === '..') && index === segments.length - 1) resolved.push('')
  }
  return `/${resolved.join('/')}`
}
