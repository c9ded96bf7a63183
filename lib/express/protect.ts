import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { S2SError } from '../foundation/errors.ts'
import { settle, whenReady } from '../foundation/when-ready.ts'
import type { S2SServer } from './authenticate-request.ts'
import type { GuardContext } from './guard-context.ts'
import { markGuard } from './guard-marks.ts'
import { readCredential } from './read-credential.ts'
import { refuseMissingCaller } from './refusal-error.ts'
import { refusalOf, writeRefusal } from './refusal.ts'
import {
  isPassedPreflight,
  judgeResource,
  tableMark,
  type Judgement,
  type ResourceOptions,
  type Resources,
} from './resource-guard.ts'
import type { RunningServer } from './running-server.ts'
import { tellAnswer, tellFailure } from './tell-decision.ts'
import { toError } from './to-error.ts'

/**
 * TLS, authentication and permission in one middleware: the decisions of `passport.authenticate('s2s')` with
 * `protectResources`, without Passport, and the whole answer written here. Sets `req.user` to the principal.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function createProtect(
  running: RunningServer,
  resources?: Resources | string,
  options?: ResourceOptions,
): RequestHandler {
  const guards = running.guardsFor(resources, options)

  function judge(server: S2SServer, request: Request, response: Response): Judgement {
    const { context } = server
    const guard = guards.of(request)
    const credential = readCredential(request, context)
    if (!context.allowsPlainHttp) context.applyHsts(request, response)
    if (credential.kind === 'none' && isPassedPreflight(request, guard)) return undefined
    if (credential.kind === 'empty' || credential.kind === 'other-scheme') {
      return refuseMissingCaller(request, credential.kind, context)
    }
    if (credential.kind === 'none') return judgeResource(guard, { request, response, context, caller: undefined })
    return whenReady(server.authenticate(request, credential), ({ caller, user }) => {
      request.user = user as Express.User
      return judgeResource(guard, { request, response, context, caller })
    })
  }

  function protectMiddleware(request: Request, response: Response, next: NextFunction): void {
    const server = running.serverOf(request)
    answer(() => judge(server, request, response), { request, response, next, context: server.context })
  }
  return markGuard(protectMiddleware, tableMark(guards))
}

/** A request, and all ways to answer it. */
interface Answering {
  readonly request: Request
  readonly response: Response
  readonly next: NextFunction
  readonly context: GuardContext
}

function answer(judge: () => Judgement, answering: Answering): void {
  const { response, next, context } = answering
  settle(judge, {
    done: (refusal) => {
      tellAnswer(answering, refusal)
      if (refusal === undefined) next()
      else writeRefusal(response, refusal, context.problemDetails)
    },
    failed: (error) => {
      tellFailure(answering, error)
      if (error instanceof S2SError && error.status !== 500) {
        writeRefusal(response, refusalOf(error, context.challenges), context.problemDetails)
      } else next(toError(error))
    },
  })
}
