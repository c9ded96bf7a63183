import { AsyncLocalStorage } from 'node:async_hooks'
import { context, type Context } from '@opentelemetry/api'
import type { Safely } from './watching.ts'

/**
 * A store to bind to a channel: makes a context of OpenTelemetry the active one while the traced work runs, so that spans
 * of what it does (another fetch of keys, an https request) are children of its span. Keeps nothing itself.
 *
 * Whatever OpenTelemetry does, the work is done exactly once, and its result or error is that of the work.
 */
export class ContextStore extends AsyncLocalStorage<Context | undefined> {
  private readonly safely: Safely

  constructor(safely: Safely) {
    super()
    this.safely = safely
  }

  override run<Result, Parameters extends unknown[]>(
    active: Context | undefined,
    work: (...parameters: Parameters) => Result,
    ...parameters: Parameters
  ): Result {
    let ended: { readonly result: Result } | { readonly error: unknown } | undefined
    function workOnce(): void {
      if (ended !== undefined) return
      try {
        ended = { result: work(...parameters) }
      } catch (error) {
        ended = { error }
      }
    }
    if (active !== undefined) {
      this.safely(() => {
        context.with(active, workOnce)
      })
    }
    workOnce()
    return resultOf(ended)
  }
}

function resultOf<Result>(ended: { readonly result: Result } | { readonly error: unknown } | undefined): Result {
  if (ended !== undefined && 'result' in ended) return ended.result
  throw ended?.error
}
