import { bearer, type Chapter } from './chapter.ts'
import { documentAudience } from './document-service.ts'
import type { HandmadeTokens } from './handmade-tokens.ts'
import { dana } from './people.ts'
import { archiveJobId, reportServerId } from './report-server.ts'
import type { ExampleServers } from './start-servers.ts'

export function tellMissingPermissions(servers: ExampleServers, tokens: HandmadeTokens): readonly Chapter[] {
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

export function tellAttacks({ documentServer }: ExampleServers, tokens: HandmadeTokens): readonly Chapter[] {
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
export function tellOutage(
  { openIdProvider, unreachableIssuer }: ExampleServers,
  tokens: HandmadeTokens,
): readonly Chapter[] {
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
