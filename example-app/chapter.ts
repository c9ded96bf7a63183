import type { S2SClient, S2SFetchInit } from 'passport-s2s'

interface ChapterBase {
  readonly title: string
  /** Runs before the call. */
  readonly before?: () => Promise<void>
  readonly expectedStatus: number
  /** The code in the audit event; none when the call is let through, or no credential is sent. */
  readonly expectedCode?: string
}

/** A call with a header written by hand, as an attacker or curl would make it. */
export interface BareChapter extends ChapterBase {
  readonly client?: never
  readonly tool?: never
  readonly method?: 'GET' | 'PUT'
  readonly path?: string
  /** The value of the Authorization header; none when it is left out. */
  readonly authorization?: () => string | Promise<string>
  readonly overPlainHttp?: true
}

/** A call of one server to the other, through `s2s.client()`. */
export interface ClientChapter extends ChapterBase {
  readonly client: S2SClient
  readonly tool?: never
  readonly path: string
  readonly init?: S2SFetchInit
}

/** A call of a tool by a program that has the SDK of the Model Context Protocol, and no token yet. */
export interface ToolChapter extends ChapterBase {
  readonly client?: never
  readonly authorization?: never
  readonly tool: string
  /** What it asks the provider for. */
  readonly scope: string
}

/** One call of the story and the answer it must get. */
export type Chapter = BareChapter | ClientChapter | ToolChapter

/** The value of an Authorization header. */
export function bearer(make: () => string | Promise<string>): () => Promise<string> {
  return async () => `Bearer ${await make()}`
}
