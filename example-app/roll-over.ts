import { makeSigningKey, type ExampleServers } from './start-servers.ts'

/** How the calls of a roll-over went. */
export interface RollOverResult {
  readonly calls: number
  readonly failed: number
  /** Why the switch was refused when it was tried before its time. */
  readonly tooEarly: string
}

const secondsOfADay = 86_400
const callers = 4
const callsPerStep = 40

type Cast = Pick<ExampleServers, 'documents' | 'reportS2S' | 'clock'>

/**
 * Rolls the report server's key over while it keeps calling the document service: publish the next key, wait until
 * partners have read it, switch, wait until the last token of the old key has ended, retire the old key.
 */
export async function rollOverUnderTraffic({ documents, reportS2S, clock }: Cast): Promise<RollOverResult> {
  let calls = 0
  let failed = 0
  let isOver = false
  const keepCalling = async (): Promise<void> => {
    while (!isOver) {
      const answer = await documents.fetch('/documents/7').catch(() => undefined)
      calls += 1
      if (answer?.status !== 200) failed += 1
    }
  }
  const traffic = Array.from({ length: callers }, keepCalling)
  const keys = reportS2S.signingKeys()

  await goneBy(() => calls)
  keys.publishNext(await makeSigningKey('Report server, next'))
  await goneBy(() => calls)
  const tooEarly = messageOf(keys.switchToNext)
  clock.pass(secondsOfADay)
  keys.switchToNext()
  await goneBy(() => calls)
  clock.pass(2 * secondsOfADay)
  keys.retirePrevious()
  await goneBy(() => calls)

  isOver = true
  await Promise.all(traffic)
  return { calls, failed, tooEarly }
}

/** Waits until some more calls have been made. */
async function goneBy(calls: () => number): Promise<void> {
  const enough = calls() + callsPerStep
  while (calls() < enough) await new Promise((resolve) => setTimeout(resolve, 10))
}

function messageOf(step: () => void): string {
  try {
    step()
    return ''
  } catch (error) {
    return (error as Error).message
  }
}
