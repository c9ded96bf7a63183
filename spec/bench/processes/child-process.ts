import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Another process of the bench; it answers one question at a time. */
export interface BenchProcess {
  ask(this: void, question: unknown): Promise<unknown>
  stop(this: void): Promise<void>
}

/** Starts a module of the bench in a process of its own. `caFile` holds a certificate authority it trusts. */
export function startProcess(module: URL, { caFile }: { readonly caFile?: string } = {}): BenchProcess {
  const child = fork(module, {
    execArgv: ['--import', 'tsx', '--expose-gc'],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      // What counts the lines it runs is slower.
      NODE_V8_COVERAGE: '',
      ...(caFile === undefined ? {} : { NODE_EXTRA_CA_CERTS: caFile }),
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  return {
    ask: (question) => ask(child, question),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exit = once(child, 'exit')
      child.kill()
      await exit
    },
  }
}

/** What comes back from another process. */
export type ProcessAnswer = { readonly value: unknown } | { readonly error: string }

async function ask(child: ChildProcess, question: unknown): Promise<unknown> {
  const aborter = new AbortController()
  const { signal } = aborter
  const exited = once(child, 'exit', { signal }).then(([code]) => ({ error: `the process ended with ${String(code)}` }))
  const answered = once(child, 'message', { signal }).then(([answer]) => answer as ProcessAnswer)
  exited.catch(() => undefined)
  answered.catch(() => undefined)
  child.send(question as object)
  const answer = await Promise.race([answered, exited])
  aborter.abort()
  if ('error' in answer) throw new Error(answer.error)
  return answer.value
}
