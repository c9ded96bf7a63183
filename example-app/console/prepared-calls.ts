import { bearer, type Chapter } from '../chapter.ts'
import { documentAudience } from '../document-service.ts'
import { createHandmadeTokens, type HandmadeTokens } from '../handmade-tokens.ts'
import { dana, mallory } from '../people.ts'
import { archiveJobId } from '../report-server.ts'
import type { ExampleServers } from '../start-servers.ts'
import { prepareForgeries, prepareUnjudgedCalls } from './prepared-refusals.ts'

/** A call to the document service that waits to be sent. */
export type PreparedCall = Chapter & {
  /** In the form. */
  readonly name: string
  readonly explanation: string
  readonly forUser?: true
}

/** Calls that show one thing. */
export interface CallGroup {
  readonly title: string
  readonly calls: readonly PreparedCall[]
}

/** The calls of the console: what is let in, and at least one that fails at each kind of check. */
export function prepareCalls(servers: ExampleServers): readonly CallGroup[] {
  const tokens = createHandmadeTokens(servers.reportS2S, servers.clock)
  return [
    { title: 'Good calls', calls: prepareGoodCalls(servers) },
    {
      title: 'Trusted, but not permitted',
      calls: [...prepareUnpermittedApplications(servers, tokens), ...prepareUnpermittedUsers(servers)],
    },
    { title: 'Not believed', calls: prepareForgeries(servers, tokens) },
    { title: 'Not judged', calls: prepareUnjudgedCalls(servers, tokens) },
  ]
}

function prepareGoodCalls({ documents }: ExampleServers): readonly PreparedCall[] {
  return [
    {
      name: 'good',
      title: 'The report server reads a document',
      explanation: 'As itself, with a token that s2s.client() makes for exactly this server.',
      client: documents,
      path: '/documents/7',
      expectedStatus: 200,
    },
    {
      name: 'good-for-user',
      title: 'It reads one for Dana',
      explanation: 'The same application, on behalf of a user whom the document service knows.',
      client: documents,
      path: '/documents/7',
      init: { onBehalfOf: dana },
      forUser: true,
      expectedStatus: 200,
    },
  ]
}

function prepareUnpermittedApplications(servers: ExampleServers, tokens: HandmadeTokens): readonly PreparedCall[] {
  const { documentServer, openIdProvider } = servers
  return [
    {
      name: 'missing-scope',
      title: 'Billing writes with a scope to read',
      explanation: 'A good token of the OpenID provider (OAuth 2.0), for documents.read only.',
      method: 'PUT',
      authorization: bearer(() => openIdProvider.token(documentAudience, 'documents.read')),
      expectedStatus: 403,
      expectedCode: 'ERR_S2S_SCOPE_MISSING',
    },
    {
      name: 'missing-grant',
      title: 'The archive job reads',
      explanation: 'The report server vouches for it, but nobody here granted it anything.',
      authorization: bearer(() => tokens.appOnly(archiveJobId, new URL(documentServer.url).host)),
      expectedStatus: 403,
      expectedCode: 'ERR_S2S_GRANT_MISSING',
    },
  ]
}

function prepareUnpermittedUsers({ documents }: ExampleServers): readonly PreparedCall[] {
  return [
    {
      name: 'missing-right',
      title: 'The report server writes for Dana',
      explanation: 'It may write, but she may only read: both must hold the permission.',
      client: documents,
      path: '/documents/7',
      init: { method: 'PUT', onBehalfOf: dana },
      forUser: true,
      expectedStatus: 403,
      expectedCode: 'ERR_S2S_USER_RIGHT_MISSING',
    },
    {
      name: 'unknown-user',
      title: 'It reads for Mallory',
      explanation: 'A user whom nobody knows at the document service.',
      client: documents,
      path: '/documents/7',
      init: { onBehalfOf: mallory },
      forUser: true,
      expectedStatus: 403,
      expectedCode: 'ERR_S2S_USER_NOT_FOUND',
    },
  ]
}
