import { systemClock } from '../foundation/clock.ts'
import type { ErrorCode } from '../foundation/error-codes.ts'
import { S2SError, TokenError } from '../foundation/errors.ts'
import type { AuthenticatedCaller } from '../permissions/authenticate-caller.ts'
import { createCallerAuthenticator } from '../permissions/caller-authenticator.ts'
import type { VerifierOptions } from '../permissions/caller-options.ts'
import type { Permission } from '../permissions/scope.ts'
import type { TrustedIssuers } from '../trust/trusted-issuers.ts'
import type { Resources } from '../express/resource-guard.ts'
import { readAskedIssuer } from './asked-issuer.ts'
import { cleanToken } from './diagnoses/clean-token.ts'
import { diagnoseToken } from './diagnoses/diagnose-token.ts'
import { readDoctorOptions, type DoctorOptions } from './doctor-options.ts'
import { explainResources, type RefusedResource, type ResourceExplanation } from './explain-resources.ts'
import type { FormerKey } from './former-keys.ts'
import { listChecks, type TokenCheck } from './token-checks.ts'
import { readSubject, type TokenSubject } from './token-subject.ts'

/** What is known besides the token. */
export interface ExplainContext {
  /** The resource table of the guard: says what the caller would be allowed to do. */
  readonly resources?: Resources
  /** The rights of the user to assume, where the server's `userRights` is a function: it is not called. */
  readonly userRights?: Iterable<Permission>
  /** Keys that issuers had before; see `FormerKey`. */
  readonly formerKeys?: readonly FormerKey[]
}

/** Why a token is accepted or refused, in plain frozen data. Holds nothing of the token's text. */
export interface TokenExplanation {
  /** What the verifier of a server with these options says. */
  readonly accepted: boolean
  /** One line: the true cause and the one change that would end it; or who calls, and what is still missing. */
  readonly verdict: string
  /** Stable name of the cause, such as `issuer-slash`; `accepted`. */
  readonly kind: string
  /** The code of the refusal. */
  readonly code?: ErrorCode
  readonly cause?: string
  readonly fix?: string
  /** Every check, in the order in which they are made. */
  readonly checks: readonly TokenCheck[]
  /** Of a text with more than the token in it: how the token alone fares. */
  readonly beneath?: Pick<TokenExplanation, 'accepted' | 'verdict' | 'kind'>
  /** Of an accepted token, where `resources` are given: what it would be allowed to do. */
  readonly resources?: readonly ResourceExplanation[]
}

/**
 * Explains why a token is accepted or refused here. The verifier of a server with these options decides; everything else
 * only compares and reads, to name the cause.
 *
 * Fetches what the verifier fetches (and asks the issuer that it asks) and, where a key is the cause, what the issuer publishes: configured addresses only.
 * Asks `findProfiles`, never `userRights` nor functions of the resource table. Does not check how the token travels (TLS, see
 * `checkServer`). Writes no audit event to `onAuditEvent`.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`; never because of the token
 */
export async function explainToken(
  options: DoctorOptions,
  text: string,
  context: ExplainContext = {},
): Promise<TokenExplanation> {
  const server = readDoctorOptions(options)
  const { authenticate, issuers, suspensions } = createCallerAuthenticator(server)
  try {
    const given: Examination = {
      server,
      issuers,
      context,
      authenticate: (token) => authenticate(token, () => 'doctor'),
    }
    const explained = await explain(text, given)
    const cleaned = cleanToken(text)
    if (explained.accepted || cleaned.removed.length === 0 || cleaned.text === '') return Object.freeze(explained)
    const { accepted, verdict, kind } = await explain(cleaned.text, given)
    return Object.freeze({ ...explained, beneath: { accepted, verdict, kind } })
  } finally {
    issuers.close()
    suspensions.close()
  }
}

interface Examination {
  readonly server: VerifierOptions
  readonly issuers: TrustedIssuers
  readonly context: ExplainContext
  authenticate(this: void, token: string): AuthenticatedCaller | Promise<AuthenticatedCaller>
}

type Outcome =
  | { readonly caller: AuthenticatedCaller; readonly error?: undefined }
  | { readonly error: S2SError; readonly isForeign?: true }

async function explain(
  text: string,
  { server, issuers, context, authenticate }: Examination,
): Promise<TokenExplanation> {
  const outcome = await ask(text, authenticate)
  const subject = readSubject({
    text,
    error: outcome.error,
    issuers: issuers.list(),
    asked: readAskedIssuer(text, issuers),
    options: server,
    formerKeys: context.formerKeys ?? [],
    now: (server.clock ?? systemClock)(),
  })
  const checks = listChecks(subject)
  if (outcome.error === undefined) return explainAccepted(outcome.caller, { subject, checks, context })
  if (outcome.isForeign === true) return { ...undecided, checks: checks.map(({ code: _code, ...check }) => check) }
  const { code } = outcome.error
  const diagnosis = await diagnoseToken(subject, outcome.error)
  const verdict = `Refused (${code}): ${diagnosis.cause}. Fix: ${diagnosis.fix}.`
  return { accepted: false, verdict, code, ...diagnosis, checks }
}

const undecided = {
  accepted: false,
  verdict:
    'Not decided: a function of the application (callerKind or the clock) threw an error, and the server answers 500. Fix: mend the function.',
  kind: 'application-error',
} as const

/** An error that is none of ours comes from a function of the application, such as `callerKind`: it refuses, too. */
async function ask(text: string, authenticate: Examination['authenticate']): Promise<Outcome> {
  try {
    return { caller: await authenticate(text) }
  } catch (error) {
    if (error instanceof S2SError) return { error }
    const reason = 'a function of the application threw an error'
    return { error: new TokenError('ERR_S2S_CALLER_REFUSED', reason), isForeign: true }
  }
}

interface Accepted {
  readonly subject: TokenSubject
  readonly checks: readonly TokenCheck[]
  readonly context: ExplainContext
}

/** Who calls; and where resources are given and none would be open to it, why the first one would not. */
function explainAccepted(caller: AuthenticatedCaller, { subject, checks, context }: Accepted): TokenExplanation {
  const accepted = { accepted: true, kind: 'accepted', checks } as const
  const who = describeCaller(caller, subject)
  if (context.resources === undefined) return { ...accepted, verdict: `${who}.` }
  const { options } = subject
  const resources = explainResources(caller, { subject, options, context, resources: context.resources })
  const refused = resources.filter((one) => one.outcome === 'refused')
  const [first] = refused
  if (first === undefined || refused.length < resources.length) {
    const open = `open to it are ${resources.length - refused.length} of ${resources.length} resources`
    return { ...accepted, resources, verdict: `${who}; ${open}.` }
  }
  return { ...accepted, resources, ...closed(first, who) }
}

function closed(
  { resource, code, kind, cause, fix }: RefusedResource,
  who: string,
): Pick<TokenExplanation, 'verdict' | 'kind' | 'cause' | 'fix'> {
  const verdict = `${who}, but nothing is open to it: ${resource} is refused (${code}), ${cause}. Fix: ${fix}.`
  return { verdict, kind, cause, fix }
}

function describeCaller({ principal }: AuthenticatedCaller, { show }: TokenSubject): string {
  const { application, issuer, kind, user } = principal
  const named = [user?.id, user?.upn, user?.smtp, user?.sip].find((id) => id !== undefined)
  const acting = kind === 'app' ? 'on its own' : `for the user ${show(named)}`
  return `Accepted: the application ${show(application.id)} of ${issuer} calls ${acting}`
}
