import { call } from './call.ts'
import type { BareChapter, Chapter, ClientChapter } from './chapter.ts'
import type { ExampleServers } from './start-servers.ts'

/** What the caller got. */
export interface ChapterAnswer {
  /** What was called. */
  readonly line: string
  readonly status: number
  readonly challenge: string | undefined
  readonly body: string
}

/** Makes the call of one chapter, with these headers beside its own. */
export function sendChapter(
  chapter: Chapter,
  servers: ExampleServers,
  headers: Readonly<Record<string, string>> = {},
): Promise<ChapterAnswer> {
  return chapter.client === undefined ? sendBare(chapter, servers, headers) : sendThrough(chapter, headers)
}

async function sendBare(
  { method = 'GET', path = '/documents/7', authorization, overPlainHttp }: BareChapter,
  servers: ExampleServers,
  given: Readonly<Record<string, string>>,
): Promise<ChapterAnswer> {
  const server = overPlainHttp === true ? servers.plainServer : servers.documentServer
  const url = `${server.url}${path}`
  const headers = authorization === undefined ? given : { ...given, authorization: await authorization() }
  const { status, headers: received, body } = await call(url, { ca: servers.documentCa, method, headers })
  return { line: `${method} ${url}`, status, challenge: received['www-authenticate'], body }
}

async function sendThrough(
  { client, path, init = {} }: ClientChapter,
  headers: Readonly<Record<string, string>>,
): Promise<ChapterAnswer> {
  const answer = await client.fetch(path, { ...init, headers })
  const challenge = answer.headers.get('www-authenticate') ?? undefined
  const line = `${init.method ?? 'GET'} ${path} through s2s.client()`
  return { line, status: answer.status, challenge, body: await answer.text() }
}
