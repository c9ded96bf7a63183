import { call, type Answer, type CallOptions } from '../../example-app/call.ts'
import { createJournal, type Journal } from '../../example-app/console/journal.ts'
import { openConsole, type RunningConsole } from '../../example-app/console/open-console.ts'
import { startServers, type ExampleServers } from '../../example-app/start-servers.ts'

/** The console of the example, with the servers it shows. */
export interface ConsoleWorld {
  readonly servers: ExampleServers
  readonly journal: Journal
  readonly console: RunningConsole
  /** All links that were announced, newest last. */
  readonly links: readonly string[]
  /** Opens the newest link; gives what a browser would send as `Cookie` from then on. */
  enter(this: void): Promise<string>
  /** A request to the console, without a browser. */
  ask(this: void, path: string, options?: Omit<CallOptions, 'ca'>): Promise<Answer>
  close(this: void): Promise<void>
}

/** Starts both. */
export async function startConsole(): Promise<ConsoleWorld> {
  const journal = createJournal()
  const servers = await startServers(journal.record)
  const links: string[] = []
  const running = await openConsole({ servers, journal, announce: (link) => links.push(link) })
  const ca = running.certificatePem
  return {
    servers,
    journal,
    console: running,
    links,
    enter: async () => {
      const { headers } = await call(links.at(-1) ?? '', { ca })
      return headers['set-cookie']?.[0]?.split(';')[0] ?? ''
    },
    ask: (path, options) => call(`${running.url}${path}`, { ...options, ca }),
    close: async () => {
      await running.close()
      await servers.close()
    },
  }
}
