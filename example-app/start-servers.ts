import type { RequestListener } from 'node:http'
import {
  generateSigningKey,
  type AuditEvent,
  type S2S,
  type S2SClient,
  type S2SOptions,
  type SigningKeyOptions,
} from 'passport-s2s'
import { makeCertificate, type OwnCertificate } from './certificates.ts'
import { createDocumentS2S, createDocumentService } from './document-service.ts'
import { startOpenIdProvider, type OpenIdProvider } from './openid-provider.ts'
import { createReportS2S, createReportServer } from './report-server.ts'
import { serveHttp, serveHttps, type RunningServer } from './serve.ts'
import { createStoryClock, type StoryClock } from './story-clock.ts'

/** Everything that runs in this example. */
export interface ExampleServers {
  readonly documentServer: RunningServer
  readonly documentS2S: S2S
  /** The document service without TLS: only to show that it refuses. */
  readonly plainServer: RunningServer
  readonly reportServer: RunningServer
  readonly reportS2S: S2S
  /** How the report server calls the document service. */
  readonly documents: S2SClient
  /** How the document service calls the report server. */
  readonly reports: S2SClient
  readonly openIdProvider: OpenIdProvider
  /** An issuer that is configured but never reached. */
  readonly unreachableIssuer: string
  /** The certificate that https calls to the document service are checked against. */
  readonly documentCa: string
  /** The audit events of both servers, newest last. */
  readonly events: AuditEvent[]
  readonly clock: StoryClock
  close(): Promise<void>
}

const metadataPath = '/_layouts/15/metadata/json/1'
const unreachableIssuer = 'https://localhost:9'

/** Starts the servers on free ports, with certificates and keys made now, and lets them read each other's metadata. */
export async function startServers(): Promise<ExampleServers> {
  const [documentCertificate, reportCertificate, providerCertificate] = await Promise.all([
    makeCertificate('Document service'),
    makeCertificate('Report server'),
    makeCertificate('OpenID provider'),
  ])
  const openIdProvider = await startOpenIdProvider(providerCertificate)
  const clock = createStoryClock()
  const events: AuditEvent[] = []
  const ca = [documentCertificate, reportCertificate, providerCertificate].map(({ certificatePem }) => certificatePem)
  const common = { ca, clock: clock.now, onAuditEvent: (event: AuditEvent) => events.push(event) }
  const documentServer = await listen(documentCertificate)
  const reportServer = await listen(reportCertificate)
  const pair = await startPair({ documentServer, reportServer, common, openIdIssuer: openIdProvider.url })

  async function close(): Promise<void> {
    pair.documentS2S.close()
    pair.reportS2S.close()
    const running = [documentServer, reportServer, pair.plainServer, openIdProvider]
    await Promise.all(running.map((server) => server.close()))
  }
  const documentCa = documentCertificate.certificatePem
  return { documentServer, reportServer, ...pair, openIdProvider, unreachableIssuer, documentCa, events, clock, close }
}

interface PairParts {
  readonly documentServer: Listener
  readonly reportServer: Listener
  readonly common: Pick<S2SOptions, 'clock' | 'onAuditEvent'> & { readonly ca: readonly string[] }
  readonly openIdIssuer: string
}

type Pair = Pick<ExampleServers, 'documentS2S' | 'reportS2S' | 'documents' | 'reports' | 'plainServer'>

/** The two applications: each knows of the other the address of its metadata, and nothing else. */
async function startPair({ documentServer, reportServer, common, openIdIssuer }: PairParts): Promise<Pair> {
  const { ca } = common
  const documentS2S = createDocumentS2S({
    common,
    host: hostOf(documentServer),
    signingKeys: { current: await makeSigningKey('Document service') },
    reportServerMetadata: reportServer.url + metadataPath,
    openIdIssuer,
    unreachableIssuer,
  })
  const reportS2S = createReportS2S({
    common,
    host: hostOf(reportServer),
    signingKeys: { current: await makeSigningKey('Report server') },
    documentServiceMetadata: documentServer.url + metadataPath,
  })
  const documents = reportS2S.client({ target: documentServer.url, ca })
  const reports = documentS2S.client({ target: reportServer.url, ca })
  const documentService = createDocumentService(documentS2S, reports) as RequestListener
  documentServer.serve(documentService)
  reportServer.serve(createReportServer(reportS2S) as RequestListener)
  await readMetadata(documentS2S, reportS2S)
  return { documentS2S, reportS2S, documents, reports, plainServer: await serveHttp(documentService) }
}

/** Each reads the other's metadata. One issuer of the document service is down, which must not keep it from starting. */
async function readMetadata(documentS2S: S2S, reportS2S: S2S): Promise<void> {
  await reportS2S.ready()
  await documentS2S.ready().catch(() => undefined)
}

/** The key pair of one server, by which others know it. */
export function makeSigningKey(commonName: string): Promise<SigningKeyOptions> {
  return generateSigningKey({ commonName, days: 30 })
}

interface Listener extends RunningServer {
  serve(app: RequestListener): void
}

/** A server must know its own host and port, so its application is made after it listens. */
async function listen(certificate: OwnCertificate): Promise<Listener> {
  let app: RequestListener | undefined
  const server = await serveHttps(certificate, (request, response) => {
    app?.(request, response)
  })
  return {
    ...server,
    serve: (given) => {
      app = given
    },
  }
}

function hostOf({ url }: RunningServer): string {
  return new URL(url).host
}
