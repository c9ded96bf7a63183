import type { AuditEvent } from 'passport-s2s'
import { call, type Answer } from './call.ts'
import type { ExampleServers } from './start-servers.ts'
import type { Chapter } from './story.ts'

/** What happened in one chapter. */
export interface ToldChapter {
  readonly isExpected: boolean
  /** For a terminal: the call, the answer and why. */
  readonly text: string
}

/** Makes the call of one chapter and says what came back and why. */
export async function tellChapter(chapter: Chapter, servers: ExampleServers): Promise<ToldChapter> {
  await chapter.before?.()
  const { method = 'GET', path = '/documents/7', expectedStatus } = chapter
  const server = chapter.overPlainHttp === true ? servers.plainServer : servers.documentServer
  const url = `${server.url}${path}`
  servers.events.length = 0
  const answer = await call(url, { ca: servers.documentCa, method, headers: await headersOf(chapter) })
  const refusal = servers.events.findLast((event) => event.code !== undefined)
  const isExpected = answer.status === expectedStatus && refusal?.code === chapter.expectedCode
  const verdict = isExpected ? 'as expected' : `UNEXPECTED: wanted ${expectedStatus}`
  const lines = [chapter.title, `${method} ${url}`, `${answer.status} ${verdict}`, explain(answer, refusal)]
  return { isExpected, text: lines.join('\n    ') }
}

async function headersOf({ authorization }: Chapter): Promise<Record<string, string>> {
  return authorization === undefined ? {} : { authorization: await authorization() }
}

/** Why: the operator's view, from the audit event; or what the caller got. */
function explain(answer: Answer, refusal: AuditEvent | undefined): string {
  if (refusal?.code !== undefined) return `${refusal.code}: ${refusal.reason ?? ''}`
  if (answer.status === 401) return `WWW-Authenticate: ${answer.headers['www-authenticate'] ?? ''}`
  return answer.body
}
