import type { Request } from 'express'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { z } from 'zod'
import { createAuditLog, type AuditLog } from '../audit/audit-log.ts'
import type { AuditEvent } from '../audit/audit-event.ts'
import { proofAlgorithmsOf } from '../binding/dpop-options.ts'
import { systemClock } from '../foundation/clock.ts'
import { optionsObject, parseOptions } from '../foundation/parse-options.ts'
import { verifierOptionsShape, type UserRights, type VerifierOptions } from '../permissions/caller-options.ts'
import type { BurnTokens } from './burn-tokens.ts'
import type { ProveClientCertificate } from './certificates/prove-client-certificate.ts'
import { createShadowCounts, type ShadowCounts } from '../permissions/shadow-counts.ts'
import type { OfferingRule } from './offered-scopes.ts'
import type { ProtectedResource } from './protected-resource.ts'
import { createHsts } from './strict-transport.ts'
import { warnOfPlainHttp } from './warn-of-plain-http.ts'
import { createChallenges, type Challenges } from './www-authenticate.ts'

/** How the guard answers; the same for every middleware of one server. */
export interface AnswerOptions {
  /** The `realm` of challenges. Default: `self.realm`, else the first `audience` that fits, else `s2s`. */
  readonly realm?: string
  /** Strict-Transport-Security on guarded responses, unless the app already set one. Default: one year, this host only. */
  readonly hsts?: false | { readonly maxAgeSeconds?: number; readonly includeSubDomains?: boolean }
  /** Serve without TLS. For development only: every token that passes is exposed. Warned about loudly. Default `false`. */
  readonly dangerouslyAllowPlainHttp?: boolean
  /** Write RFC 9457 problem details instead of `{ error, error_description }`. Default `false`. */
  readonly problemDetails?: boolean
  /** Request header whose value (`^[A-Za-z0-9._-]{1,64}$`) becomes the correlation id of audit events. */
  readonly correlationIdHeader?: string
}

/** Options of the stand-alone guards (`protectResources`, `requirePermission`, `requireTls`). */
export interface StandaloneGuardOptions extends AnswerOptions {
  /** The user's side of delegated calls. Without it the strategy's own counts. */
  readonly userRights?: UserRights<Request> | 'checked-by-handler'
  /** Is told every decision; never gets a token. */
  readonly onAuditEvent?: (event: AuditEvent) => void
}

/** What every guard of one server shares. */
export interface GuardContext {
  readonly audit: AuditLog
  readonly challenges: Challenges
  readonly allowsPlainHttp: boolean
  /** `of-profile`: whatever the user's profile says. */
  readonly userRights: UserRights<Request> | 'checked-by-handler' | 'of-profile' | undefined
  /** Whether the scheme `DPoP` is one that tokens may come under. */
  readonly acceptsDpop: boolean
  /** Finds out which certificate the client of a request proved; `undefined`: none is asked for. */
  readonly clientCertificateOf?: ProveClientCertificate | undefined
  /** Burns the tokens of a request that came over plain http, once it is answered; `undefined`: nothing is burnt. */
  readonly burnTokens?: BurnTokens | undefined
  /** The scopes that our resource metadata offers; `undefined`: there is none. */
  readonly offeredScopes?: (() => readonly string[]) | undefined
  /** In lower case. */
  readonly correlationIdHeader: string | undefined
  readonly problemDetails: boolean
  readonly shadowCounts: ShadowCounts
  applyHsts(this: void, request: IncomingMessage, response: ServerResponse): void
}

/**
 * The members of `AnswerOptions`.
 *
 * @internal
 */
export const answerOptionsShape = {
  realm: z.string().min(1).optional(),
  hsts: z
    .union([
      z.literal(false),
      optionsObject({ maxAgeSeconds: z.number().int().min(0).optional(), includeSubDomains: z.boolean().optional() }),
    ])
    .optional(),
  dangerouslyAllowPlainHttp: z.boolean().optional(),
  problemDetails: z.boolean().optional(),
  correlationIdHeader: z
    .string()
    .regex(/^[A-Za-z0-9-]+$/, 'must be a header name')
    .optional(),
}

const standaloneSchema = optionsObject({
  ...answerOptionsShape,
  userRights: verifierOptionsShape.userRights,
  onAuditEvent: z.custom((value) => typeof value === 'function', 'must be a function').optional(),
})

/** What a context is made of besides the answers. */
export interface ContextParts {
  readonly audit: AuditLog
  readonly challenges: Challenges
  readonly userRights: GuardContext['userRights']
  readonly acceptsDpop?: boolean
  readonly clientCertificateOf?: GuardContext['clientCertificateOf']
  readonly burnTokens?: GuardContext['burnTokens']
  readonly offeredScopes?: GuardContext['offeredScopes']
}

/** Completes a context; warns the process when plain http is allowed. */
export function createGuardContext(options: AnswerOptions, parts: ContextParts): GuardContext {
  const allowsPlainHttp = options.dangerouslyAllowPlainHttp ?? false
  if (allowsPlainHttp) warnOfPlainHttp(parts.audit)
  return {
    ...parts,
    acceptsDpop: parts.acceptsDpop ?? false,
    allowsPlainHttp,
    correlationIdHeader: options.correlationIdHeader?.toLowerCase(),
    problemDetails: options.problemDetails ?? false,
    shadowCounts: createShadowCounts(),
    applyHsts: createHsts(options.hsts),
  }
}

/**
 * The context of a guard that stands alone, beside an `S2SStrategy`.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function createStandaloneContext(options: StandaloneGuardOptions): GuardContext {
  parseOptions(standaloneSchema, options, 'options')
  const { onAuditEvent, realm } = options
  return createGuardContext(options, {
    audit: createAuditLog({ clock: systemClock, ...(onAuditEvent === undefined ? {} : { onAuditEvent }) }),
    challenges: createChallenges({ realm }),
    userRights: options.userRights,
  })
}

/** Which part of a context each option decides. */
const partOfOption: Readonly<Record<keyof StandaloneGuardOptions, keyof GuardContext>> = {
  realm: 'challenges',
  hsts: 'applyHsts',
  dangerouslyAllowPlainHttp: 'allowsPlainHttp',
  problemDetails: 'problemDetails',
  correlationIdHeader: 'correlationIdHeader',
  userRights: 'userRights',
  onAuditEvent: 'audit',
}

/** Whose callers a guard believes: one server's, or those of any `S2SStrategy` (stand-alone). */
export interface GuardOwner {
  /** In which context a request is judged. */
  readonly contextOf: (this: void, request: object) => GuardContext
  /** The context of requests that come now. */
  readonly contextNow: (this: void) => GuardContext
  /** Stand-alone only: in which context a caller of that server is judged. */
  readonly adopt?: (this: void, server: GuardContext) => GuardContext
  /** Of one server only: is told the rules that stand in code. */
  readonly learnRules?: (this: void, rules: readonly OfferingRule[]) => void
}

/**
 * The owner of a guard that stands alone: what was given to the guard counts, and the rest is as the caller's server has it.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function createStandaloneOwner(options: StandaloneGuardOptions): GuardOwner {
  const context = createStandaloneContext(options)
  const given = Object.entries(partOfOption).filter(([option]) => options[option as keyof typeof options] !== undefined)
  const parts: Partial<GuardContext> = Object.fromEntries(given.map(([, part]) => [part, context[part]]))
  const adopt = (server: GuardContext): GuardContext => ({ ...server, ...parts, audit: auditOf(server, parts) })
  return { contextOf: () => context, contextNow: () => context, adopt }
}

/** A guard's own listener hears of a server's decisions: they are still that server's. */
function auditOf({ audit }: GuardContext, own: Partial<GuardContext>): AuditLog {
  return own.audit === undefined ? audit : { ...own.audit, source: audit.source }
}

/** The challenges of a server: its realm, and for discovery who it is and whom it chose to advertise. */
export function createServerChallenges(
  options: VerifierOptions & AnswerOptions,
  issuers: () => readonly { readonly name: string; readonly issuerNames: readonly string[] }[],
  resource?: Pick<ProtectedResource, 'metadataUrl' | 'challengeScopes'>,
): Challenges {
  const { self, dpop } = options
  const realm = options.realm ?? self?.realm ?? audienceRealm(options.audience)
  return createChallenges({
    realm,
    clientId: self?.clientId,
    proofAlgorithms: proofAlgorithmsOf(dpop),
    resourceMetadata: resource?.metadataUrl,
    scopes: resource?.challengeScopes,
    trustedIssuers: () => {
      const advertise = self?.advertise ?? false
      return issuers()
        .filter(({ name }) => (typeof advertise === 'boolean' ? advertise : advertise.includes(name)))
        .flatMap(({ issuerNames }) => issuerNames)
    },
  })
}

/** Old clients read the realm up to the first comma and after the first `=`: an audience that has them is not used. */
function audienceRealm(audience: VerifierOptions['audience']): string | undefined {
  const first = audience === undefined ? undefined : [audience].flat()[0]
  return first !== undefined && /^[!#-+\--<>-[\]-~]+$/.test(first) ? first : undefined
}
