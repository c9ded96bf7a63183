import { printCurlLines } from './print-curl-lines.ts'
import { startServers } from './start-servers.ts'
import { tellStory } from './story.ts'
import { tellChapter } from './tell-chapter.ts'

/** `npm start` tells the story and goes on serving; `npm start -- --once` ends with 0 if every answer was as expected. */
const servers = await startServers()
console.log(`The document service:   ${servers.documentServer.url}  (guarded by passport-s2s)`)
console.log(`The report server:      ${servers.reportServer.url}  (S2S: publishes its metadata)`)
console.log(`The OpenID provider:    ${servers.openIdProvider.url}  (OAuth 2.0)\n`)

const chapters = tellStory(servers)
let surprises = 0
for (const [index, chapter] of chapters.entries()) {
  const { isExpected, text } = await tellChapter(chapter, servers)
  if (!isExpected) surprises += 1
  console.log(`${String(index + 1).padStart(2)}. ${text}\n`)
}
console.log(
  surprises === 0
    ? `${chapters.length} calls, every answer as the story says.`
    : `${surprises} of ${chapters.length} answers are not as the story says.`,
)

if (process.argv.includes('--once')) {
  await servers.close()
  process.exitCode = surprises === 0 ? 0 : 1
} else {
  await printCurlLines(servers)
}
