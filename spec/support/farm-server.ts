import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../lib/foundation/clock.ts'
import { makeFarm, type Farm } from './farm.ts'
import { serveDocuments, startHttpsServer, type LocalServer, type ServedDocument } from './https-server.ts'

/** A farm that publishes its metadata over https. */
export interface FarmServer {
  readonly farm: Farm
  readonly server: LocalServer
  /** Address of the metadata document. */
  readonly endpoint: string
  /** Writes the certificate of the server's TLS into a folder as `ca.pem`. */
  writeAuthority(this: void, folder: string): string
}

/** Documents at other paths of the farm. */
export type OtherDocuments = Readonly<Record<string, ServedDocument>>

const path = '/_layouts/15/metadata/json/1'

/** Starts a farm whose tokens are meant for `reports.example.com`. */
export async function startFarmServer(others: OtherDocuments = {}): Promise<FarmServer> {
  const farm = await makeFarm({
    realm: '0c5d3c9a-6f0e-4a38-8f53-1f5a4cbb0001',
    clientId: '00000003-0000-0ff1-ce00-000000000000',
    issuerId: '00000003-0000-0ff1-ce00-000000000000',
    audience: 'reporting/reports.example.com@7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011',
    clock: systemClock,
  })
  const server = await startHttpsServer(serveDocuments({ [path]: () => farm.metadata('exchange'), ...others }))
  return {
    farm,
    server,
    endpoint: `${server.url}${path}`,
    writeAuthority: (folder) => {
      const file = join(folder, 'ca.pem')
      writeFileSync(file, server.ca)
      return file
    },
  }
}
