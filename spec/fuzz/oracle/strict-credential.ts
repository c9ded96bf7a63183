const tokenCharacters = new Set('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/')

/**
 * The token of a request, if it is the only one that is named anywhere: exactly one `Authorization` header that is `Bearer`,
 * spaces and a b64token, and no `access_token` in the query, however it is spelt.
 *
 * @see RFC 6750 section 2.1
 */
export function readStrictCredential(rawHeaders: readonly string[], url: string): string | undefined {
  const values = rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'authorization',
  )
  const [value] = values
  if (value === undefined || values.length > 1 || namesToken(url)) return undefined
  if (value.slice(0, 6).toLowerCase() !== 'bearer' || value[6] !== ' ' || /[^\x00-\x7f]/.test(value.slice(0, 6))) {
    return undefined
  }
  const token = value.slice(6).replace(/^ +/, '')
  const body = token.replace(/=+$/, '')
  return body !== '' && Array.from(body).every((character) => tokenCharacters.has(character)) ? token : undefined
}

function namesToken(url: string): boolean {
  const start = url.indexOf('?')
  if (start < 0) return false
  return [...new URLSearchParams(url.slice(start + 1)).keys()].some((name) => name === 'access_token')
}
