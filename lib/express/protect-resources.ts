import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { warnOfShadowMode } from '../audit/warn-of-shadow-mode.ts'
import { S2SError } from '../foundation/errors.ts'
import { settle, whenReady } from '../foundation/when-ready.ts'
import type { ResourceRequirement } from '../permissions/requirement-forms.ts'
import { parseRequirement, type Requirement } from '../permissions/requirement.ts'
import { authorizeRequest } from './authorize-request.ts'
import { createStandaloneOwner, type GuardOwner, type StandaloneGuardOptions } from './guard-context.ts'
import { markGuard } from './guard-marks.ts'
import { refusalError, refuseMissingCaller } from './refusal-error.ts'
import { writeRefusal } from './refusal.ts'
import { keepDecision, keepShadow, recordOf } from './request-record.ts'
import { checkTransport } from './require-tls.ts'
import {
  createResourceGuard,
  isPassedPreflight,
  judgeResource,
  rulesInShadow,
  tableMark,
  type GuardedRequest,
  type Judgement,
  type ResourceGuards,
  type ResourceOptions,
  type Resources,
} from './resource-guard.ts'
import { tellAnswer, tellFailure } from './tell-decision.ts'
import { toError } from './to-error.ts'

/** Options of the stand-alone `protectResources`. */
export interface ProtectResourcesOptions extends StandaloneGuardOptions, ResourceOptions {}

/**
 * The second middleware: TLS, HSTS, then the resource table, then permissions. Goes behind
 * `passport.authenticate('s2s', { session: false })`; only a caller that this request's verification registered counts,
 * never the shape of `req.user`. Refusals go to `next(error)`, but for a missing caller (401), which is answered here.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function protectResources(resources: Resources, options: ProtectResourcesOptions = {}): RequestHandler {
  const { preflight, pathSyntax, ...answers } = options
  const owner = createStandaloneOwner(answers)
  const guard = createResourceGuard(resources, {
    ...(preflight === undefined ? {} : { preflight }),
    ...(pathSyntax === undefined ? {} : { pathSyntax }),
  })
  warnOfShadowMode(rulesInShadow(guard.table.entries), owner.contextNow().audit)
  return createProtectResources(owner, { of: () => guard, now: () => guard })
}

/** `protectResources` of one server. */
export function createProtectResources(owner: GuardOwner, guards: ResourceGuards): RequestHandler {
  const middleware = createGuardMiddleware('protectResourcesMiddleware', owner, (guarded) => {
    const guard = guards.of(guarded.request)
    return guarded.caller === undefined && isPassedPreflight(guarded.request, guard)
      ? undefined
      : judgeResource(guard, guarded)
  })
  return markGuard(middleware, tableMark(guards))
}

/**
 * One requirement for one route, without a table: `app.get('/x', requirePermission('x.read'), handler)`.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function requirePermission(
  requirement: ResourceRequirement<Request>,
  options: StandaloneGuardOptions = {},
): RequestHandler {
  return createRequirePermission(createStandaloneOwner(options), requirement)
}

/** `requirePermission` of one server. */
export function createRequirePermission(owner: GuardOwner, requirement: ResourceRequirement<Request>): RequestHandler {
  const parsed = parseRequirement(requirement, 'requirePermission')
  const entry = { name: 'requirePermission', requirement: parsed }
  owner.learnRules?.([entry])
  warnOfShadowMode(rulesInShadow([entry]), owner.contextNow().audit)
  const middleware = createGuardMiddleware('requirePermissionMiddleware', owner, (guarded) =>
    judgeRequirement(entry, guarded),
  )
  return markGuard(middleware, { type: 'requirement', entry })
}

function judgeRequirement(
  entry: { readonly name: string; readonly requirement: Requirement<Request> },
  { request, context, caller }: GuardedRequest,
): Judgement {
  if (caller === undefined) {
    if (entry.requirement.type === 'public') return undefined
    return refuseMissingCaller(request, 'none', context)
  }
  return whenReady(authorizeRequest([entry], { request, caller, context }), (decided) => {
    if (recordOf(request).decided === undefined) keepDecision(request, entry, decided)
    else if (decided.allowed && decided.shadow !== undefined) keepShadow(request, decided.shadow)
    return undefined
  })
}

function createGuardMiddleware(
  name: string,
  owner: GuardOwner,
  judge: (guarded: GuardedRequest) => Judgement,
): RequestHandler {
  const middleware = (request: Request, response: Response, next: NextFunction): void => {
    const { caller, context } = believedCaller(request, owner)
    const guarded = { request, response, context, caller }
    const judgeSecured = (): Judgement => {
      checkTransport(request, context)
      if (!context.allowsPlainHttp) context.applyHsts(request, response)
      return judge(guarded)
    }
    settle(judgeSecured, {
      done: (refusal) => {
        tellAnswer(guarded, refusal)
        if (refusal === undefined) next()
        else writeRefusal(response, refusal, context.problemDetails)
      },
      failed: (error) => {
        tellFailure(guarded, error)
        next(error instanceof S2SError ? refusalError(error, guarded) : toError(error))
      },
    })
  }
  return Object.defineProperty(middleware, 'name', { value: name })
}

/** The caller this request's verification registered, if the guard may believe it, and the context it is judged in. */
function believedCaller(request: Request, owner: GuardOwner): Pick<GuardedRequest, 'caller' | 'context'> {
  const { caller, context } = recordOf(request)
  const own = owner.contextOf(request)
  if (caller === undefined || context === undefined) return { caller: undefined, context: own }
  if (owner.adopt !== undefined) return { caller, context: owner.adopt(context) }
  return { caller: context === own ? caller : undefined, context: own }
}
