import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inTime } from '../../lib/state/in-time.ts'

describe('inTime', () => {
  it('gives what the work gives, or ends the waiting', async () => {
    assert.equal(await inTime(Promise.resolve(5)), 5)
    await assert.rejects(inTime(Promise.reject(new Error('down'))), /down/)
    await assert.rejects(inTime(new Promise(() => undefined), 5), { code: 'ERR_S2S_STATE_UNAVAILABLE' })
  })
})
