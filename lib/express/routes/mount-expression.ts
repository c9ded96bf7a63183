import type { RouterLayer } from './router-layer.ts'

/** One path in the expression that Express 4 makes of a mount path, and the separator to the next of a list. */
const onePath = /^\^((?:\\\/|\\\.|[\w~@&=,'-]|\(\?:\\\/\(\[\^\/\]\+\?\)\)|\(\.\*\))*)\\\/\?\(\?=\\\/\|\$\)(?:\||$)/

interface Expression {
  readonly regexp: RegExp
}

type LayerMaker = new (path: readonly string[], options: object, handle: () => void) => Expression

/**
 * The paths that Express 4 made the expression of a mounted layer of. It keeps the expression only; what is read out of it
 * counts when Express makes the very same expression of it again. `undefined` for any other syntax.
 */
export function readMountExpression({ regexp, keys = [], constructor }: RouterLayer): readonly string[] | undefined {
  if (regexp === undefined) return undefined
  if (regexp.fast_star === true) return ['*']
  const paths = readPaths(
    regexp.source,
    keys.map(({ name }) => name),
  )
  return paths !== undefined && isMadeOf(paths, constructor as LayerMaker, regexp) ? paths : undefined
}

function readPaths(source: string, names: (string | number)[]): readonly string[] | undefined {
  const paths: string[] = []
  for (let rest = source; rest !== '';) {
    const [whole, path] = onePath.exec(rest) ?? []
    if (whole === undefined || path === undefined) return undefined
    paths.push(writePath(path, names))
    rest = rest.slice(whole.length)
  }
  return paths
}

function writePath(expression: string, names: (string | number)[]): string {
  return expression.replaceAll(/\(\?:\\\/\([^)]*\)\)|\(\.\*\)|\\(.)/g, (part, escaped?: string) => {
    if (escaped !== undefined) return escaped
    const name = names.shift()
    return part === '(.*)' ? '*' : `/:${String(name)}`
  })
}

function isMadeOf(paths: readonly string[], Layer: LayerMaker, { source, flags }: RegExp): boolean {
  const options = { sensitive: !flags.includes('i'), strict: false, end: false }
  const { regexp } = new Layer(paths, options, () => undefined)
  return regexp.source === source && regexp.flags === flags
}
