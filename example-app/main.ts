import { X509Certificate } from 'node:crypto'
import { createJournal } from './console/journal.ts'
import { openConsole } from './console/open-console.ts'
import { logEvents } from './log-events.ts'
import { printCurlLines } from './print-curl-lines.ts'
import { rollOverUnderTraffic } from './roll-over.ts'
import { serveMetrics } from './serve-metrics.ts'
import { startServers } from './start-servers.ts'
import { tellStory } from './story.ts'
import { tellChapter } from './tell-chapter.ts'

/**
 * `npm start` tells the story and goes on serving; `npm start -- --once` ends with 0 if every answer was as expected.
 * `--log` writes the audit events to the error output, one line of JSON each.
 */
if (process.argv.includes('--log')) logEvents()
const journal = createJournal()
const servers = await startServers(journal.record)
console.log(`The document service:   ${servers.documentServer.url}  (Passport and protectResources)`)
console.log(`The report server:      ${servers.reportServer.url}  (one middleware: protect)`)
console.log(`The OpenID provider:    ${servers.openIdProvider.url}  (OAuth 2.0)`)
console.log(`The note server:        ${servers.notes.resource}  (tools of the Model Context Protocol)`)
console.log('The two servers have read each other’s metadata: they are paired.\n')

const chapters = tellStory(servers)
let surprises = 0
for (const [index, chapter] of chapters.entries()) {
  const { isExpected, text } = await tellChapter(chapter, servers)
  if (!isExpected) surprises += 1
  console.log(`${String(index + 1).padStart(2)}. ${text}\n`)
}

const { calls, failed, tooEarly } = await rollOverUnderTraffic(servers)
if (failed > 0 || tooEarly === '') surprises += 1
console.log(
  `${chapters.length + 1}. The report server gets a new key while it goes on calling (three days in a moment)`,
)
console.log(`    publish, wait a day, switch, wait two, retire: ${calls} calls, ${failed} failed`)
console.log(`    tried at once instead: ${tooEarly}\n`)

console.log(
  surprises === 0
    ? `${chapters.length + 1} chapters, every answer as the story says.`
    : `${surprises} of ${chapters.length + 1} chapters are not as the story says.`,
)

await servers.close()
if (process.argv.includes('--once')) {
  process.exitCode = surprises === 0 ? 0 : 1
} else {
  // The story ended with an outage and a clock that is three days ahead.
  const freshServers = await startServers(journal.record)
  await printCurlLines(freshServers)
  const metrics = await serveMetrics({ documents: freshServers.documentS2S, reports: freshServers.reportS2S })
  console.log(`\nMetrics, for this machine only: ${metrics.url}/metrics`)
  const announce = (link: string): void => {
    console.log(`\nThe console, in your browser (this link works once):\n  ${link}`)
  }
  const { certificatePem } = await openConsole({ servers: freshServers, journal, announce })
  console.log('The browser will warn of a certificate that nobody vouches for. Its SHA-256 fingerprint should be')
  console.log(`  ${new X509Certificate(certificatePem).fingerprint256}`)
  console.log('\nCtrl-C ends it all.')
}
