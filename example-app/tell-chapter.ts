import type { AuditEvent } from 'passport-s2s'
import type { Chapter } from './chapter.ts'
import { sendChapter, type ChapterAnswer } from './send-chapter.ts'
import type { ExampleServers } from './start-servers.ts'

/** What happened in one chapter. */
export interface ToldChapter {
  readonly isExpected: boolean
  /** For a terminal: the call, the answer and why. */
  readonly text: string
}

/** Makes the call of one chapter and says what came back and why. */
export async function tellChapter(chapter: Chapter, servers: ExampleServers): Promise<ToldChapter> {
  await chapter.before?.()
  servers.events.length = 0
  const answer = await sendChapter(chapter, servers)
  const refusal = servers.events.findLast((event) => event.code !== undefined)
  const isExpected = answer.status === chapter.expectedStatus && refusal?.code === chapter.expectedCode
  const verdict = isExpected ? 'as expected' : `UNEXPECTED: wanted ${chapter.expectedStatus}`
  const lines = [chapter.title, answer.line, `${answer.status} ${verdict}`, explain(answer, refusal)]
  return { isExpected, text: lines.join('\n    ') }
}

/** Why: the operator's view, from the audit event; or what the caller got. */
function explain({ status, challenge, body }: ChapterAnswer, refusal: AuditEvent | undefined): string {
  if (refusal?.code !== undefined) return `${refusal.code}: ${refusal.reason ?? ''}`
  if (status === 401) return `WWW-Authenticate: ${challenge ?? ''}`
  return body
}
