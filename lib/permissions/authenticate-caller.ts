import type { AuditLog } from '../audit/audit-log.ts'
import type { Presented } from '../binding/presented.ts'
import { provedByNothing, type ProvedBy, type ProvePossession } from '../binding/prove-possession.ts'
import { TokenError } from '../foundation/errors.ts'
import { whenReady } from '../foundation/when-ready.ts'
import { createPrincipal, type S2SPrincipal } from '../identity/principal.ts'
import type { TokenFacts } from '../suspension/match-suspension.ts'
import type { Suspensions } from '../suspension/suspensions.ts'
import { parseUnverifiedToken } from '../tokens/unverified-token.ts'
import { signedPart } from '../verification/signed-part.ts'
import type { RememberedToken } from '../verification/verified-token-cache.ts'
import { auditAcceptance, auditRejection } from './caller-audit.ts'
import type { JudgedCaller } from './caller-condition.ts'
import type { EffectivePermissions } from './effective-permissions.ts'
import { readTokenFacts } from './token-facts.ts'
import type { SpendToken } from './single-use.ts'
import { refusedSenderOf, type RecognisedToken, type RecogniseToken } from './token-memory.ts'
import type { Sender, Standing } from './token-senders.ts'

/** A caller whose token was verified, and what it may do on this server. */
export interface AuthenticatedCaller {
  readonly principal: S2SPrincipal
  readonly effective: EffectivePermissions
  /** Who it is, for resources that are for some callers only. */
  readonly judged: JudgedCaller
  /** Whether it comes from an issuer whose callers are not refused for want of a permission. */
  readonly inShadow: boolean
  /** How it proved that the token is its own. */
  readonly provedBy: ProvedBy
}

/** What came with a token. */
export interface TokenOccasion {
  /** The request itself: for all guards that see the same one, what may be used once is used once. */
  readonly request?: object | undefined
  /** What it brought to prove that the token is its own; `undefined` for a plain bearer token. */
  readonly presented?: Presented | undefined
}

/** Verifies a token and says who calls; a promise only when something must be waited for. */
export type AuthenticateCaller = (
  token: string,
  correlationId: () => string,
  occasion?: TokenOccasion,
) => AuthenticatedCaller | Promise<AuthenticatedCaller>

/** What it is put together from. */
export interface AuthenticateCallerParts {
  readonly recognise: RecogniseToken
  readonly provePossession: ProvePossession
  readonly rehydrate: (sender: Sender) => Standing | Promise<Standing>
  readonly suspensions: Suspensions
  readonly spend: SpendToken
  readonly audit: AuditLog
}

/**
 * Creates the whole way from a token to a caller. Emits one audit event for each token. Possession of what a token is bound to
 * is proved by every request, before anybody is looked up for it; a token that is bound to nothing waits for no proof.
 */
export function createAuthenticateCaller(parts: AuthenticateCallerParts): AuthenticateCaller {
  return function authenticateCaller(token, correlationId, occasion = noOccasion) {
    const attempt = new Attempt(parts, { token, correlationId, occasion })
    try {
      const admitted = whenReady(parts.recognise(token), (remembered) => attempt.admit(remembered))
      return admitted instanceof Promise ? admitted.catch((error: unknown) => attempt.refuse(error)) : admitted
    } catch (error) {
      return attempt.refuse(error)
    }
  }
}

const noOccasion: TokenOccasion = Object.freeze({})

interface Arrival {
  readonly token: string
  readonly correlationId: () => string
  readonly occasion: TokenOccasion
}

type Admitted = AuthenticatedCaller | Promise<AuthenticatedCaller>

/** One token on its way in. */
class Attempt {
  readonly #parts: AuthenticateCallerParts
  readonly #arrival: Arrival
  #sender: Sender | undefined
  #provedBy = provedByNothing

  constructor(parts: AuthenticateCallerParts, arrival: Arrival) {
    this.#parts = parts
    this.#arrival = arrival
  }

  admit(recognised: RecognisedToken): Admitted {
    const { suspensions, provePossession } = this.#parts
    const { token, occasion } = this.#arrival
    const { confirmation } = recognised
    const { presented } = occasion
    this.#sender = recognised.sender
    this.#provedBy = provedByNothing
    const known = suspensions.version()
    if (confirmation === undefined && presented?.scheme !== 'dpop') return this.#enter(recognised, known)
    return whenReady(provePossession({ token, confirmation }, presented), (provedBy) => {
      this.#provedBy = provedBy
      return this.#enter(recognised, known)
    })
  }

  #enter(recognised: RecognisedToken, known: number): Admitted {
    const { suspensions, rehydrate, spend } = this.#parts
    const { use } = recognised
    return whenReady(suspensions.current(), () =>
      whenReady(rehydrate(recognised.sender), (standing) => {
        if (use === undefined) return this.#judge(standing, recognised, known)
        // After all that may be out of reach: who is told to come again must not find the token used up.
        return whenReady(spend(use, this.#arrival.occasion.request), () => this.#judge(standing, recognised, known))
      }),
    )
  }

  #judge(standing: Standing, recognised: RecognisedToken, known: number): Admitted {
    const { suspensions, recognise } = this.#parts
    if (suspensions.version() === known) return this.#conclude(standing, recognised)
    // Suspensions came while this request waited, for them, a proof or a profile: perhaps of this very token.
    return whenReady(recognise(this.#arrival.token), (again) =>
      saysTheSame(again, recognised) ? this.#conclude(standing, again) : this.admit(again),
    )
  }

  #conclude(standing: Standing, remembered: RememberedToken<Sender>): AuthenticatedCaller {
    const { suspensions, audit } = this.#parts
    const { token, correlationId } = this.#arrival
    if (suspensions.concernsUsers()) suspensions.check(factsWithProfile(token, standing, remembered))
    const caller = callerOf(standing, remembered, this.#provedBy)
    auditAcceptance(audit, { principal: caller.principal, token, answer: remembered.answer, correlationId })
    return caller
  }

  refuse(error: unknown): never {
    const { token, correlationId } = this.#arrival
    const refused = refusedSenderOf(error)
    const sender = refused ?? this.#sender
    const isNamed = refused !== undefined || isReplayed(error)
    auditRejection(this.#parts.audit, { error, correlationId, sender, named: isNamed ? token : undefined })
    throw error
  }
}

function isReplayed(error: unknown): boolean {
  return error instanceof TokenError && error.code === 'ERR_S2S_TOKEN_REPLAYED'
}

/** An issuer that was asked again may say another thing of a token: then another proof, or other rights, are in question. */
function saysTheSame(again: RememberedToken<Sender>, before: RememberedToken<Sender>): boolean {
  return (
    again.sender === before.sender &&
    again.confirmation?.jkt === before.confirmation?.jkt &&
    again.confirmation?.['x5t#S256'] === before.confirmation?.['x5t#S256']
  )
}

/** What is known once the profile of a user is there: someone who is suspended by its `id` has been let pass until now. */
function factsWithProfile(
  text: string,
  { parts: { user } }: Standing,
  remembered: RememberedToken<Sender>,
): TokenFacts {
  const { answer, sender } = remembered
  const { issuer, caller } = sender
  const claims = answer ?? signedPart(parseUnverifiedToken(text)).claims
  return readTokenFacts({ text, claims, answer }, { issuer, caller: { ...caller, user: user ?? caller.user } })
}

/** Callers bring one token for an hour: the last one is nearly always the same again. */
function callerOf(
  standing: Standing,
  { sender, issuedAt, expiresAt }: RememberedToken<Sender>,
  provedBy: ProvedBy,
): AuthenticatedCaller {
  const { effective, parts, judged, last } = standing
  const isSame = last?.principal.token.expiresAt === expiresAt && last.principal.token.issuedAt === issuedAt
  if (isSame && last.provedBy === provedBy) return last
  const principal = createPrincipal(parts, { issuedAt, expiresAt }, provedBy)
  const caller = { principal, effective, judged, inShadow: sender.issuer.shadow, provedBy }
  standing.last = caller
  return caller
}
