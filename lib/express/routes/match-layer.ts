import type { RouterLayer } from './router-layer.ts'

/** What of a path a layer matches, asked of Express itself; `undefined` when it does not match. */
export function matchLayer(layer: RouterLayer, path: string): string | undefined {
  try {
    const matched = layer.match(path)
    if (matched === false || matched === undefined) return undefined
    const text = typeof matched === 'object' ? (matched as { path?: unknown }).path : layer.path
    return typeof text === 'string' ? text : undefined
  } catch (error) {
    // A parameter that cannot be decoded; the router runs no handler then.
    if (error instanceof URIError) return undefined
    throw error
  }
}

/** The names of the parameters of a path that a layer of Express 5 matches. */
export function matchedNames(layer: RouterLayer, path: string): readonly unknown[] {
  const matched = layer.match(path)
  const { keys = [] } = typeof matched === 'object' ? (matched as Pick<RouterLayer, 'keys'>) : layer
  return keys
}

/** The path that is left behind a mount; `undefined` when the layer does not stand in front of it. */
export function pathBehind(layer: RouterLayer, path: string): string | undefined {
  const matched = matchLayer(layer, path)
  if (matched === undefined || !path.startsWith(matched)) return undefined
  const rest = path.slice(matched.length)
  if (rest.startsWith('/') || rest === '') return rest === '' ? '/' : rest
  return matched === '' || matched.endsWith('/') ? `/${rest}` : undefined
}
