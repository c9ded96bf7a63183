import { call } from './call.ts'
import type { BareChapter, Chapter, ClientChapter, ToolChapter } from './chapter.ts'
import { runAssistant } from './mcp/run-assistant.ts'
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
  if (chapter.tool !== undefined) return useTool(chapter, servers)
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

/** The client of the SDK sends no headers of ours. */
async function useTool({ tool, scope }: ToolChapter, servers: ExampleServers): Promise<ChapterAnswer> {
  const { notes, openIdProvider } = servers
  notes.trace.lines.length = 0
  const { content = [], code = 200 } = await runAssistant({
    ca: notes.callersCa,
    url: notes.resource,
    issuer: openIdProvider.url,
    ...openIdProvider.assistants.withSecret,
    tool,
    scope,
  })
  const way = notes.trace.lines.slice(0, notes.trace.lines.indexOf('POST /mcp 200') + 1)
  const line = `${tool} of ${notes.resource} through the client of the MCP SDK`
  return { line, status: code, challenge: undefined, body: [...way, ...content.map(({ text }) => text)].join('\n    ') }
}
