const plainCharacters = new Set(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&\'()*+,:=@%/"<>[]^`{|}',
)

/**
 * Whether everybody reads a path alike: as it stands, decoded once, and as a URL that is normalised. Only where
 * `allowsEncodedSlash` may decoding make another number of segments.
 */
export function isSamePathForAll(path: string, allowsEncodedSlash: boolean): boolean {
  if (!path.startsWith('/') || Array.from(path).some((character) => !plainCharacters.has(character))) return false
  const decoded = decode(path)
  if (decoded === undefined || hasControl(decoded) || decoded.includes('\\')) return false
  const hasEncodedSlash = decoded.split('/').length !== path.split('/').length
  if (hasEncodedSlash && !allowsEncodedSlash) return false
  if (decoded.split('/').some((segment) => segment === '.' || segment === '..')) return false
  if (path.split('/').slice(1, -1).includes('')) return false
  return decode(new URL(path, 'https://localhost').pathname) === decoded
}

function hasControl(text: string): boolean {
  return Array.from(text).some((character) => character < ' ' || character === '\x7f')
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
