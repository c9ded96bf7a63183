import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { settle, toPromise, whenReady } from '../../lib/foundation/when-ready.ts'

describe('whenReady', () => {
  it('goes on at once with what is there', () => {
    assert.equal(
      whenReady(2, (value) => value + 1),
      3,
    )
  })

  it('waits for a promise', async () => {
    const later = whenReady(Promise.resolve(2), (value) => value + 1)
    assert.ok(later instanceof Promise)
    assert.equal(await later, 3)
  })

  it('throws at once, or rejects, with what the next step throws', async () => {
    const bug = new Error('a bug')
    const next = (): never => {
      throw bug
    }
    assert.throws(() => whenReady(1, next), bug)
    await assert.rejects(async () => whenReady(Promise.resolve(1), next), bug)
  })
})

describe('toPromise', () => {
  it('makes a promise of whatever has a function then, and leaves everything else as it is', async () => {
    const thenable: PromiseLike<number> = { then: (resolve) => Promise.resolve(5).then(resolve) }
    const promise = toPromise(thenable)
    assert.ok(promise instanceof Promise)
    assert.equal(await promise, 5)
    for (const value of [undefined, null, 0, 'then', { then: 5 }, ['then']]) assert.equal(toPromise(value), value)
  })
})

describe('settle', () => {
  const told: unknown[] = []
  const outcome = {
    done: (value: unknown) => told.push(['done', value]),
    failed: (error: unknown) => told.push(['failed', error]),
  }

  it('tells the outcome in the same turn when there is one', () => {
    settle(() => 1, outcome)
    settle(() => {
      throw new RangeError('2')
    }, outcome)
    assert.deepEqual(told.splice(0), [
      ['done', 1],
      ['failed', new RangeError('2')],
    ])
  })

  it('tells it later when the work gave a promise', async () => {
    settle(() => Promise.resolve(1), outcome)
    settle(() => Promise.reject(new RangeError('2')), outcome)
    assert.deepEqual(told, [])
    await new Promise(setImmediate)
    assert.deepEqual(told.splice(0), [
      ['done', 1],
      ['failed', new RangeError('2')],
    ])
  })

  it('does not take an error of what comes after for one of the work', () => {
    const bug = new Error('a bug of the next handler')
    const done = (): never => {
      throw bug
    }
    assert.throws(() => {
      settle(() => 1, { ...outcome, done })
    }, bug)
    assert.deepEqual(told, [])
  })
})
