import type { AuditEvent } from 'passport-s2s'
import { call } from './call.ts'
import type { ExampleServers } from './start-servers.ts'
import type { BareChapter, Chapter, ClientChapter } from './chapter.ts'

/** What happened in one chapter. */
export interface ToldChapter {
  readonly isExpected: boolean
  /** For a terminal: the call, the answer and why. */
  readonly text: string
}

interface Answer {
  /** What was called. */
  readonly line: string
  readonly status: number
  readonly challenge: string | undefined
  readonly body: string
}

/** Makes the call of one chapter and says what came back and why. */
export async function tellChapter(chapter: Chapter, servers: ExampleServers): Promise<ToldChapter> {
  await chapter.before?.()
  servers.events.length = 0
  const answer = chapter.client === undefined ? await callBare(chapter, servers) : await callThrough(chapter)
  const refusal = servers.events.findLast((event) => event.code !== undefined)
  const isExpected = answer.status === chapter.expectedStatus && refusal?.code === chapter.expectedCode
  const verdict = isExpected ? 'as expected' : `UNEXPECTED: wanted ${chapter.expectedStatus}`
  const lines = [chapter.title, answer.line, `${answer.status} ${verdict}`, explain(answer, refusal)]
  return { isExpected, text: lines.join('\n    ') }
}

async function callBare(chapter: BareChapter, servers: ExampleServers): Promise<Answer> {
  const { method = 'GET', path = '/documents/7', authorization } = chapter
  const server = chapter.overPlainHttp === true ? servers.plainServer : servers.documentServer
  const url = `${server.url}${path}`
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization: await authorization() }
  const { status, headers: received, body } = await call(url, { ca: servers.documentCa, method, headers })
  return { line: `${method} ${url}`, status, challenge: received['www-authenticate'], body }
}

async function callThrough({ client, path, init = {} }: ClientChapter): Promise<Answer> {
  const answer = await client.fetch(path, init)
  const challenge = answer.headers.get('www-authenticate') ?? undefined
  const line = `${init.method ?? 'GET'} ${path} through s2s.client()`
  return { line, status: answer.status, challenge, body: await answer.text() }
}

/** Why: the operator's view, from the audit event; or what the caller got. */
function explain({ status, challenge, body }: Answer, refusal: AuditEvent | undefined): string {
  if (refusal?.code !== undefined) return `${refusal.code}: ${refusal.reason ?? ''}`
  if (status === 401) return `WWW-Authenticate: ${challenge ?? ''}`
  return body
}
