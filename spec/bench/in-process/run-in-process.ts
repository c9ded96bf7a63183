import { readdirSync } from 'node:fs'
import { startProcess } from '../processes/child-process.ts'
import type { Finding, TopicEffort } from './finding.ts'

/** What is to be run. */
export interface InProcessRun extends TopicEffort {
  readonly isWanted: (topic: { readonly name: string }) => boolean
  readonly say: (text: string) => void
}

const folder = new URL('topics/', import.meta.url)

/** Runs the wanted topics one after the other, each in a process of its own. */
export async function runInProcess({ rounds, isQuick, isWanted, say }: InProcessRun): Promise<readonly Finding[]> {
  const topics = readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ name: file.slice(0, -'.ts'.length), module: new URL(file, folder) }))
  const findings: Finding[] = []
  for (const topic of topics.filter(isWanted)) {
    say(topic.name)
    const { ask, stop } = startProcess(topic.module)
    try {
      findings.push(...((await ask({ rounds, isQuick } satisfies TopicEffort)) as readonly Finding[]))
    } finally {
      await stop()
    }
  }
  return findings
}
