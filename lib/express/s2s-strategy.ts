import { Strategy as BearerStrategy } from 'passport-http-bearer'
import type { Request } from 'express'
import { settle } from '../foundation/when-ready.ts'
import type passport from 'passport'
import { ConfigurationError, S2SError } from '../foundation/errors.ts'
import { createServer, type AcceptedCaller, type S2SOptions, type S2SServer } from './authenticate-request.ts'
import type { TokenCredential } from './bearer-credential.ts'
import { readCredential } from './read-credential.ts'
import { refusalError, refuseMissingCaller } from './refusal-error.ts'
import type { Refusal } from './refusal.ts'
import { recordOf } from './request-record.ts'
import { RunningServer } from './running-server.ts'
import { setWatchedServer } from '../audit/watched-server.ts'
import { tellAnswer, tellFailure } from './tell-decision.ts'
import { toError } from './to-error.ts'
import type { S2SVerify, S2SVerifyPrincipal, S2SVerifyWithRequest } from './verify-call.ts'

/** What `passport.authenticate('s2s', ...)` is told. */
export interface S2SAuthenticateOptions {
  /** Must be `false`: S2S never signs anyone in. */
  readonly session?: boolean
  /** Let a request pass that has no credential at all (for `'public'` resources). A bad credential is still refused. */
  readonly allowAnonymous?: boolean
}

/** Passport's verbs, taken at entry: with a strategy object the next request overwrites them. */
interface Verbs {
  success(this: void, user: unknown, info?: unknown): void
  fail(this: void, challenge: string): void
  error(this: void, error: unknown): void
  pass(this: void): void
}

/**
 * The Passport strategy `s2s`: authenticates the token of a request against the trusted issuers.
 *
 * Tokens come from the `Authorization` header only, over TLS only. Does NOT check permissions: put `protectResources`
 * behind it. Needs `session: false`.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN` (constructor)
 * @see RFC 6750
 */
export class S2SStrategy implements passport.Strategy {
  readonly name: string = 's2s'
  /** @internal */
  readonly _running: RunningServer
  /** @internal */
  private readonly _bearer: BearerStrategy

  constructor(options: S2SOptions & { readonly passReqToCallback: true }, verify?: S2SVerifyWithRequest)
  constructor(options: S2SOptions & { readonly passReqToCallback?: false }, verify?: S2SVerifyPrincipal)
  constructor(options: S2SOptions, verify?: S2SVerify)
  /** @internal */
  constructor(running: RunningServer)
  constructor(options: S2SOptions | RunningServer, verify?: S2SVerify) {
    const running = options instanceof RunningServer ? options : new RunningServer(createServer(options, { verify }))
    this._running = running
    setWatchedServer(this, running.current.heritage.watched)
    this._bearer = new BearerStrategy({ passReqToCallback: true }, (standIn, token, verified) => {
      const { incoming, scheme } = standIn as StandInRequest
      settle(() => running.serverOf(incoming).authenticate(incoming, { kind: 'token', token, scheme }), {
        done: (accepted) => {
          verified(null, accepted)
        },
        failed: (error) => {
          verified(toError(error))
        },
      })
    })
  }

  /** Called by Passport for each request. */
  authenticate(request: Request, options?: S2SAuthenticateOptions): void {
    const verbs = takeVerbs(this)
    const server = this._running.serverOf(request)
    if (options?.session !== false) {
      const error = new ConfigurationError(
        'ERR_S2S_SESSION_REFUSED',
        "S2S never signs anyone in: call passport.authenticate('s2s', { session: false })",
      )
      tellFailure({ request, context: server.context }, error)
      verbs.error(error)
      return
    }
    try {
      const credential = readCredential(request, server.context)
      if (credential.kind === 'token') {
        this._throughBearer(request, credential, { verbs, server })
      } else if (credential.kind === 'none' && options.allowAnonymous === true) {
        verbs.pass()
      } else {
        const refusal = refuseMissingCaller(request, credential.kind, server.context)
        tellAnswer({ request, context: server.context }, refusal)
        fail(request, refusal, verbs)
      }
    } catch (error) {
      refuse(request, error, { verbs, server })
    }
  }

  /**
   * Hands the token to passport-http-bearer on a stand-in request, so that it can see neither query nor body.
   *
   * @internal
   */
  private _throughBearer(request: Request, { token, scheme }: TokenCredential, by: Refusing): void {
    const bearer = Object.create(this._bearer) as BearerStrategy
    bearer.success = (accepted) => {
      const { user, info } = accepted as AcceptedCaller
      by.verbs.success(user, info)
    }
    bearer.error = (error) => {
      refuse(request, error, by)
    }
    const headers = { authorization: `Bearer ${token}` }
    const standIn: StandInRequest = { headers, incoming: request, scheme }
    bearer.authenticate(standIn)
  }
}

/** Who refuses, and by which verbs. */
interface Refusing {
  readonly verbs: Verbs
  readonly server: S2SServer
}

interface StandInRequest {
  readonly headers: { readonly authorization: string }
  readonly incoming: Request
  /** The scheme that the token really came under: the bearer strategy knows no other than its own. */
  readonly scheme: TokenCredential['scheme']
}

function takeVerbs(strategy: unknown): Verbs {
  const { success, fail, error, pass } = strategy as Verbs
  return { success, fail, error, pass }
}

/** A 401 is Passport's `fail`, with the exact challenge; everything else is an error with status and headers. */
function refuse(request: Request, error: unknown, by: Refusing): void {
  tellFailure({ request, context: by.server.context }, error)
  if (!(error instanceof S2SError)) {
    by.verbs.error(toError(error))
    return
  }
  const refused = refusalError(error, { request, context: by.server.context })
  const refusal = recordOf(request).refusal
  if (refused.status === 401 && refusal !== undefined) fail(request, refusal, by.verbs)
  else by.verbs.error(refused)
}

/** Nothing more can be said on a response that somebody (a time limit) has begun meanwhile. */
function fail(request: Request, refusal: Refusal, verbs: Verbs): void {
  if (request.res?.headersSent === true) return
  request.res?.setHeader('Cache-Control', 'no-store')
  verbs.fail(refusal.headers['WWW-Authenticate'] ?? 'Bearer')
}
