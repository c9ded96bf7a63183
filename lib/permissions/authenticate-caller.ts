import type { AuditLog } from '../audit/audit-log.ts'
import { TokenError } from '../foundation/errors.ts'
import { whenReady } from '../foundation/when-ready.ts'
import { createPrincipal, type S2SPrincipal } from '../identity/principal.ts'
import type { TokenFacts } from '../suspension/match-suspension.ts'
import type { Suspensions } from '../suspension/suspensions.ts'
import { parseUnverifiedToken } from '../tokens/unverified-token.ts'
import { signedPart } from '../verification/signed-part.ts'
import type { RememberedToken } from '../verification/verified-token-cache.ts'
import { auditAcceptance, auditRejection } from './caller-audit.ts'
import type { EffectivePermissions } from './effective-permissions.ts'
import { readTokenFacts } from './token-facts.ts'
import type { SpendToken } from './single-use.ts'
import { refusedSenderOf, type RecognisedToken, type RecogniseToken } from './token-memory.ts'
import type { Sender, Standing } from './token-senders.ts'

/** A caller whose token was verified, and what it may do on this server. */
export interface AuthenticatedCaller {
  readonly principal: S2SPrincipal
  readonly effective: EffectivePermissions
  /** Whether it comes from an issuer whose callers are not refused for want of a permission. */
  readonly inShadow: boolean
}

/**
 * Verifies a bearer token and says who calls; a promise only when something must be waited for. `occasion` is the request: for
 * all who ask on the same one a token that may be used once is used once.
 */
export type AuthenticateCaller = (
  token: string,
  correlationId: () => string,
  occasion?: object,
) => AuthenticatedCaller | Promise<AuthenticatedCaller>

/** What it is put together from. */
export interface AuthenticateCallerParts {
  readonly recognise: RecogniseToken
  readonly rehydrate: (sender: Sender) => Standing | Promise<Standing>
  readonly suspensions: Suspensions
  readonly spend: SpendToken
  readonly audit: AuditLog
}

/** Creates the whole way from a token to a caller. Emits one audit event for each token. */
export function createAuthenticateCaller(parts: AuthenticateCallerParts): AuthenticateCaller {
  const { recognise, suspensions, audit } = parts
  const standingOf = createStandings(parts)

  return function authenticateCaller(token, correlationId, occasion) {
    let sender: Sender | undefined
    function admit(recognised: RecognisedToken): AuthenticatedCaller | Promise<AuthenticatedCaller> {
      ;({ sender } = recognised)
      const known = suspensions.version()
      return whenReady(suspensions.current(), () =>
        whenReady(standingOf(recognised, occasion), (standing) => {
          if (suspensions.version() === known) return conclude(standing, recognised)
          // Suspensions came while this request waited, for them or for a profile: perhaps of this very token.
          return whenReady(recognise(token), (again) => conclude(standing, again))
        }),
      )
    }
    function conclude(standing: Standing, remembered: RememberedToken<Sender>): AuthenticatedCaller {
      if (suspensions.concernsUsers()) suspensions.check(factsWithProfile(token, standing, remembered.sender))
      const caller = callerOf(standing, remembered)
      auditAcceptance(audit, { principal: caller.principal, token, correlationId })
      return caller
    }
    function refuse(error: unknown): never {
      const refused = refusedSenderOf(error)
      const isNamed = refused !== undefined || isReplayed(error)
      auditRejection(audit, { error, correlationId, sender: refused ?? sender, named: isNamed ? token : undefined })
      throw error
    }
    try {
      const admitted = whenReady(recognise(token), admit)
      return admitted instanceof Promise ? admitted.catch(refuse) : admitted
    } catch (error) {
      return refuse(error)
    }
  }
}

type Standings = (recognised: RecognisedToken, occasion: object | undefined) => Standing | Promise<Standing>

/** What a sender may do; a token that may be used once is used up then. */
function createStandings({ rehydrate, spend }: Pick<AuthenticateCallerParts, 'rehydrate' | 'spend'>): Standings {
  return function standingOf({ sender, use }, occasion) {
    if (use === undefined) return rehydrate(sender)
    // After all that may be out of reach: who is told to come again must not find the token used up.
    return whenReady(rehydrate(sender), (standing) => whenReady(spend(use, occasion), () => standing))
  }
}

function isReplayed(error: unknown): boolean {
  return error instanceof TokenError && error.code === 'ERR_S2S_TOKEN_REPLAYED'
}

/** What is known once the profile of a user is there: someone who is suspended by its `id` has been let pass until now. */
function factsWithProfile(token: string, { parts: { user } }: Standing, { issuer, caller }: Sender): TokenFacts {
  const { claims } = signedPart(parseUnverifiedToken(token))
  return readTokenFacts(token, claims, { issuer, caller: { ...caller, user: user ?? caller.user } })
}

/** Callers bring one token for an hour: the last one is nearly always the same again. */
function callerOf(standing: Standing, { sender, issuedAt, expiresAt }: RememberedToken<Sender>): AuthenticatedCaller {
  const { effective, parts, last } = standing
  if (last?.principal.token.expiresAt === expiresAt && last.principal.token.issuedAt === issuedAt) return last
  const principal = createPrincipal(parts, { issuedAt, expiresAt })
  const caller = { principal, effective, inShadow: sender.issuer.shadow }
  standing.last = caller
  return caller
}
