import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createStartSpread } from '../../lib/foundation/start-spread.ts'

async function took(work: Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work
  return performance.now() - startedAt
}

describe('createStartSpread', () => {
  it('waits for its share of the time, once', async () => {
    const { wait } = createStartSpread(0.1, () => 0.5)
    const [first, beside] = await Promise.all([took(wait()), took(wait())])
    assert.ok(first >= 49, String(first))
    assert.ok(beside < first)
    assert.ok((await took(wait())) < 49)
  })

  it('does not wait without a time, nor once it has ended', async () => {
    const none = createStartSpread(0, () => 1)
    const ended = createStartSpread(60, () => 1)
    ended.end()
    const ending = createStartSpread(60, () => 1)
    const waiting = ending.wait()
    ending.end()
    for (const wait of [none.wait(), ended.wait(), waiting, ending.wait()]) assert.ok((await took(wait)) < 1000)
  })
})
