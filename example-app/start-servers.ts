import type { RequestListener } from 'node:http'
import type { AuditEvent, S2S } from 'passport-s2s'
import { makeCertificate, type OwnCertificate } from './certificates.ts'
import { createDocumentS2S, createDocumentService, type Trust } from './document-service.ts'
import { startOpenIdProvider, type OpenIdProvider } from './openid-provider.ts'
import { startReportServer, type ReportServer } from './report-server.ts'
import { serveHttp, serveHttps, type RunningServer } from './serve.ts'

/** Everything that runs in this example. */
export interface ExampleServers {
  readonly documentServer: RunningServer
  /** The same application without TLS: only to show that it refuses. */
  readonly plainServer: RunningServer
  readonly reportServer: ReportServer
  readonly openIdProvider: OpenIdProvider
  /** An issuer that is configured but never reached. */
  readonly unreachableIssuer: string
  /** The certificate that https calls to the document service are checked against. */
  readonly documentCa: string
  readonly s2s: S2S
  /** The audit events of the document service, newest last. */
  readonly events: AuditEvent[]
  close(): Promise<void>
}

/** Starts the servers on free ports, with certificates made now. */
export async function startServers(): Promise<ExampleServers> {
  const [documentCertificate, reportCertificate, providerCertificate] = await Promise.all([
    makeCertificate('Document service'),
    makeCertificate('Report server'),
    makeCertificate('OpenID provider'),
  ])
  const reportServer = await startReportServer(reportCertificate)
  const openIdProvider = await startOpenIdProvider(providerCertificate)
  const believed: Omit<Trust, 'hosts' | 'onAuditEvent'> = {
    reportServer,
    openIdIssuer: openIdProvider.url,
    unreachableIssuer: 'https://localhost:9',
    ca: [reportCertificate.certificatePem, providerCertificate.certificatePem],
  }
  const service = await startDocumentService(documentCertificate, believed)
  const running = [service.documentServer, service.plainServer, reportServer, openIdProvider]

  async function close(): Promise<void> {
    service.s2s.close()
    await Promise.all(running.map((server) => server.close()))
  }
  return { ...service, ...believed, openIdProvider, documentCa: documentCertificate.certificatePem, close }
}

type DocumentService = Pick<ExampleServers, 'documentServer' | 'plainServer' | 's2s' | 'events'>

/** The service must know its own host and port, so it is made after its server listens. */
async function startDocumentService(
  certificate: OwnCertificate,
  believed: Omit<Trust, 'hosts' | 'onAuditEvent'>,
): Promise<DocumentService> {
  const service: { app?: RequestListener } = {}
  const documentServer = await serveHttps(certificate, (request, response) => {
    service.app?.(request, response)
  })
  const events: AuditEvent[] = []
  const s2s = createDocumentS2S({
    ...believed,
    hosts: [new URL(documentServer.url).host],
    onAuditEvent: (event) => events.push(event),
  })
  const app = createDocumentService(s2s) as RequestListener
  service.app = app
  return { documentServer, plainServer: await serveHttp(app), s2s, events }
}
