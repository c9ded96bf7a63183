import { documentAudience } from './document-service.ts'
import { createHandmadeTokens } from './handmade-tokens.ts'
import { bearer, type Chapter } from './chapter.ts'
import { dana, lee, mallory, sam } from './people.ts'
import type { ExampleServers } from './start-servers.ts'
import { tellAttacks, tellMissingPermissions, tellOutage } from './story-refusals.ts'

/** The story: what is let in, in both directions, what is refused, and that an outage is neither. */
export function tellStory(servers: ExampleServers): readonly Chapter[] {
  const tokens = createHandmadeTokens(servers.reportS2S, servers.clock)
  return [
    ...tellWhoMayEnter(servers),
    ...tellUsers(servers),
    ...tellUnclearUsers(servers),
    ...tellAssistant(),
    ...tellMissingPermissions(servers, tokens),
    ...tellAttacks(servers, tokens),
    ...tellOutage(servers, tokens),
  ]
}

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
  ]
}

function tellUnclearUsers({ documents }: ExampleServers): readonly Chapter[] {
  const path = '/documents/7'
  return [
    {
      title: 'On behalf of Lee, who has two profiles: nobody guesses which',
      client: documents,
      path,
      init: { onBehalfOf: { smtp: lee.smtp } },
      expectedStatus: 403,
      expectedCode: 'ERR_S2S_USER_AMBIGUOUS',
    },
    {
      title: 'On behalf of somebody whose names belong to two people',
      client: documents,
      path,
      init: { onBehalfOf: { upn: dana.upn, smtp: sam.smtp } },
      expectedStatus: 403,
      expectedCode: 'ERR_S2S_USER_CONFLICT',
    },
    {
      title: 'On behalf of somebody nobody knows',
      client: documents,
      path,
      init: { onBehalfOf: { upn: mallory.upn } },
      expectedStatus: 403,
      expectedCode: 'ERR_S2S_USER_NOT_FOUND',
    },
  ]
}

/** Nobody tells the assistant where to get a token: our 401 does. */
function tellAssistant(): readonly Chapter[] {
  return [
    {
      title: 'An assistant uses a tool of an MCP server: by 401 and metadata it finds out where to get a token',
      tool: 'read_note',
      scope: 'notes.read',
      expectedStatus: 200,
    },
    {
      title:
        'It uses a tool that needs another scope, asks the provider once more, gets no more than before and gives up',
      tool: 'write_note',
      scope: 'notes.read',
      expectedStatus: 403,
      expectedCode: 'ERR_S2S_SCOPE_MISSING',
    },
  ]
}
