import type { IncomingMessage } from 'node:http'
import { decisionChannel, describeFailure } from '../audit/diagnostics-channels.ts'
import type { DecisionMessage } from '../audit/diagnostics-messages.ts'
import type { GuardContext } from './guard-context.ts'
import type { Refusal } from './refusal.ts'
import { recordOf } from './request-record.ts'

/** A request that was decided about, and by which server. */
export interface DecidedRequest {
  readonly request: IncomingMessage
  readonly context: Pick<GuardContext, 'audit'>
}

/** Tells how a guard answered: with the refusal of a missing caller, or with none. Nobody decides about a preflight that passes. */
export function tellAnswer(decided: DecidedRequest, refusal: Refusal | undefined): void {
  if (!decisionChannel.hasSubscribers) return
  if (refusal !== undefined) {
    tell(decided, { outcome: 'refused' })
    return
  }
  const { decided: entry, shadow } = recordOf(decided.request)
  if (entry === undefined) return
  tell(decided, { outcome: 'allowed', ...(shadow === undefined ? {} : { shadowCode: shadow.code }) })
}

/** Tells that a guard threw: a refusal, an outage, or an error of the application's own function. */
export function tellFailure(decided: DecidedRequest, error: unknown): void {
  if (decisionChannel.hasSubscribers) tell(decided, describeFailure(error))
}

function tell({ request, context }: DecidedRequest, conclusion: Omit<DecisionMessage, 'source' | 'issuer'>): void {
  const issuer = recordOf(request).caller?.principal.issuer
  const { source } = context.audit
  decisionChannel.publish({ source, ...conclusion, ...(issuer === undefined ? {} : { issuer }) })
}
