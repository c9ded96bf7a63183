import { isDeepStrictEqual } from 'node:util'
import type { RequestLines } from '../world/in-process-request.ts'
import { readStrictCredential } from './strict-credential.ts'
import { judgeStrictly } from './strict-token.ts'
import type { StrictCaller, StrictWorld } from './strict-world.ts'

/** What the application did with a request. */
export interface HandledRequest {
  /** Which route ran. */
  readonly route: 'report' | 'admin' | 'public'
  readonly caller: StrictCaller | undefined
}

/** Users of this world have these rights. */
const rightsOfUsers = ['reports.read', 'reports.write']

/** Why a route should not have run; `undefined` when it should. */
export async function whyForbidden(
  request: RequestLines,
  { route, caller }: HandledRequest,
  world: StrictWorld,
): Promise<string | undefined> {
  if (!cameOverTls(request)) return 'a route ran over plain http'
  const credentials = request.rawHeaders.filter(
    (name, index) => index % 2 === 0 && name.toLowerCase() === 'authorization',
  )
  if (route === 'public' && credentials.length === 0)
    return caller === undefined ? undefined : 'a caller out of nothing'
  const token = readStrictCredential(request.rawHeaders, request.url)
  const expected = token === undefined ? undefined : await judgeStrictly(token, world)
  if (expected === undefined) return 'a route ran for nobody'
  if (!isDeepStrictEqual(expected, caller)) return 'another caller than the oracle sees'
  const needed = { report: 'reports.read', admin: 'admin.all', public: undefined }[route]
  if (needed === undefined) return undefined
  if (!expected.permissions.includes(needed)) return `a route ran without ${needed}`
  return expected.kind === 'app' || rightsOfUsers.includes(needed) ? undefined : 'the user has no such right'
}

/** The connection itself, or the word of the trusted proxy for every hop. */
function cameOverTls({ connection, rawHeaders }: RequestLines): boolean {
  if (connection === 'https') return true
  if (connection === 'http') return false
  const said = rawHeaders.flatMap((name, index) =>
    index % 2 === 0 && name.toLowerCase() === 'x-forwarded-proto' ? (rawHeaders[index + 1] ?? '').split(',') : [],
  )
  return said.length > 0 && said.every((item) => item.trim() === 'https')
}
