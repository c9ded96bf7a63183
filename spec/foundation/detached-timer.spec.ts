import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, it } from 'node:test'
import { setDetachedTimer } from '../../lib/foundation/detached-timer.ts'

describe('setDetachedTimer', () => {
  it('fires outside of the request during which it was set', async () => {
    const requests = new AsyncLocalStorage<string>()
    const seen = await requests.run('a request', () => {
      return new Promise<unknown>((resolve) => {
        const timer = setDetachedTimer(() => {
          resolve(requests.getStore())
        }, 0.001)
        // This spec waits for it; the library never does.
        timer.ref()
      })
    })
    assert.equal(seen, undefined)
  })

  it('does not keep the process alive, and takes times that are longer than a timer can be', () => {
    const timer = setDetachedTimer(() => assert.fail('too early'), 1e9)
    assert.equal(timer.hasRef(), false)
    clearTimeout(timer)
  })
})
