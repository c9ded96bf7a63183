import type { PathMatcher } from '../../lib/permissions/resource-table.ts'

/** Stands for Express in these specs: static text, `:parameter`, `*wildcard`, `{optional}`, `\\` before a special character. */
export function compilePath(path: string): PathMatcher {
  const source = path.replace(/\\.|:\w+|\*\w+|[{}.]/g, (part) => {
    if (part === '{') return '(?:'
    if (part === '}') return ')?'
    if (part === '.') return '\\.'
    if (part.startsWith('\\')) return part
    return part.startsWith(':') ? '([^/]+)' : '(.+)'
  })
  const lenient = new RegExp(`^${source.replace(/\/$/, '')}/?$`, 'i')
  const exact = new RegExp(`^${source}$`)
  return { matches: (text) => lenient.test(text), matchesExactly: (text) => exact.test(text) }
}
