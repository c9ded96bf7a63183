import { METHODS } from 'node:http'
import { ConfigurationError } from '../foundation/errors.ts'

/** The two parts of the name of a resource. */
export interface ResourceName {
  /** A method in upper case, or `ALL`. */
  readonly method: string
  readonly path: string
}

const methods: ReadonlySet<string> = new Set(['ALL', ...METHODS])

/**
 * Reads `'GET /reports/:id'`: a method in upper case or `ALL`, one space, a path that begins with a slash.
 *
 * Does not check the syntax of the path; whoever compiles it does.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 */
export function parseResourceName(name: string): ResourceName {
  const [, method, path] = /^(\S+) (\/\S*)$/.exec(name) ?? []
  if (method === undefined || path === undefined) {
    throw invalid(name, "is no resource; write a method, one space and a path that begins with /: 'GET /reports/:id'")
  }
  if (method.toUpperCase() === 'HEAD') throw invalid(name, `is not needed: HEAD follows GET; write 'GET ${path}'`)
  if (methods.has(method)) return { method, path }
  const upper = method.toUpperCase()
  throw invalid(
    name,
    methods.has(upper) ? `must be in upper case; write '${upper} ${path}'` : 'has an unknown method; write GET or ALL',
  )
}

function invalid(name: string, problem: string): ConfigurationError {
  return new ConfigurationError('ERR_S2S_OPTION_INVALID', `resources['${name}'] ${problem}`)
}
