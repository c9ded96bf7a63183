import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, it } from 'node:test'
import { untilAborted, withDeadline } from '../../lib/outgoing/deadline.ts'

const late = (): Error => new Error('late')
const never = new Promise<never>(() => undefined)

describe('withDeadline', () => {
  it('gives what the work gives, and leaves no listener behind', async () => {
    const { signal } = new AbortController()
    assert.equal(
      await withDeadline({ milliseconds: 1000, signals: [signal, undefined], late }, () => Promise.resolve('done')),
      'done',
    )
    assert.equal(getEventListeners(signal, 'abort').length, 0)
  })

  it('ends a work that heeds no signal', async () => {
    await assert.rejects(
      withDeadline({ milliseconds: 5, signals: [], late }, () => never),
      { message: 'late' },
    )
  })

  it('tells the work that its time is over', async () => {
    let told: AbortSignal | undefined
    const work = (signal: AbortSignal): Promise<never> => {
      told = signal
      return never
    }
    await assert.rejects(withDeadline({ milliseconds: 5, signals: [], late }, work), { message: 'late' })
    assert.equal(told?.aborted, true)
  })

  for (const index of [0, 1]) {
    it(`ends with the reason of whichever signal comes first (${index})`, async () => {
      const controllers = [new AbortController(), new AbortController()]
      const signals = controllers.map(({ signal }) => signal)
      const waiting = withDeadline({ milliseconds: 60_000, signals, late }, () => never)
      controllers[index]?.abort(new Error('enough'))
      await assert.rejects(waiting, { message: 'enough' })
      for (const signal of signals) assert.equal(getEventListeners(signal, 'abort').length, 0)
    })
  }

  it('does not begin when a signal is aborted already', async () => {
    let hasBegun = false
    const signals = [AbortSignal.abort(new Error('enough'))]
    const work = (): Promise<void> => {
      hasBegun = true
      return Promise.resolve()
    }
    await assert.rejects(withDeadline({ milliseconds: 1000, signals, late }, work), { message: 'enough' })
    assert.equal(hasBegun, false)
  })

  it('passes the error of the work on, and clears up', async () => {
    const { signal } = new AbortController()
    const work = (): Promise<never> => Promise.reject(new Error('broken'))
    await assert.rejects(withDeadline({ milliseconds: 1000, signals: [signal], late }, work), { message: 'broken' })
    assert.equal(getEventListeners(signal, 'abort').length, 0)
  })
})

describe('untilAborted', () => {
  it('is the work itself without a signal', async () => {
    assert.equal(await untilAborted(Promise.resolve(1), undefined), 1)
  })

  it('ends the waiting of one, not the work that others wait for', async () => {
    let finish = (_value: string): void => undefined
    const work = new Promise<string>((resolve) => (finish = resolve))
    const controller = new AbortController()
    const impatient = untilAborted(work, controller.signal)
    const patient = untilAborted(work, new AbortController().signal)
    controller.abort()
    await assert.rejects(impatient, { name: 'AbortError' })
    finish('done')
    assert.equal(await patient, 'done')
    assert.equal(getEventListeners(controller.signal, 'abort').length, 0)
  })

  it('ends at once when the signal is aborted already', async () => {
    await assert.rejects(untilAborted(never, AbortSignal.abort()), { name: 'AbortError' })
  })

  it('a work that fails after nobody waits any more is no unhandled rejection', async () => {
    let fail = (_error: Error): void => undefined
    const work = new Promise<never>((_resolve, reject) => (fail = reject))
    await assert.rejects(untilAborted(work, AbortSignal.abort()), { name: 'AbortError' })
    fail(new Error('too late'))
    await new Promise((resolve) => setImmediate(resolve))
  })
})
