import type { Request } from 'express'
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { RequestError, S2SError } from '../foundation/errors.ts'
import { optionsObject, parseOptions } from '../foundation/parse-options.ts'
import { whenReady } from '../foundation/when-ready.ts'
import type { AuthenticatedCaller } from '../permissions/authenticate-caller.ts'
import {
  callerRefused,
  createCallerAuthenticator,
  type CallerAuthenticator,
} from '../permissions/caller-authenticator.ts'
import { verifierOptionsShape, type VerifierOptions } from '../permissions/caller-options.ts'
import type { Clock } from '../foundation/clock.ts'
import type { SigningKeys } from '../keys/signing-keys.ts'
import type { Suspensions } from '../suspension/suspensions.ts'
import type { TrustedIssuers } from '../trust/trusted-issuers.ts'
import type { ServerHeritage } from '../permissions/server-heritage.ts'
import { auditRefusedRequest } from './authorize-request.ts'
import { createTokenBurner } from './burn-tokens.ts'
import { readBearerCredential, type BearerCredential, type TokenCredential } from './bearer-credential.ts'
import { createConfiguredTables, type ConfiguredTables } from './configured-tables.ts'
import {
  answerOptionsShape,
  createGuardContext,
  createServerChallenges,
  type AnswerOptions,
  type GuardContext,
} from './guard-context.ts'
import { presentedBy } from './present-proof.ts'
import { correlationIdOf, recordOf } from './request-record.ts'
import { checkTransport } from './require-tls.ts'
import { createVerifyCall, type S2SVerify, type VerifyResult } from './verify-call.ts'

/** Options of the strategy and of `createS2S`. */
export interface S2SOptions extends VerifierOptions<Request>, AnswerOptions {
  /**
   * Refuse a token that was sent here over plain http for the rest of its life, also over https, with 401
   * `ERR_S2S_TOKEN_EXPOSED`; with `state`, on all servers of the fleet. Default `false`: it is audited only.
   */
  readonly refuseExposedTokens?: boolean
  /** Hand the request to the verify callback first. Default `false`. */
  readonly passReqToCallback?: boolean
}

/** A caller, and what the application's verify callback made of it. */
export interface AcceptedCaller {
  readonly caller: AuthenticatedCaller
  readonly user: unknown
  readonly info: unknown
}

/** One configuration of a server: who is believed, and how it answers. */
export interface S2SServer {
  readonly options: S2SOptions
  /** Those that stand in the options. */
  readonly tables: ConfiguredTables
  /** For the configuration that replaces this one. */
  readonly heritage: ServerHeritage
  readonly issuers: TrustedIssuers
  readonly clock: Clock
  /** Our own keys; `undefined` without `self.signingKeys`. */
  readonly signingKeys: SigningKeys | undefined
  readonly suspensions: Suspensions
  readonly context: GuardContext
  /** Fetches all keys, and the suspensions of the fleet; rejects with `UnavailableError`. */
  ready(this: void): Promise<void>
  /** Suspensions and health are those of this configuration from now on; the first one begins so. */
  takeEffect(this: void): void
  /** Stops what is of this configuration alone; suspensions live on. */
  close(this: void): void
  /**
   * Verifies the token and that it is the caller's own, asks the verify callback, and only then registers the caller for this request; at once when nothing
   * must be waited for.
   *
   * @throws TokenError, PermissionError, IdentityError, UnavailableError; whatever the verify callback throws
   */
  authenticate(this: void, request: Request, credential: TokenCredential): AcceptedCaller | Promise<AcceptedCaller>
}

const serverOptionsSchema = optionsObject({
  ...verifierOptionsShape,
  ...answerOptionsShape,
  refuseExposedTokens: z.boolean().optional(),
  passReqToCallback: z.boolean().optional(),
})

/** What a server has besides its options. */
export interface ServerSurroundings {
  readonly verify?: S2SVerify | undefined
  readonly tables?: ConfiguredTables
  /** Of the configuration that is replaced. */
  readonly before?: ServerHeritage
}

/**
 * Checks all options once and wires the floors below Express.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function createServer(
  options: S2SOptions,
  { verify, tables = createConfiguredTables({}), before }: ServerSurroundings = {},
): S2SServer {
  parseOptions(serverOptionsSchema, options, 'options')
  const burnsTokens = options.refuseExposedTokens ?? false
  const { authenticate: verifyCaller, ...parts } = createCallerAuthenticator(options, { burnsTokens, before })
  const context = createContext(options, parts)
  const verifyCall = createVerifyCall(verify, options.passReqToCallback ?? false)

  function authenticate(request: Request, credential: TokenCredential): AcceptedCaller | Promise<AcceptedCaller> {
    const correlationId = (): string => correlationIdOf(request, context.correlationIdHeader)
    const verified = verifyCaller(credential.token, correlationId, presentedBy(request, credential, context))
    return whenReady(verified, (caller) =>
      whenReady(askApplication(caller, request), ({ user, info }) => {
        const record = recordOf(request)
        record.caller = caller
        record.context = context
        return { caller, user, info }
      }),
    )
  }

  function askApplication(caller: AuthenticatedCaller, request: Request): VerifyResult | Promise<VerifyResult> {
    function refuse(error: unknown): never {
      if (error instanceof S2SError) auditRefusedRequest(error, { request, context, caller })
      throw error
    }
    try {
      const result = whenReady(verifyCall(caller.principal, request), checkAnswer)
      return result instanceof Promise ? result.catch(refuse) : result
    } catch (error) {
      return refuse(error)
    }
  }

  return { ...parts, options, tables, context, authenticate }
}

function createContext(options: S2SOptions, parts: Omit<CallerAuthenticator, 'authenticate'>): GuardContext {
  const { audit, issuers } = parts
  return createGuardContext(options, {
    audit,
    challenges: createServerChallenges(options, issuers.list),
    acceptsDpop: options.dpop !== undefined,
    userRights: userRightsOf(options),
    burnTokens: options.refuseExposedTokens === true ? createTokenBurner(parts) : undefined,
  })
}

/** `false`, `null` or nothing refuses the caller. */
function checkAnswer(result: VerifyResult): VerifyResult {
  if (result.user === false || result.user === null || result.user === undefined) throw callerRefused()
  return result
}

function userRightsOf({ userRights, findProfiles }: S2SOptions): GuardContext['userRights'] {
  return userRights ?? (findProfiles === undefined ? undefined : 'of-profile')
}

/**
 * Reads the credential of a request, after TLS: a token that came over plain http is not even looked at.
 *
 * @throws RequestError `ERR_S2S_TLS_REQUIRED`, `ERR_S2S_HEADER_MALFORMED`, `ERR_S2S_TOKEN_IN_QUERY`,
 * `ERR_S2S_TOKEN_IN_BODY`
 */
export function readCredential(request: IncomingMessage, context: GuardContext): BearerCredential {
  checkTransport(request, context)
  try {
    return readBearerCredential(request, context.acceptsDpop)
  } catch (error) {
    context.audit.emit(() => ({
      name: 'request.rejected',
      outcome: 'refused',
      ...(error instanceof RequestError ? { code: error.code } : {}),
      correlationId: correlationIdOf(request, context.correlationIdHeader),
    }))
    throw error
  }
}
