import { answerParent } from '../../processes/answer-parent.ts'
import type { Finding, TopicEffort } from '../finding.ts'
import { accepts } from '../verifier-candidate.ts'
import { makeVerifierWorld, type VerifierWorld } from '../verifier-world.ts'

/** How many bytes a verified token leaves behind, when its caller is known already. */
answerParent(async ({ isQuick }: TopicEffort): Promise<readonly Finding[]> => {
  const world = makeVerifierWorld('ES256')
  const perToken = await bytesLeftBehind(world, 5000)
  const findings: Finding[] = [{ name: 'bytes per cached token', value: perToken / 5000, unit: 'bytes' }]
  if (isQuick) return findings
  const flood = 60_000
  const ofMany = await bytesLeftBehind(world, flood)
  return [...findings, { name: 'bytes left behind by 60,000 tokens', value: ofMany, unit: 'bytes' }]
})

async function bytesLeftBehind({ startVerifier, makeTokens }: VerifierWorld, count: number): Promise<number> {
  const verifier = await startVerifier()
  const callers = await makeTokens(500)
  const tokens = await makeTokens(count)
  const judgeAll = async (all: readonly string[]): Promise<void> => {
    // A copy of each, so that text which is kept is counted as kept.
    for (const token of all) {
      if (!(await accepts(verifier, Buffer.from(token).toString('latin1')))) throw new Error('a good token was refused')
    }
  }
  await judgeAll(callers)
  const before = bytesInUse()
  await judgeAll(tokens)
  return bytesInUse() - before
}

function bytesInUse(): number {
  for (let times = 0; times < 3; times += 1) globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
