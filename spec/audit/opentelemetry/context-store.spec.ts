import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { context, createContextKey, ROOT_CONTEXT, type ContextManager } from '@opentelemetry/api'
import { ContextStore } from '../../../lib/audit/opentelemetry/context-store.ts'
import type { Safely } from '../../../lib/audit/opentelemetry/watching.ts'
import { followContexts } from '../../support/telemetry.ts'

const key = createContextKey('spec')
const active = ROOT_CONTEXT.setValue(key, 'ours')
const broken = new Error('contexts are broken')

const safely: Safely = (work) => {
  try {
    return work()
  } catch {
    return undefined
  }
}

describe('ContextStore', () => {
  it('makes a context the active one while the work runs, also behind a promise', async () => {
    const forget = followContexts()
    const store = new ContextStore(safely)
    const read = (): unknown => context.active().getValue(key)
    assert.equal(store.run(active, read), 'ours')
    assert.equal(await store.run(active, () => Promise.resolve().then(read)), 'ours')
    assert.equal(store.run(undefined, read), undefined)
    assert.equal(
      store.run(active, (a: number, b: number) => a + b, 1, 2),
      3,
    )
    forget()
  })

  for (const [name, run] of [
    [
      'throws before the work',
      () => {
        throw broken
      },
    ],
    [
      'throws after the work',
      (work: () => void) => {
        work()
        throw broken
      },
    ],
    [
      'does the work twice',
      (work: () => void) => {
        work()
        work()
      },
    ],
    ['never does the work', () => undefined],
  ] as const) {
    // prettier-ignore
    it(`does the work exactly once when OpenTelemetry ${name}`, () => {
      const manager = { active: () => ROOT_CONTEXT, with: (_context: unknown, work: () => void) => { run(work) }, disable: () => undefined }
      const forget = followContexts(manager as unknown as ContextManager)
      const store = new ContextStore(safely)
      let times = 0
      assert.equal(store.run(active, () => (times += 1)), 1)
      const bug = new RangeError('a bug of the work')
      const fail = (): never => {
        times += 1
        throw bug
      }
      assert.throws(() => store.run(active, fail), bug)
      assert.equal(times, 2)
      forget()
    })
  }
})
