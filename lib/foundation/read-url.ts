/**
 * Reads an address, against `base` where it may be relative; `undefined` by design when it is none. Not `URL.canParse`: once
 * it is compiled, that of Node 20 refuses hosts with Latin-1 letters that it took before.
 */
export function readUrl(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base)
  } catch {
    return undefined
  }
}

/** Whether a text is an https address without user name and password. Says nothing of its host, path and query. */
export function isHttpsAddress(text: string): boolean {
  const url = readUrl(text)
  return url?.protocol === 'https:' && url.username === '' && url.password === ''
}
