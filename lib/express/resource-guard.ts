import type { Request, Response } from 'express'
import { RequestError } from '../foundation/errors.ts'
import { optionsObject, parseOptions } from '../foundation/parse-options.ts'
import { whenReady } from '../foundation/when-ready.ts'
import type { AuthenticatedCaller } from '../permissions/authenticate-caller.ts'
import { anonymousDerivation } from '../permissions/decide.ts'
import type { ResourceRequirement } from '../permissions/requirement-forms.ts'
import { createResourceTable, type ResourceEntry, type ResourceTable } from '../permissions/resource-table.ts'
import { z } from 'zod'
import { auditRefusedRequest, authorizeRequest, type JudgedEntry } from './authorize-request.ts'
import type { GuardContext } from './guard-context.ts'
import type { GuardMark } from './guard-marks.ts'
import { createPathCompiler } from './path-matcher.ts'
import type { Refusal } from './refusal.ts'
import { refuseMissingCaller } from './refusal-error.ts'
import { correlationIdOf, keepDecision } from './request-record.ts'
import { readRequestPath, type PathSpelling } from './request-path.ts'

/** `'GET /reports/:id'` -> what it requires. The first matching entry decides; what is not listed is refused. */
export type Resources = Readonly<Record<string, ResourceRequirement<Request>>>

/** Options of one resource table. */
export interface ResourceOptions {
  /**
   * `'pass'` lets CORS preflights (OPTIONS with `Origin` and `Access-Control-Request-Method`) through without a caller:
   * mount a CORS middleware that answers them right behind. Default: OPTIONS is refused like any method.
   */
  readonly preflight?: 'pass'
  /** Allows path syntax that Express 4 and 5 read differently (`*splat`, `{optional}`), read as Express 5 does. */
  readonly pathSyntax?: 'express5'
}

/**
 * Schema of `ResourceOptions`.
 *
 * @internal
 */
export const resourceOptionsSchema = optionsObject({
  preflight: z.literal('pass').optional(),
  pathSyntax: z.literal('express5').optional(),
})

/** The compiled resource table of one guard. */
export interface ResourceGuard {
  readonly table: ResourceTable<Request>
  readonly letsPreflightPass: boolean
}

/**
 * Compiles a resource table with the application's own Express.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function createResourceGuard(resources: Resources, options: ResourceOptions = {}): ResourceGuard {
  parseOptions(resourceOptionsSchema, options, 'options')
  const { pathSyntax } = options
  const compilePath = createPathCompiler(pathSyntax === undefined ? {} : { pathSyntax })
  return {
    table: createResourceTable<Request>(resources, { compilePath }),
    letsPreflightPass: options.preflight === 'pass',
  }
}

/** The names of the rules that are only tried. */
export function rulesInShadow(entries: readonly JudgedEntry[]): readonly string[] {
  return entries.filter(({ requirement }) => requirement.shadow === true).map(({ name }) => name)
}

/** What the middleware of a guard is, for those who look at an application's routes. */
export function tableMark({ now }: ResourceGuards): GuardMark {
  return { type: 'table', table: () => now().table, letsPreflightPass: () => now().letsPreflightPass }
}

/** The guards of one middleware: each configuration may have another one. */
export interface ResourceGuards {
  /** The one that judges a request. */
  readonly of: (request: object) => ResourceGuard
  /** The one that judges the requests that come now. */
  readonly now: () => ResourceGuard
}

/** Whether a request is a CORS preflight that this guard lets pass. */
export function isPassedPreflight(request: Request, guard: ResourceGuard): boolean {
  return (
    guard.letsPreflightPass &&
    request.method === 'OPTIONS' &&
    request.headers.origin !== undefined &&
    request.headers['access-control-request-method'] !== undefined
  )
}

/** What guards share when they judge one request. */
export interface GuardedRequest {
  readonly request: Request
  readonly response: Response
  readonly context: GuardContext
  readonly caller: AuthenticatedCaller | undefined
}

/** The refusal of a request; `undefined` when it may go on. A promise only when a function of the application must be awaited. */
export type Judgement = Refusal | undefined | Promise<Refusal | undefined>

/**
 * Judges a request that is past TLS: path spelling, resource table, permissions. Gives the refusal when a caller is
 * needed and there is none, `undefined` when the request may go on.
 *
 * @throws RequestError `ERR_S2S_PATH_AMBIGUOUS`; PermissionError (see `authorizeRequest`)
 */
export function judgeResource(guard: ResourceGuard, guarded: GuardedRequest): Judgement {
  const { request, context, caller } = guarded
  const { path, spelling } = readRequestPath(request)
  const entries = guard.table.find(request.method, path)
  if (spelling !== 'plain') checkSpelling(spelling, entries, guarded)
  if (caller === undefined) return judgeAnonymous(entries, guarded)
  return whenReady(authorizeRequest(entries, { request, caller, context }), (decided) => {
    keepFirst(request, entries, decided)
    return undefined
  })
}

function judgeAnonymous(entries: readonly ResourceEntry<Request>[], guarded: GuardedRequest): Refusal | undefined {
  const isPublic = entries.length > 0 && entries.every(({ requirement }) => requirement.type === 'public')
  if (!isPublic) return refuseMissingCaller(guarded.request, 'none', guarded.context)
  auditPublicAccess(entries, guarded)
  keepFirst(guarded.request, entries, { derive: () => anonymousDerivation })
  return undefined
}

/** The first entry in table order decides; the others that match the path are only held against the caller as well. */
function keepFirst(
  request: Request,
  [first]: readonly ResourceEntry<Request>[],
  decided: Parameters<typeof keepDecision>[2],
): void {
  if (first !== undefined) keepDecision(request, first, decided)
}

function auditPublicAccess(entries: readonly ResourceEntry<Request>[], { request, context }: GuardedRequest): void {
  context.audit.emit(() => ({
    name: 'access.allowed',
    outcome: 'accepted',
    correlationId: correlationIdOf(request, context.correlationIdHeader),
    method: request.method,
    resource: entries[0]?.name,
    required: [],
    derivation: anonymousDerivation,
  }))
}

/** No normalise-then-allow: an ambiguous spelling is refused, `%2f` unless every entry that governs it allows it. */
function checkSpelling(
  spelling: Exclude<PathSpelling, 'plain'>,
  entries: readonly ResourceEntry<Request>[],
  { request, context, caller }: GuardedRequest,
): void {
  const isAllowed = entries.length > 0 && entries.every(({ requirement }) => requirement.allowEncodedSlash)
  if (spelling === 'encoded-slash' && isAllowed) return
  const error = new RequestError('ERR_S2S_PATH_AMBIGUOUS')
  auditRefusedRequest(error, { request, context, ...(caller === undefined ? {} : { caller }) })
  throw error
}
