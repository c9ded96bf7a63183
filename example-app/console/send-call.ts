import { randomUUID } from 'node:crypto'
import type { AuditEvent, DecisionDerivation } from 'passport-s2s'
import { sendChapter, type ChapterAnswer } from '../send-chapter.ts'
import { correlationIdHeader, type ExampleServers } from '../start-servers.ts'
import { judgeChecks, type CheckResult } from './checks.ts'
import type { Journal } from './journal.ts'
import type { PreparedCall } from './prepared-calls.ts'

/** What became of a prepared call. */
export interface CallResult {
  readonly title: string
  readonly answer: ChapterAnswer
  readonly checks: readonly CheckResult[]
  /** What the operator reads of a refusal. */
  readonly refusal: AuditEvent | undefined
  /** How permissions were weighed, when it came to that. */
  readonly derivation: DecisionDerivation | undefined
}

/** Sends a prepared call and brings the answer together with what the server recorded of it. */
export async function sendCall(
  call: PreparedCall,
  { servers, journal }: { readonly servers: ExampleServers; readonly journal: Journal },
): Promise<CallResult> {
  const correlationId = randomUUID()
  const events: AuditEvent[] = []
  const stop = journal.onEvent((event) => {
    if (event.correlationId === correlationId) events.push(event)
  })
  try {
    const answer = await sendChapter(call, servers, { [correlationIdHeader]: correlationId })
    const checks = judgeChecks({ status: answer.status, events, forUser: call.forUser === true })
    const refusal = events.findLast(({ code }) => code !== undefined)
    return { title: call.title, answer, checks, refusal, derivation: events.at(-1)?.derivation }
  } finally {
    stop()
  }
}
