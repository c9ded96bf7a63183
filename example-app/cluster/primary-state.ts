import type { Worker } from 'node:cluster'
import type { S2SState } from 'passport-s2s'

/**
 * A shared state of one's own: the primary of `node:cluster` holds it, its workers ask for it over their channel. It ends with the
 * primary; a fleet on several machines uses Redis.
 */
type Method = 'useOnce' | keyof S2SState['suspensions']

interface Question {
  readonly ask: Method
  readonly id: number
  readonly parts: readonly unknown[]
}

type Answer =
  { readonly answers: number; readonly given: unknown } | { readonly answers: number; readonly failed: string }

/** In the primary: answers one worker from a state of this process. */
export function answerWorker(worker: Worker, state: S2SState): void {
  const methods = { ...state, ...state.suspensions } as unknown as Record<
    Method,
    (...parts: readonly unknown[]) => unknown
  >
  async function answer({ ask, id, parts }: Question): Promise<Answer> {
    try {
      const given = await methods[ask](...parts)
      return { answers: id, given: given instanceof Map ? [...(given as Map<string, string>)] : given }
    } catch (error) {
      return { answers: id, failed: String(error) }
    }
  }
  worker.on('message', (message: Partial<Question>) => {
    if (message.ask === undefined) return
    void answer(message as Question).then((given) => worker.isConnected() && worker.send(given))
  })
}

/** In a worker: the state of the primary. Whoever asks bounds the time; a primary that is gone never answers. */
export function createPrimaryState(): S2SState {
  const waiting = new Map<number, (answer: Answer) => void>()
  let count = 0
  process.on('message', (message: Answer) => {
    waiting.get(message.answers)?.(message)
    waiting.delete(message.answers)
  })
  function ask<T>(method: Method, ...parts: readonly unknown[]): Promise<T> {
    return new Promise((resolve, reject) => {
      count += 1
      waiting.set(count, (answer) => {
        if ('failed' in answer) reject(new Error(answer.failed))
        else resolve(answer.given as T)
      })
      process.send?.({ ask: method, id: count, parts } satisfies Question)
    })
  }
  return {
    useOnce: (...parts) => ask('useOnce', ...parts),
    suspensions: {
      put: (...parts) => ask('put', ...parts),
      delete: (id) => ask('delete', id),
      list: async () => new Map(await ask<[string, string][]>('list')),
      version: () => ask('version'),
    },
  }
}
