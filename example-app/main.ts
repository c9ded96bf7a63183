import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditEvent } from 'passport-s2s'
import { call, type Answer } from './call.ts'
import { makeCertificate } from './certificates.ts'
import { createDocumentS2S, createDocumentService } from './document-service.ts'
import { startOpenIdProvider } from './openid-provider.ts'
import { startReportServer } from './report-server.ts'
import { serveHttp, serveHttps } from './serve.ts'
import { tellStory, type Chapter } from './story.ts'

/** `npm start` tells the story and goes on serving; `npm start -- --once` ends with 0 if every answer was as expected. */
const once = process.argv.includes('--once')

const [documentCertificate, reportCertificate, providerCertificate] = await Promise.all([
  makeCertificate('Document service'),
  makeCertificate('Report server'),
  makeCertificate('OpenID provider'),
])
const reportServer = await startReportServer(reportCertificate)
const openIdProvider = await startOpenIdProvider(providerCertificate)
const events: AuditEvent[] = []
const unreachableIssuer = 'https://localhost:9'

let app: ReturnType<typeof createDocumentService> | undefined
const documentServer = await serveHttps(documentCertificate, (request, response) => app?.(request, response))
const host = new URL(documentServer.url).host
const s2s = createDocumentS2S({
  hosts: [host],
  reportServer,
  openIdIssuer: openIdProvider.url,
  unreachableIssuer,
  ca: [reportCertificate.certificatePem, providerCertificate.certificatePem],
  onAuditEvent: (event) => events.push(event),
})
app = createDocumentService(s2s)
const plainServer = await serveHttp(app)

console.log(`The document service:   ${documentServer.url}  (guarded by passport-s2s)`)
console.log(`The report server:      ${reportServer.url}  (S2S, publishes its metadata)`)
console.log(`The OpenID provider:    ${openIdProvider.url}  (OAuth 2.0)\n`)

let surprises = 0
const chapters = tellStory({ host, reportServer, openIdProvider, unreachableIssuer })
for (const [index, chapter] of chapters.entries()) {
  if (!(await tellChapter(index + 1, chapter))) surprises += 1
}
console.log(
  surprises === 0
    ? `${chapters.length} calls, every answer as the story says.`
    : `${surprises} of ${chapters.length} answers were not as the story says.`,
)

if (once) {
  s2s.close()
  await Promise.all([documentServer.close(), plainServer.close(), reportServer.close(), openIdProvider.close()])
  process.exitCode = surprises === 0 ? 0 : 1
} else {
  await printCurlLines()
}

async function tellChapter(number: number, chapter: Chapter): Promise<boolean> {
  await chapter.before?.()
  const base = chapter.overPlainHttp === true ? plainServer.url : documentServer.url
  const url = `${base}${chapter.path ?? '/documents/7'}`
  const authorization = await chapter.authorization?.()
  events.length = 0
  const answer = await call(url, {
    ca: documentCertificate.certificatePem,
    method: chapter.method ?? 'GET',
    headers: authorization === undefined ? {} : { authorization },
  })
  const code = events.findLast((event) => event.code !== undefined)?.code
  const isExpected = answer.status === chapter.expectedStatus && code === chapter.expectedCode
  console.log(`${String(number).padStart(2)}. ${chapter.title}`)
  console.log(`    ${chapter.method ?? 'GET'} ${url}`)
  console.log(`    ${answer.status} ${isExpected ? 'as expected' : `UNEXPECTED (wanted ${chapter.expectedStatus})`}`)
  console.log(`    ${explain(answer)}\n`)
  return isExpected
}

/** Why: the operator's view from the audit events, or what the caller got. */
function explain(answer: Answer): string {
  const refusal = events.findLast((event) => event.code !== undefined)
  if (refusal !== undefined) return `${refusal.code ?? ''}: ${refusal.reason ?? 'no more to say'}`
  if (answer.status === 401) return `WWW-Authenticate: ${answer.headers['www-authenticate'] ?? ''}`
  return answer.body
}

/** Tokens go into files that only this user can read, so that no command line shows them. */
async function printCurlLines(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'passport-s2s-'))
  const caFile = join(folder, 'ca.pem')
  const headerFile = join(folder, 'app-only.header')
  writeFileSync(caFile, documentCertificate.certificatePem)
  const token = await reportServer.appOnlyToken(
    `00000003-0000-0ff1-ce00-000000000000/${host}@7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011`,
  )
  writeFileSync(headerFile, `Authorization: Bearer ${token}\n`, { mode: 0o600 })
  process.on('SIGINT', () => {
    rmSync(folder, { recursive: true, force: true })
    process.exit(0)
  })
  console.log('\nStill serving. Try, in another terminal:')
  console.log(`  curl -i --cacert ${caFile} ${documentServer.url}/documents/7`)
  console.log(`  curl -i --cacert ${caFile} -H 'Authorization: Bearer' ${documentServer.url}/documents/7`)
  console.log(`  curl -i --cacert ${caFile} -H 'Authorization: Bearer a.b.c' ${documentServer.url}/documents/7`)
  console.log(`  curl -i --cacert ${caFile} -H @${headerFile} ${documentServer.url}/documents/7`)
  console.log('Ctrl-C ends it.')
}
