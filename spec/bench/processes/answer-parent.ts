import type { ProcessAnswer } from './child-process.ts'

/** Answers the questions of the process that started this one, in order. */
export function answerParent(answer: (question: never) => unknown): void {
  // tsx switches them on; a server in production computes no mapped stacks, and peers make errors with stacks.
  process.setSourceMapsEnabled(false)
  process.on('message', (question) => {
    answerOne(answer, question).then(
      (message) => process.send?.(message),
      (error: unknown) => {
        throw error
      },
    )
  })
}

async function answerOne(answer: (question: never) => unknown, question: unknown): Promise<ProcessAnswer> {
  try {
    return { value: await answer(question as never) }
  } catch (error) {
    return { error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}
