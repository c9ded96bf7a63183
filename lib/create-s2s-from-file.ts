import { isDeepStrictEqual } from 'node:util'
import type { S2SVerify } from './express/verify-call.ts'
import { codeOptionNames, fileOptionsSchema, type CodeOptions, type S2SFromFileOptions } from './config/file-options.ts'
import { readConfig, type ReadConfig } from './config/load-config.ts'
import { watchFiles, type FileWatch } from './config/watch-files.ts'
import { wireS2S, type S2S, type WiredS2S } from './create-s2s.ts'
import { ConfigurationError } from './foundation/errors.ts'
import { parseOptions } from './foundation/parse-options.ts'
import type { S2SServerOptions } from './server-options.ts'

/**
 * Creates a server from a configuration file, and follows the file: what changed is checked as a whole and then replaces the
 * configuration at once (see `S2S.reload`). A file that is not valid changes nothing and is told by the event
 * `config.rejected`. Environment variables are read at the start and again at each reload.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export async function createS2SFromFile(
  file: string | URL,
  options: S2SFromFileOptions = {},
  verify?: S2SVerify,
): Promise<S2S> {
  parseOptions(fileOptionsSchema, options, 'options')
  const { functions = {}, reloadOn = ['change'] } = options
  const bring = async (): Promise<ReadConfig> => readConfig(file, options)
  const first = await bring()
  const wired = wireS2S(withCode(first.config, functions), verify)
  const follower = followConfig({ first, bring, functions, wired, watches: reloadOn.includes('change') })
  if (reloadOn.includes('SIGHUP')) process.on('SIGHUP', follower.reload)
  return {
    ...wired.s2s,
    close: () => {
      process.off('SIGHUP', follower.reload)
      follower.close()
      wired.s2s.close()
    },
  }
}

interface Followed {
  readonly first: ReadConfig
  readonly bring: () => Promise<ReadConfig>
  readonly functions: CodeOptions
  readonly wired: WiredS2S
  readonly watches: boolean
}

interface Follower {
  /** Reads the file and replaces the configuration, also when nothing changed. Never throws. */
  reload(this: void): void
  close(this: void): void
}

/** Brings what the file says into the server. What went wrong is told by events, once for each state of the file. */
function followConfig({ first, bring, functions, wired, watches }: Followed): Follower {
  let { files } = first
  /** What goes wrong is told by the event. */
  const reloadFrom: WiredS2S['reloadFrom'] = (options) => wired.reloadFrom(options).catch(() => undefined)
  /** What was read last, or why it could not be. */
  let seen: unknown = first.config

  async function reload(isForced: boolean): Promise<void> {
    watch?.follow(files)
    const found = await bring().catch(asError)
    const state = found instanceof Error ? found.message : found.config
    if (!isForced && isDeepStrictEqual(state, seen)) return
    seen = state
    if (found instanceof Error) {
      await reloadFrom(() => Promise.reject(found))
      return
    }
    ;({ files } = found)
    watch?.follow(files)
    await reloadFrom(() => withCode(found.config, functions))
  }

  const inTurn = takeTurns(reload)
  const watch: FileWatch | undefined = watches
    ? watchFiles(() => {
        inTurn(false)
      })
    : undefined
  watch?.follow(files)
  // What changed between reading and watching.
  if (watches) inTurn(false)
  return {
    reload: () => {
      inTurn(true)
    },
    close: () => {
      watch?.close()
    },
  }
}

/** One after the other, in the order of the calls. The work never rejects. */
function takeTurns<T>(work: (given: T) => Promise<void>): (given: T) => void {
  let last: Promise<void> = Promise.resolve()
  return (given) => {
    last = last.then(() => work(given))
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

/** An option that stood in both places would leave the reader of either in the wrong belief. */
function withCode(config: S2SServerOptions, functions: CodeOptions): S2SServerOptions {
  const twice = codeOptionNames.find((name) => config[name] !== undefined && functions[name] !== undefined)
  if (twice === undefined) return { ...config, ...functions }
  throw new ConfigurationError(
    'ERR_S2S_OPTION_INVALID',
    `${twice} stands in the file and in functions; take it out of one of them`,
    { path: twice },
  )
}
