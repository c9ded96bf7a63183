import type { S2SClient, S2SFetchInit } from 'passport-s2s'
import { documentAudience } from './document-service.ts'
import { createHandmadeTokens, type HandmadeTokens } from './handmade-tokens.ts'
import { archiveJobId, reportServerId } from './report-server.ts'
import type { ExampleServers } from './start-servers.ts'

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
  readonly method?: 'GET' | 'PUT'
  readonly path?: string
  /** The value of the Authorization header; none when it is left out. */
  readonly authorization?: () => string | Promise<string>
  readonly overPlainHttp?: true
}

/** A call of one server to the other, through `s2s.client()`. */
export interface ClientChapter extends ChapterBase {
  readonly client: S2SClient
  readonly path: string
  readonly init?: S2SFetchInit
}

/** One call of the story and the answer it must get. */
export type Chapter = BareChapter | ClientChapter

/** The story: what is let in, in both directions, what is refused, and that an outage is neither. */
export function tellStory(servers: ExampleServers): readonly Chapter[] {
  const tokens = createHandmadeTokens(servers.reportS2S, servers.clock)
  return [
    ...tellWhoMayEnter(servers),
    ...tellUsers(servers),
    ...tellMissingPermissions(servers, tokens),
    ...tellAttacks(servers, tokens),
    ...tellOutage(servers, tokens),
  ]
}

const dana = { upn: 'dana@fabrikam.example', smtp: 'dana@fabrikam.example' }

function tellWhoMayEnter({ documents, reports, openIdProvider }: ExampleServers): readonly Chapter[] {
  return [
    { title: 'Nobody in particular asks for a document', expectedStatus: 401 },
    {
      title: 'A server asks who we are and whom we trust (empty credential)',
      authorization: () => 'Bearer',
      expectedStatus: 401,
    },
    {
      title: 'The report server reads a document as itself: it asked, and made a token for exactly this server',
      client: documents,
      path: '/documents/7',
      expectedStatus: 200,
    },
    {
      title: 'The other direction: the document service reads a report as itself',
      client: reports,
      path: '/reports/7',
      expectedStatus: 200,
    },
    {
      title: 'Billing reads a document with a token of the OpenID provider (OAuth 2.0)',
      authorization: bearer(() => openIdProvider.token(documentAudience, 'documents.read')),
      expectedStatus: 200,
    },
  ]
}

/** A token says who a user is elsewhere; exactly one profile must say who that is here. */
function tellUsers({ documents }: ExampleServers): readonly Chapter[] {
  const path = '/documents/7'
  return [
    {
      title: 'The report server reads it on behalf of Dana, whom the document service finds among its people',
      client: documents,
      path,
      init: { onBehalfOf: dana },
      expectedStatus: 200,
    },
    {
      title: 'There and back: the document service asks the report server on behalf of whom it was asked for',
      client: documents,
      path: '/documents/7/report',
      init: { onBehalfOf: dana },
      expectedStatus: 200,
    },
    {
      title: 'On behalf of Lee, who has two profiles: nobody guesses which',
      client: documents,
      path,
      init: { onBehalfOf: { smtp: 'lee@fabrikam.example' } },
      expectedStatus: 403,
      expectedCode: 'ERR_S2S_USER_AMBIGUOUS',
    },
    {
      title: 'On behalf of somebody whose names belong to two people',
      client: documents,
      path,
      init: { onBehalfOf: { upn: dana.upn, smtp: 'sam@fabrikam.example' } },
      expectedStatus: 403,
      expectedCode: 'ERR_S2S_USER_CONFLICT',
    },
    {
      title: 'On behalf of somebody nobody knows',
      client: documents,
      path,
      init: { onBehalfOf: { upn: 'mallory@fabrikam.example' } },
      expectedStatus: 403,
      expectedCode: 'ERR_S2S_USER_NOT_FOUND',
    },
  ]
}

function tellMissingPermissions(servers: ExampleServers, tokens: HandmadeTokens): readonly Chapter[] {
  const { documents, documentServer, openIdProvider } = servers
  return [
    {
      title: 'Billing writes, but its token has only the scope to read',
      method: 'PUT',
      authorization: bearer(() => openIdProvider.token(documentAudience, 'documents.read')),
      expectedStatus: 403,
      expectedCode: 'ERR_S2S_SCOPE_MISSING',
    },
    {
      title: 'The report server writes on behalf of Dana, who may only read',
      client: documents,
      path: '/documents/7',
      init: { method: 'PUT', onBehalfOf: dana },
      expectedStatus: 403,
      expectedCode: 'ERR_S2S_USER_RIGHT_MISSING',
    },
    {
      title: 'The archive job reads: trusted, but nobody granted it that',
      authorization: bearer(() => tokens.appOnly(archiveJobId, new URL(documentServer.url).host)),
      expectedStatus: 403,
      expectedCode: 'ERR_S2S_GRANT_MISSING',
    },
    {
      title: 'A trusted caller asks for a path that no entry of the table lists',
      client: documents,
      path: '/admin',
      expectedStatus: 403,
      expectedCode: 'ERR_S2S_RESOURCE_NOT_LISTED',
    },
  ]
}

function tellAttacks({ documentServer }: ExampleServers, tokens: HandmadeTokens): readonly Chapter[] {
  const { host } = new URL(documentServer.url)
  return [
    {
      title: 'A token that was made for another server',
      authorization: bearer(() => tokens.appOnly(reportServerId, 'mail.example.com')),
      expectedStatus: 401,
      expectedCode: 'ERR_S2S_AUDIENCE_MISMATCH',
    },
    {
      title: 'An unsigned token that says it is the report server (CVE-2023-29357)',
      authorization: bearer(() => tokens.unsigned(host)),
      expectedStatus: 401,
      expectedCode: 'ERR_S2S_ALGORITHM_NOT_ALLOWED',
    },
    {
      title: 'A good token over plain http: refused unread, and reported as exposed',
      overPlainHttp: true,
      authorization: bearer(() => tokens.appOnly(reportServerId, host)),
      expectedStatus: 403,
      expectedCode: 'ERR_S2S_TLS_REQUIRED',
    },
  ]
}

/** An outage is a 503 and never a 401; keys that are known go on serving. */
function tellOutage({ openIdProvider, unreachableIssuer }: ExampleServers, tokens: HandmadeTokens): readonly Chapter[] {
  let lastToken = ''
  return [
    {
      title: 'The OpenID provider goes down; its keys are still known',
      before: async () => {
        lastToken = await openIdProvider.token(documentAudience, 'documents.read')
        await openIdProvider.close()
      },
      authorization: () => `Bearer ${lastToken}`,
      expectedStatus: 200,
    },
    {
      title: 'A partner whose keys could never be fetched: nobody is guilty, try again later',
      authorization: bearer(() => tokens.partner(unreachableIssuer)),
      expectedStatus: 503,
      expectedCode: 'ERR_S2S_KEYS_UNREACHABLE',
    },
  ]
}

function bearer(make: () => string | Promise<string>): () => Promise<string> {
  return async () => `Bearer ${await make()}`
}
