import express, { type Express } from 'express'
import passport from 'passport'
import { createS2S, type AuditEvent, type S2S, type S2SUser } from 'passport-s2s'
import { realm, reportServerId, archiveJobId, type ReportServer } from './report-server.ts'

/** The document service's own id in the S2S protocol. */
export const documentServiceId = '00000003-0000-0ff1-ce00-000000000000'
/** What OAuth tokens for the document service carry in `aud`. */
export const documentAudience = 'https://documents.example.com'

/** Whom the document service believes. */
export interface Trust {
  readonly hosts: readonly string[]
  readonly reportServer: ReportServer
  readonly openIdIssuer: string
  /** An issuer that is configured but cannot be reached. */
  readonly unreachableIssuer: string
  /** The certificates that https connections of this example are checked against. */
  readonly ca: readonly string[]
  readonly onAuditEvent: (event: AuditEvent) => void
}

/** What users may do here, as the document service itself knows it. */
const rightsOfUsers: ReadonlyMap<string | undefined, readonly string[]> = new Map([
  ['dana@fabrikam.example', ['documents.read']],
])

function userRights(user: S2SUser): readonly string[] {
  return rightsOfUsers.get(user.upn) ?? []
}

/** Wires passport-s2s for the document service. */
export function createDocumentS2S(trust: Trust): S2S {
  return createS2S({
    self: { clientId: documentServiceId, realm, hosts: trust.hosts, advertise: ['report server'] },
    audience: documentAudience,
    ca: trust.ca,
    trustedIssuers: [
      {
        type: 's2s-metadata',
        name: 'report server',
        metadataEndpoint: trust.reportServer.metadataEndpoint,
        registeredIssuerName: `${reportServerId}@${realm}`,
        isTrustBroker: true,
        allowDelegation: { applications: [reportServerId] },
      },
      { type: 'openid', name: 'openid provider', issuer: trust.openIdIssuer },
      { type: 'openid', name: 'partner', issuer: trust.unreachableIssuer },
    ],
    grants: [
      {
        issuer: 'report server',
        application: reportServerId,
        permissions: ['documents.read', 'documents.write'],
        appOnly: true,
      },
      { issuer: 'report server', application: archiveJobId, permissions: [] },
    ],
    userRights,
    onAuditEvent: trust.onAuditEvent,
  })
}

/** The document service: existing REST routes, and two middlewares in front of them. */
export function createDocumentService(s2s: S2S): Express {
  passport.use(s2s.strategy)
  const app = express()
  app.disable('x-powered-by')
  app.use(
    passport.authenticate('s2s', { session: false, failWithError: true }),
    s2s.protectResources({
      'GET /documents/:id': 'documents.read',
      'PUT /documents/:id': 'documents.write',
    }),
  )
  app.get('/documents/:id', (request, response) => {
    response.json({ document: request.params.id, readBy: describeCaller(s2s, request) })
  })
  app.put('/documents/:id', (request, response) => {
    response.json({ document: request.params.id, writtenBy: describeCaller(s2s, request) })
  })
  app.get('/admin', (_request, response) => {
    response.json({ never: 'reached: no entry of the table lists it' })
  })
  app.use(s2s.errorResponder())
  return app
}

function describeCaller(s2s: S2S, request: object): string {
  const { application, user, issuer } = s2s.principalOf(request)
  const actingFor = user === undefined ? '' : ` for ${user.upn ?? user.id ?? 'somebody'}`
  return `${application.id}${actingFor}, vouched for by ${issuer}`
}
