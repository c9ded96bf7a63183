import type { RequestListener } from 'node:http'
import { makeCertificate } from '../certificates.ts'
import { listen } from '../listen.ts'
import type { RunningServer } from '../serve.ts'
import type { ExampleServers } from '../start-servers.ts'
import { createConsoleApp } from './console-app.ts'
import { createEntrance } from './entrance.ts'
import type { Journal } from './journal.ts'

/** What the console needs. */
export interface OpenConsoleOptions {
  readonly servers: ExampleServers
  /** Of these servers. */
  readonly journal: Journal
  /** Told each new link; once it was used, the next one. Whoever reads it may enter. */
  readonly announce: (link: string) => void
}

/** The running console. */
export interface RunningConsole extends RunningServer {
  readonly certificatePem: string
}

/** Serves the console over https on a free port of this machine. */
export async function openConsole({ servers, journal, announce }: OpenConsoleOptions): Promise<RunningConsole> {
  const certificate = await makeCertificate('Console')
  const server = await listen(certificate)
  const entrance = createEntrance(server.url)
  const onEntered = (): void => {
    announce(entrance.makeLink())
  }
  server.serve(createConsoleApp({ servers, journal, entrance, onEntered }) as RequestListener)
  announce(entrance.makeLink())
  return { url: server.url, close: server.close, certificatePem: certificate.certificatePem }
}
