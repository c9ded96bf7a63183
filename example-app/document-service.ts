import express, { type Express } from 'express'
import passport from 'passport'
import type { S2S, S2SClient, S2SOptions } from 'passport-s2s'
import { findPeople } from './people.ts'
import { archiveJobId, reportServerId } from './report-server.ts'

/** The document service's own id in the S2S protocol. */
export const documentServiceId = '00000003-0000-0ff1-ce00-000000000000'
/** The realm of the document service. */
export const documentRealm = '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011'
/** What OAuth tokens for the document service carry in `aud`. */
export const documentAudience = 'https://documents.example.com'

/** Whom the document service believes, and who it is. */
export interface DocumentServiceOptions {
  readonly common: Pick<S2SOptions, 'ca' | 'clock' | 'correlationIdHeader' | 'onAuditEvent'>
  readonly host: string
  readonly signingKeys: NonNullable<S2SOptions['self']>['signingKeys'] & object
  /** The metadata document of the report server: its name and keys are learnt there. */
  readonly reportServerMetadata: string
  readonly openIdIssuer: string
  /** An issuer that is configured but cannot be reached. */
  readonly unreachableIssuer: string
}

/** How passport-s2s is wired for the document service: `createS2S` takes it as it is. */
export function documentOptions(options: DocumentServiceOptions): S2SOptions {
  return {
    ...options.common,
    self: {
      clientId: documentServiceId,
      realm: documentRealm,
      hosts: [options.host],
      advertise: ['report server'],
      signingKeys: options.signingKeys,
    },
    audience: documentAudience,
    trustedIssuers: [
      {
        type: 's2s-metadata',
        name: 'report server',
        metadataEndpoint: options.reportServerMetadata,
        isTrustBroker: true, // it also vouches for the archive job
        allowDelegation: { applications: [reportServerId] },
      },
      { type: 'openid', name: 'openid provider', issuer: options.openIdIssuer },
      { type: 'openid', name: 'partner', issuer: options.unreachableIssuer },
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
    findProfiles: findPeople,
  }
}

/** The document service: existing REST routes, and two middlewares in front of them. */
export function createDocumentService(s2s: S2S, reportServer: S2SClient): Express {
  passport.use(s2s.strategy)
  const app = express()
  app.disable('x-powered-by')
  app.use(s2s.metadataRouter())
  app.use(
    passport.authenticate('s2s', { session: false, failWithError: true }),
    s2s.protectResources({
      'GET /documents/:id': 'documents.read',
      'GET /documents/:id/report': 'documents.read',
      'PUT /documents/:id': 'documents.write',
    }),
  )
  app.get('/documents/:id', (request, response) => {
    response.json({ document: request.params.id, readBy: describeCaller(s2s, request) })
  })
  app.get('/documents/:id/report', async (request, response) => {
    const caller = s2s.principalOf(request)
    const onBehalfOf = caller.kind === 'app' ? {} : { onBehalfOf: caller }
    const report = await reportServer.fetch(`/reports/${request.params.id}`, onBehalfOf)
    response.status(report.status).json({ document: request.params.id, report: await report.json() })
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

/** Who calls, for whom, and on whose word: `5e2f... for dana, vouched for by report server`. */
export function describeCaller(s2s: S2S, request: object): string {
  const { application, user, issuer } = s2s.principalOf(request)
  const actingFor = user === undefined ? '' : ` for ${user.profile?.id ?? user.id ?? 'somebody'}`
  return `${application.id}${actingFor}, vouched for by ${issuer}`
}
