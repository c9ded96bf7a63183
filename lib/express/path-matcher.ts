import express from 'express'
import { ConfigurationError } from '../foundation/errors.ts'
import type { PathMatcher } from '../permissions/resource-table.ts'
import { plainSegment } from '../permissions/plain-segment.ts'

/** How paths of a resource table may be written. */
export interface PathCompilerOptions {
  /** Allows syntax that Express 4 and 5 read differently, such as `*splat` and `{optional}`; needs Express 5. */
  readonly pathSyntax?: 'express5'
}

/** What Express 4 and 5 share of a router's layer. Its `handle` is never called: it would answer OPTIONS by itself. */
interface RouterLayer {
  match(path: string): unknown
}

/** What no request that reaches a resource table can match (see `pathSpelling`), and what to write instead. */
const neverMatching: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^(?!\/)/, 'does not begin with "/"; write the path as the router here sees it, such as "/reports/:id"'],
  [/\?/, 'has "?"; a resource is its path: leave the query out, and write two entries for an optional part'],
  [/%/, 'has "%"; paths are matched undecoded and may be encoded in several ways: write a parameter such as ":name"'],
  [
    /[^\x21-\x7e]/,
    'has a space, control or non-ASCII character, which arrives encoded: write a parameter such as ":name"',
  ],
  [/[;#]/, 'has ";" or "#", and such requests are refused: leave it out'],
  [/\\\\/, 'has a backslash for a backslash, and such requests are refused: leave it out'],
  [/\/\//, 'has "//", and such requests are refused: write one "/"'],
  [/\/\.{1,2}(?:\/|$)/, 'has a "." or ".." segment, and such requests are refused: write the path without it'],
]

/**
 * Makes the function that compiles the path of one resource entry with the application's own Express.
 *
 * `matches` ignores case and a trailing slash whatever the application's settings, so that it is never narrower than a
 * router behind it; `matchesExactly` does neither. Checks at start that the installed Express takes the path and, without
 * `pathSyntax`, that Express 4 and 5 read it alike. Does not judge the spelling of a request's path (see `pathSpelling`)
 * nor compare entries (see `createResourceTable`).
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 */
export function createPathCompiler(options: PathCompilerOptions = {}): (path: string, entry: string) => PathMatcher {
  const takesAllSyntax = options.pathSyntax === 'express5'
  if (takesAllSyntax && !isExpress5()) {
    throw new ConfigurationError(
      'ERR_S2S_OPTION_INVALID',
      "pathSyntax is 'express5' but the installed Express reads paths as Express 4 does; install Express 5 or leave pathSyntax out",
    )
  }
  return function compilePath(path, entry) {
    checkReachable(path, entry)
    if (!takesAllSyntax) checkShared(path, entry)
    const [lenient, exact] = compileLayers(path, entry)
    return {
      matches: (requested) => isMatch(lenient, requested),
      matchesExactly: (requested) => isMatch(exact, requested),
    }
  }
}

function compileLayers(path: string, entry: string): [lenient: RouterLayer, exact: RouterLayer] {
  try {
    return [createLayer(path, false), createLayer(path, true)]
  } catch (cause) {
    const reason = `the path of '${entry}' is not accepted by the installed Express; write it as a route of this Express is written`
    throw new ConfigurationError('ERR_S2S_OPTION_INVALID', reason, { cause })
  }
}

function createLayer(path: string, isExact: boolean): RouterLayer {
  const router = express.Router({ caseSensitive: isExact, strict: isExact })
  router.route(path)
  const [layer] = router.stack as readonly unknown[] as readonly RouterLayer[]
  if (layer === undefined) throw new TypeError('the router made no layer for the path')
  return layer
}

/** A parameter that cannot be decoded throws; the router itself runs no handler then. */
function isMatch(layer: RouterLayer, path: string): boolean {
  try {
    return Boolean(layer.match(path))
  } catch (error) {
    if (error instanceof URIError) return false
    throw error
  }
}

/** Express 5 reads `*splat` as a named wildcard, Express 4 as anything followed by the text "splat". */
function isExpress5(): boolean {
  return isMatch(createLayer('/*splat', false), '/any')
}

function checkReachable(path: unknown, entry: string): asserts path is string {
  if (typeof path !== 'string') throw invalidPath(entry, 'is not a string; write it as text, such as "/reports/:id"')
  const problem = neverMatching.find(([pattern]) => pattern.test(path))
  if (problem !== undefined) throw invalidPath(entry, problem[1])
}

function checkShared(path: string, entry: string): void {
  const segment = path.split('/').find((text) => !plainSegment.test(text))
  if (segment === undefined) return
  throw invalidPath(
    entry,
    `has the segment "${segment}", which Express 4 and 5 read differently; write plain text or one parameter such as ":name" or ":name.json", or set pathSyntax: 'express5' and write "/*name" for any depth and "{/:name}" for an optional part`,
  )
}

function invalidPath(entry: string, what: string): ConfigurationError {
  return new ConfigurationError('ERR_S2S_OPTION_INVALID', `the path of '${entry}' ${what}`)
}
