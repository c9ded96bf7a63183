import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHandmadeTokens } from './handmade-tokens.ts'
import { reportServerId } from './report-server.ts'
import type { ExampleServers } from './start-servers.ts'

/** Prints calls to try by hand. Tokens go into files that only this user can read, so that no command line shows them. */
export async function printCurlLines(servers: ExampleServers): Promise<void> {
  const { documentServer, documentCa, reportS2S, clock } = servers
  const folder = mkdtempSync(join(tmpdir(), 'passport-s2s-'))
  process.on('exit', () => {
    rmSync(folder, { recursive: true, force: true })
  })
  process.on('SIGINT', () => process.exit(0))
  const caFile = join(folder, 'ca.pem')
  const headerFile = join(folder, 'app-only.header')
  const host = new URL(documentServer.url).host
  const token = await createHandmadeTokens(reportS2S, clock).appOnly(reportServerId, host)
  writeFileSync(caFile, documentCa)
  writeFileSync(headerFile, `Authorization: Bearer ${token}\n`, { mode: 0o600 })

  const line = (header: string): string => `  curl -i --cacert ${caFile} ${header}${documentServer.url}/documents/7`
  console.log(
    '\nFresh servers go on serving. Try in another terminal: no credential, an empty one, a bad one, a good one:',
  )
  console.log(line(''))
  console.log(line("-H 'Authorization: Bearer' "))
  console.log(line("-H 'Authorization: Bearer a.b.c' "))
  console.log(line(`-H @${headerFile} `))
}
