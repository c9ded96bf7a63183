import express, { type Express } from 'express'
import type { S2S, S2SOptions } from 'passport-s2s'
import { describeCaller, documentServiceId } from './document-service.ts'
import { findPeople } from './people.ts'

/** The id of the report server, which signs for itself and for the archive job beside it. */
export const reportServerId = '5e2f1a90-7c44-4d0b-9a6e-3f8b1d27c605'
/** The realm of the report server: each server has its own. */
export const reportRealm = '52aa6841-b76b-4ed4-a3d7-a259fce1dfa2'
/** An application the report server vouches for, which was granted nothing. */
export const archiveJobId = '4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28'

/** Who the report server is, and whom it believes. */
export interface ReportServerOptions {
  readonly common: Pick<S2SOptions, 'ca' | 'clock' | 'correlationIdHeader' | 'onAuditEvent'>
  readonly host: string
  readonly signingKeys: NonNullable<S2SOptions['self']>['signingKeys'] & object
  /** The metadata document of the document service. */
  readonly documentServiceMetadata: string
}

/** How passport-s2s is wired for the report server: `createS2S` takes it as it is. */
export function reportOptions(options: ReportServerOptions): S2SOptions {
  return {
    ...options.common,
    self: {
      clientId: reportServerId,
      realm: reportRealm,
      hosts: [options.host],
      advertise: true,
      signingKeys: options.signingKeys,
    },
    trustedIssuers: [
      {
        type: 's2s-metadata',
        name: 'document service',
        metadataEndpoint: options.documentServiceMetadata,
        allowDelegation: { applications: [documentServiceId] },
      },
    ],
    grants: [
      { issuer: 'document service', application: documentServiceId, permissions: ['reports.read'], appOnly: true },
    ],
    findProfiles: findPeople,
  }
}

/** The report server: it publishes its metadata, and guards with one middleware. */
export function createReportServer(s2s: S2S): Express {
  const app = express()
  app.disable('x-powered-by')
  app.use(s2s.metadataRouter(), s2s.protect({ 'GET /reports/:id': 'reports.read' }))
  app.get('/reports/:id', (request, response) => {
    response.json({ report: request.params.id, readBy: describeCaller(s2s, request) })
  })
  app.use(s2s.errorResponder())
  return app
}
