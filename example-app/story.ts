import { SignJWT } from 'jose'
import { generateKeyPairSync } from 'node:crypto'
import { documentAudience, documentServiceId } from './document-service.ts'
import type { OpenIdProvider } from './openid-provider.ts'
import { archiveJobId, realm, type ReportServer } from './report-server.ts'

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
export interface Cast {
  readonly host: string
  readonly reportServer: ReportServer
  readonly openIdProvider: OpenIdProvider
  readonly unreachableIssuer: string
}

/** The story: what is let in, what is refused, and that an outage is neither. */
export function tellStory(cast: Cast): readonly Chapter[] {
  const { reportServer, openIdProvider } = cast
  const audience = `${documentServiceId}/${cast.host}@${realm}`
  const bearer = (token: string | Promise<string>) => async () => `Bearer ${await token}`
  return [
    { title: 'Nobody in particular asks for a document', expectedStatus: 401 },
    {
      title: 'A server asks who we are and whom we trust (empty credential)',
      authorization: () => 'Bearer',
      expectedStatus: 401,
    },
    {
      title: 'The report server reads a document as itself (S2S, app-only)',
      authorization: () => bearer(reportServer.appOnlyToken(audience))(),
      expectedStatus: 200,
    },
    {
      title: 'The report server reads it on behalf of Dana (S2S, actor token inside)',
      authorization: () => bearer(reportServer.userToken(audience, 'dana@fabrikam.example'))(),
      expectedStatus: 200,
    },
    {
      title: 'Billing reads it with a token of the OpenID provider (OAuth 2.0)',
      authorization: () => bearer(openIdProvider.token(documentAudience, 'documents.read'))(),
      expectedStatus: 200,
    },
    {
      title: 'Billing writes, but its token has only the scope to read',
      method: 'PUT',
      authorization: () => bearer(openIdProvider.token(documentAudience, 'documents.read'))(),
      expectedStatus: 403,
      expectedCode: 'ERR_S2S_SCOPE_MISSING',
    },
    {
      title: 'The report server writes on behalf of Dana, who may only read',
      method: 'PUT',
      authorization: () => bearer(reportServer.userToken(audience, 'dana@fabrikam.example'))(),
      expectedStatus: 403,
      expectedCode: 'ERR_S2S_USER_RIGHT_MISSING',
    },
    {
      title: 'The archive job reads: trusted, but nobody granted it anything',
      authorization: () => bearer(reportServer.appOnlyToken(audience, archiveJobId))(),
      expectedStatus: 403,
      expectedCode: 'ERR_S2S_GRANT_MISSING',
    },
    {
      title: 'A trusted caller asks for a path that no entry of the table lists',
      path: '/admin',
      authorization: () => bearer(reportServer.appOnlyToken(audience))(),
      expectedStatus: 403,
      expectedCode: 'ERR_S2S_RESOURCE_NOT_LISTED',
    },
    {
      title: 'A token that was made for another server',
      authorization: () => bearer(reportServer.appOnlyToken(`${documentServiceId}/mail.example.com@${realm}`))(),
      expectedStatus: 401,
      expectedCode: 'ERR_S2S_AUDIENCE_MISMATCH',
    },
    {
      title: 'An unsigned token that says it is the report server (CVE-2023-29357)',
      authorization: () => bearer(reportServer.unsignedToken(audience))(),
      expectedStatus: 401,
      expectedCode: 'ERR_S2S_ALGORITHM_NOT_ALLOWED',
    },
    {
      title: 'A good token over plain http: refused unread, and reported as exposed',
      overPlainHttp: true,
      authorization: () => bearer(reportServer.appOnlyToken(audience))(),
      expectedStatus: 403,
      expectedCode: 'ERR_S2S_TLS_REQUIRED',
    },
    ...tellOutage(cast),
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
