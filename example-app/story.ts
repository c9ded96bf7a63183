import { SignJWT } from 'jose'
import { generateKeyPairSync } from 'node:crypto'
import { documentAudience, documentServiceId } from './document-service.ts'
import { archiveJobId, realm } from './report-server.ts'
import type { ExampleServers } from './start-servers.ts'

/** One call of the story and the answer it must get. */
export interface Chapter {
  readonly title: string
  readonly method?: 'GET' | 'PUT'
  readonly path?: string
  /** The value of the Authorization header; none when it is left out. */
  readonly authorization?: () => string | Promise<string>
  readonly overPlainHttp?: true
  /** Runs before the call. */
  readonly before?: () => Promise<void>
  readonly expectedStatus: number
  /** The code in the audit event; none when the call is let through, or no credential is sent. */
  readonly expectedCode?: string
}

/** Who takes part. */
export type Cast = Pick<ExampleServers, 'documentServer' | 'reportServer' | 'openIdProvider' | 'unreachableIssuer'>

/** The story: what is let in, what is refused, and that an outage is neither. */
export function tellStory(cast: Cast): readonly Chapter[] {
  const tokens = makeTokens(cast)
  return [...tellWhoMayEnter(tokens), ...tellMissingPermissions(tokens), ...tellAttacks(tokens), ...tellOutage(cast)]
}

type Authorization = () => Promise<string>

interface Tokens {
  readonly reports: Authorization
  readonly reportsForDana: Authorization
  readonly archive: Authorization
  readonly billing: Authorization
  readonly forAnotherServer: Authorization
  readonly unsigned: Authorization
}

function makeTokens({ documentServer, reportServer, openIdProvider }: Cast): Tokens {
  const audience = `${documentServiceId}/${new URL(documentServer.url).host}@${realm}`
  const elsewhere = `${documentServiceId}/mail.example.com@${realm}`
  const bearer = (make: () => string | Promise<string>) => async (): Promise<string> => `Bearer ${await make()}`
  return {
    reports: bearer(() => reportServer.appOnlyToken(audience)),
    reportsForDana: bearer(() => reportServer.userToken(audience, 'dana@fabrikam.example')),
    archive: bearer(() => reportServer.appOnlyToken(audience, archiveJobId)),
    billing: bearer(() => openIdProvider.token(documentAudience, 'documents.read')),
    forAnotherServer: bearer(() => reportServer.appOnlyToken(elsewhere)),
    unsigned: bearer(() => reportServer.unsignedToken(audience)),
  }
}

function tellWhoMayEnter(tokens: Tokens): readonly Chapter[] {
  return [
    { title: 'Nobody in particular asks for a document', expectedStatus: 401 },
    {
      title: 'A server asks who we are and whom we trust (empty credential)',
      authorization: () => 'Bearer',
      expectedStatus: 401,
    },
    {
      title: 'The report server reads a document as itself (S2S, app-only)',
      authorization: tokens.reports,
      expectedStatus: 200,
    },
    {
      title: 'The report server reads it on behalf of Dana (S2S, actor token inside)',
      authorization: tokens.reportsForDana,
      expectedStatus: 200,
    },
    {
      title: 'Billing reads it with a token of the OpenID provider (OAuth 2.0)',
      authorization: tokens.billing,
      expectedStatus: 200,
    },
  ]
}

function tellMissingPermissions(tokens: Tokens): readonly Chapter[] {
  return [
    {
      title: 'Billing writes, but its token has only the scope to read',
      method: 'PUT',
      authorization: tokens.billing,
      expectedStatus: 403,
      expectedCode: 'ERR_S2S_SCOPE_MISSING',
    },
    {
      title: 'The report server writes on behalf of Dana, who may only read',
      method: 'PUT',
      authorization: tokens.reportsForDana,
      expectedStatus: 403,
      expectedCode: 'ERR_S2S_USER_RIGHT_MISSING',
    },
    {
      title: 'The archive job reads: trusted, but nobody granted it that',
      authorization: tokens.archive,
      expectedStatus: 403,
      expectedCode: 'ERR_S2S_GRANT_MISSING',
    },
    {
      title: 'A trusted caller asks for a path that no entry of the table lists',
      path: '/admin',
      authorization: tokens.reports,
      expectedStatus: 403,
      expectedCode: 'ERR_S2S_RESOURCE_NOT_LISTED',
    },
  ]
}

function tellAttacks(tokens: Tokens): readonly Chapter[] {
  return [
    {
      title: 'A token that was made for another server',
      authorization: tokens.forAnotherServer,
      expectedStatus: 401,
      expectedCode: 'ERR_S2S_AUDIENCE_MISMATCH',
    },
    {
      title: 'An unsigned token that says it is the report server (CVE-2023-29357)',
      authorization: tokens.unsigned,
      expectedStatus: 401,
      expectedCode: 'ERR_S2S_ALGORITHM_NOT_ALLOWED',
    },
    {
      title: 'A good token over plain http: refused unread, and reported as exposed',
      overPlainHttp: true,
      authorization: tokens.reports,
      expectedStatus: 403,
      expectedCode: 'ERR_S2S_TLS_REQUIRED',
    },
  ]
}

/** An outage is a 503 and never a 401; keys that are known go on serving. */
function tellOutage({ openIdProvider, unreachableIssuer }: Cast): readonly Chapter[] {
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
      authorization: async () => `Bearer ${await partnerToken(unreachableIssuer)}`,
      expectedStatus: 503,
      expectedCode: 'ERR_S2S_KEYS_UNREACHABLE',
    },
  ]
}

function partnerToken(issuer: string): Promise<string> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return new SignJWT({ client_id: 'partner', scope: 'documents.read' })
    .setProtectedHeader({ typ: 'at+jwt', alg: 'RS256', kid: 'partner' })
    .setIssuer(issuer)
    .setSubject('partner')
    .setAudience(documentAudience)
    .setIssuedAt()
    .setExpirationTime('10m')
    .sign(privateKey)
}
