import { Server } from 'node:net'
import { pathToFileURL } from 'node:url'
import type { S2S } from '../../create-s2s.ts'
import { CommandFailure } from '../command-failure.ts'
import { exitCodes } from '../command-io.ts'

/** What a module of an application exports. */
export interface LoadedApplication {
  readonly application: Parameters<S2S['coverage']>[0]
  readonly s2s: Pick<S2S, 'coverage'>
}

type Exported = Readonly<Record<string, unknown>>

/**
 * Runs the module of an application. Where it begins to listen meanwhile, it does so on a free port of the loopback: its
 * own may be taken by the very application that runs already, and nobody shall call one that is only looked at.
 *
 * @throws CommandFailure when it cannot be loaded, or exports something else
 */
export async function loadApplication(file: string): Promise<LoadedApplication> {
  const exported = await importModule(file)
  const inDefault = (exported['default'] ?? {}) as Exported
  const application = exported['app'] ?? inDefault['app'] ?? inDefault
  const s2s = (exported['s2s'] ?? inDefault['s2s'] ?? {}) as Exported
  if (typeof application === 'function' && typeof s2s['coverage'] === 'function') {
    return { application, s2s } as unknown as LoadedApplication
  }
  throw new CommandFailure(
    `--app: ${file} must export the Express application as app and the server of createS2S as s2s`,
  )
}

async function importModule(file: string): Promise<Exported> {
  const giveBack = listenElsewhere()
  try {
    return (await import(pathToFileURL(file).href)) as Exported
  } catch (cause) {
    const [told] = String(cause).split('\n')
    throw new CommandFailure(`--app: ${file} cannot be loaded: ${told ?? ''}`, exitCodes.usage, { cause })
  } finally {
    giveBack()
  }
}

/** Until it is given back, every server of this process listens on a free port of the loopback, whatever it asks for. */
function listenElsewhere(): () => void {
  const own = Object.getOwnPropertyDescriptor(Server.prototype, 'listen') as PropertyDescriptor
  const listen = own.value as (this: Server, ...given: readonly unknown[]) => Server
  function listenOnLoopback(this: Server, ...given: readonly unknown[]): Server {
    const callback = given.find((value) => typeof value === 'function')
    return listen.call(this, 0, '127.0.0.1', ...(callback === undefined ? [] : [callback]))
  }
  Object.defineProperty(Server.prototype, 'listen', { ...own, value: listenOnLoopback })
  return () => {
    Object.defineProperty(Server.prototype, 'listen', own)
  }
}
