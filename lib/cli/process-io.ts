import { createInterface } from 'node:readline/promises'
import { text } from 'node:stream/consumers'
import { systemClock } from '../foundation/clock.ts'
import { CommandFailure } from './command-failure.ts'
import type { CommandIo } from './command-io.ts'

const maximumInputLength = 1024 * 1024

/** The parts of a process that commands use. */
export type HostProcess = Pick<NodeJS.Process, 'cwd' | 'env' | 'stdin' | 'stdout' | 'stderr'>

/** The world of a command that was started from a shell. */
export function createProcessIo({ cwd, env, stdin, stdout, stderr }: HostProcess): CommandIo {
  return {
    cwd: cwd(),
    environment: env,
    clock: systemClock,
    isInteractive: stdin.isTTY && stderr.isTTY,
    out: (content) => {
      stdout.write(content)
    },
    note: (content) => {
      stderr.write(content)
    },
    ask: async (question) => {
      const reader = createInterface({ input: stdin, output: stderr })
      try {
        return await reader.question(question)
      } finally {
        reader.close()
      }
    },
    readInput: async () => {
      const content = await text(stdin)
      if (content.length <= maximumInputLength) return content
      throw new CommandFailure(`the standard input is longer than ${maximumInputLength} characters`)
    },
  }
}
