import type { RequestListener } from 'node:http'
import {
  createS2S,
  generateSigningKey,
  type AuditEvent,
  type S2S,
  type S2SClient,
  type S2SOptions,
  type SigningKeyOptions,
} from 'passport-s2s'
import { makeCertificate } from './certificates.ts'
import { createDocumentService, documentOptions } from './document-service.ts'
import { listen, type Listener } from './listen.ts'
import { startOpenIdProvider, type OpenIdProvider } from './openid-provider.ts'
import { startNotes, type NoteServer } from './mcp/start-notes.ts'
import { traceRequests } from './mcp/trace-requests.ts'
import { createReportServer, reportOptions } from './report-server.ts'
import { serveHttp, type RunningServer } from './serve.ts'
import { createStoryClock, type StoryClock } from './story-clock.ts'

/** Everything that runs in this example. */
export interface ExampleServers {
  readonly documentServer: RunningServer
  readonly documentS2S: S2S
  /** The document service without TLS: only to show that it refuses. */
  readonly plainServer: RunningServer
  readonly reportServer: RunningServer
  readonly reportS2S: S2S
  /** What the two were made of: who they are and whom they believe. Their signing keys are in it too. */
  readonly options: { readonly document: S2SOptions; readonly report: S2SOptions }
  /** How the report server calls the document service. */
  readonly documents: S2SClient
  /** How the document service calls the report server. */
  readonly reports: S2SClient
  readonly openIdProvider: OpenIdProvider
  /** An MCP server, and what it and the provider were asked. */
  readonly notes: NoteServer
  /** An issuer that is configured but never reached. */
  readonly unreachableIssuer: string
  /** The certificate that https calls to the document service are checked against. */
  readonly documentCa: string
  /** The last audit events of both servers, newest last. */
  readonly events: AuditEvent[]
  readonly clock: StoryClock
  close(): Promise<void>
}

const maximumEvents = 1000
const metadataPath = '/_layouts/15/metadata/json/1'
const unreachableIssuer = 'https://localhost:9'

/** The header whose value stands in the audit events of a call, so that both can be brought together. */
export const correlationIdHeader = 'x-correlation-id'

/** Receives the audit events of a server, by its name. */
export type ServerListener = (server: ServerName, event: AuditEvent) => void

type ServerName = 'document service' | 'report server' | 'note server'

/**
 * Starts the servers on free ports, with certificates and keys made now, and lets them read each other's metadata.
 *
 * @param listener gets all audit events, beside `events`
 */
export async function startServers(listener?: ServerListener): Promise<ExampleServers> {
  const [documentCertificate, reportCertificate, providerCertificate, noteCertificate] = await Promise.all([
    makeCertificate('Document service'),
    makeCertificate('Report server'),
    makeCertificate('OpenID provider'),
    makeCertificate('Note server'),
  ])
  const trace = traceRequests()
  const openIdProvider = await startOpenIdProvider(providerCertificate, (listener) => trace.watch(listener, 'provider'))
  const clock = createStoryClock()
  const { events, onEventOf } = collectEvents(listener)
  const ca = [documentCertificate, reportCertificate, providerCertificate].map(({ certificatePem }) => certificatePem)
  const common = { ca, clock: clock.now, correlationIdHeader }
  const documentServer = await listen(documentCertificate)
  const reportServer = await listen(reportCertificate)
  const pair = await startPair({ documentServer, reportServer, common, onEventOf, openIdIssuer: openIdProvider.url })
  const notes = await startNotes({
    certificate: noteCertificate,
    providerCertificate,
    trace,
    common: { ...common, onAuditEvent: onEventOf('note server') },
    openIdIssuer: openIdProvider.url,
  })

  async function close(): Promise<void> {
    pair.documentS2S.close()
    pair.reportS2S.close()
    const running = [documentServer, reportServer, pair.plainServer, openIdProvider, notes]
    await Promise.all(running.map((server) => server.close()))
  }
  const documentCa = documentCertificate.certificatePem
  const servers = { documentServer, reportServer, openIdProvider, notes }
  return { ...servers, ...pair, unreachableIssuer, documentCa, events, clock, close }
}

interface CollectedEvents {
  readonly events: AuditEvent[]
  readonly onEventOf: (server: ServerName) => (event: AuditEvent) => void
}

/** Keeps the last events, and hands all of them on. */
function collectEvents(listener: ServerListener | undefined): CollectedEvents {
  const events: AuditEvent[] = []
  const onEventOf = (server: ServerName) => (event: AuditEvent) => {
    if (events.push(event) > maximumEvents) events.shift()
    listener?.(server, event)
  }
  return { events, onEventOf }
}

interface PairParts {
  readonly documentServer: Listener
  readonly reportServer: Listener
  readonly common: Pick<S2SOptions, 'clock' | 'correlationIdHeader'> & { readonly ca: readonly string[] }
  readonly onEventOf: CollectedEvents['onEventOf']
  readonly openIdIssuer: string
}

type Pair = Pick<ExampleServers, 'documentS2S' | 'reportS2S' | 'options' | 'documents' | 'reports' | 'plainServer'>

/** The two applications: each knows of the other the address of its metadata, and nothing else. */
async function startPair({ documentServer, reportServer, common, onEventOf, openIdIssuer }: PairParts): Promise<Pair> {
  const { ca } = common
  const document = documentOptions({
    common: { ...common, onAuditEvent: onEventOf('document service') },
    host: hostOf(documentServer),
    signingKeys: { current: await makeSigningKey('Document service') },
    reportServerMetadata: reportServer.url + metadataPath,
    openIdIssuer,
    unreachableIssuer,
  })
  const report = reportOptions({
    common: { ...common, onAuditEvent: onEventOf('report server') },
    host: hostOf(reportServer),
    signingKeys: { current: await makeSigningKey('Report server') },
    documentServiceMetadata: documentServer.url + metadataPath,
  })
  const documentS2S = createS2S(document)
  const reportS2S = createS2S(report)
  const documents = reportS2S.client({ target: documentServer.url, ca })
  const reports = documentS2S.client({ target: reportServer.url, ca })
  const documentService = createDocumentService(documentS2S, reports) as RequestListener
  documentServer.serve(documentService)
  reportServer.serve(createReportServer(reportS2S) as RequestListener)
  await readMetadata(documentS2S, reportS2S)
  const plainServer = await serveHttp(documentService)
  return { documentS2S, reportS2S, options: { document, report }, documents, reports, plainServer }
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

function hostOf({ url }: RunningServer): string {
  return new URL(url).host
}
