import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FleetSuspensions } from '../../lib/suspension/fleet-suspensions.ts'
import { writeSuspension } from '../../lib/suspension/stored-suspension.ts'
import { SuspensionTable } from '../../lib/suspension/suspension-table.ts'
import type { Suspension } from '../../lib/suspension/suspension.ts'
import { fixedClock, NOW } from '../support/clock.ts'
import { eventually } from '../support/eventually.ts'
import { factsOf, makeBreakableState, suspensionOf } from '../support/suspensions.ts'

/** One server of a fleet; `look` is one whole look. */
function member(state = makeBreakableState()) {
  const told: string[] = []
  const table = new SuspensionTable(fixedClock)
  const fleet = new FleetSuspensions(state.suspensions, table, {
    onLearnt: ({ id }) => told.push(`learnt ${id}`),
    onLifted: ({ id }) => told.push(`lifted ${id}`),
    onMalformed: (reason) => told.push(reason),
    onLost: () => told.push('lost'),
  })
  const look = async (): Promise<void> => {
    fleet.apply(await fleet.look())
  }
  const suspend = async (id: string): Promise<Suspension> => {
    const suspension = suspensionOf({ id, issuer: 'login' })
    table.add(suspension)
    await fleet.put(suspension)
    return suspension
  }
  const ids = (): readonly string[] => table.list().map(({ id }) => id)
  return { state, told, table, fleet, look, suspend, ids }
}

const unavailable = { code: 'ERR_S2S_STATE_UNAVAILABLE' }

describe('FleetSuspensions', () => {
  it('brings what one server suspends and lifts to the others', async () => {
    const one = member()
    const other = member(one.state)
    await one.suspend('a')
    await one.suspend('b')
    await other.look()
    assert.deepEqual(other.ids(), ['a', 'b'])
    assert.equal(await one.fleet.delete('a'), true)
    await other.look()
    await other.look()
    assert.deepEqual(other.told, ['learnt a', 'learnt b', 'lifted a'])
    assert.equal(await other.fleet.delete('a'), false)
  })

  it('keeps own changes that an older look knows nothing of', async () => {
    const { fleet, table, suspend, ids, look } = member()
    const a = await suspend('a')
    await look()
    const older = await fleet.look()
    await suspend('b')
    const seen = { ...older, version: older.version + 1, entries: new Map([['a', writeSuspension(a)]]) }
    await fleet.delete('a')
    table.delete('a')
    fleet.apply(seen)
    assert.deepEqual(ids(), ['b'])
    await look()
    assert.deepEqual(ids(), ['b'])
  })

  it('puts again what the state did not take', async () => {
    const { state, suspend, ids, look } = member()
    for (const mode of ['down', 'read-only'] as const) {
      state.mode = mode
      await assert.rejects(suspend(mode), unavailable)
    }
    await look()
    assert.deepEqual(ids(), ['down', 'read-only'], 'kept while the state cannot be written')
    state.mode = 'up'
    await eventually(async () => {
      await look()
      return (await state.suspensions.list()).size === 2
    }, 'put again')
    const other = member(state)
    await other.look()
    assert.deepEqual([...other.ids()].sort(), ['down', 'read-only'])
  })

  it('lifts nothing while the state is out of reach, and not before a put has arrived', async () => {
    const { state, suspend, fleet, look } = member()
    await suspend('a')
    state.mode = 'down'
    await assert.rejects(fleet.delete('a'), unavailable)
    state.mode = 'up'
    const putting = suspend('b')
    assert.equal(await fleet.delete('b'), true)
    await putting
    await look()
    assert.deepEqual([...(await state.suspensions.list()).keys()], ['a'])
  })

  it('keeps what a state lost that begins anew, and puts it again', async () => {
    const { state, suspend, ids, told, look } = member()
    for (const id of ['a', 'b']) await suspend(id)
    await look()
    const empty = makeBreakableState()
    Object.assign(state.suspensions, empty.suspensions)
    await look()
    assert.deepEqual([ids(), told], [['a', 'b'], ['lost']])
    await look()
    await eventually(async () => (await empty.suspensions.list()).size === 2, 'put again')
    await look()
    assert.deepEqual([ids(), told], [['a', 'b'], ['lost']])
  })

  for (const [direction, version] of [
    ['on', 100],
    ['back', 1],
  ] as const) {
    it(`tells lifted from lost by a state that knows what was lifted, when its version went ${direction}`, async () => {
      const { state, suspend, ids, told, look } = member()
      const lifted = new Set(['a'])
      state.suspensions.lifted = () => lifted
      for (const id of ['a', 'b', 'c']) await suspend(id)
      await look()
      Object.assign(state, { entries: new Map(), version })
      await look()
      assert.deepEqual(
        [ids(), told],
        [
          ['b', 'c'],
          ['lifted a', 'lost'],
        ],
      )
    })
  }

  it('notices that a state lost what was put since the last look', async () => {
    const { state, suspend, ids, told, look } = member()
    await look()
    const before = await state.suspensions.version()
    await suspend('a')
    await state.suspensions.delete('a')
    state.version = before
    await look()
    assert.deepEqual([ids(), told], [['a'], ['lost']])
  })

  it('takes nothing but a set for what was lifted', async () => {
    const { state, suspend, ids, look } = member()
    await suspend('a')
    state.suspensions.lifted = () => ['a'] as never
    state.entries = new Map()
    await assert.rejects(look(), /not a list/)
    assert.deepEqual(ids(), ['a'])
  })

  const good = writeSuspension(suspensionOf({ id: 'good', issuer: 'login', addedAt: NOW }))
  const malformed: readonly (readonly [string, unknown])[] = [
    ['no suspension', '{}'],
    ['not even a text', 5],
    ['one that changed', good.replace('login', 'farm')],
  ]
  for (const [name, text] of malformed) {
    it(`takes in what it can read, forgets nothing, and does not count a list with ${name}`, async () => {
      const { state, table, told, look, ids } = member()
      state.entries = new Map([['good', good]])
      await look()
      const id = name === 'one that changed' ? 'good' : 'bad'
      const another = suspensionOf({ id: 'another', application: 'reporting' })
      state.version = 1
      state.entries = new Map([[id, text as string], ['another', writeSuspension(another)]]) // prettier-ignore
      for (let times = 0; times < 3; times += 1) await assert.rejects(look(), /cannot be read/)
      assert.deepEqual(ids(), ['good', 'another'])
      assert.equal(told.filter((line) => line.includes('no suspensions')).length, 1, 'told once')
      assert.ok(table.find(factsOf()))
      state.entries.delete(id)
      await look()
      assert.deepEqual(ids(), ['another'])
      const [members = {}] = table.list()
      state.entries.set('another', JSON.stringify(Object.fromEntries(Object.entries(members).reverse())))
      state.version = 2
      await look()
    })
  }

  it('refuses what is no list and no version', async () => {
    const { state, look } = member()
    state.version = NaN
    await assert.rejects(look(), TypeError)
    state.version = 1
    for (const entries of [{}, [], new Map(Array.from({ length: 100_001 }, (_, index) => [String(index), '']))]) {
      state.entries = entries as never
      await assert.rejects(look(), TypeError)
    }
    state.entries = new Map([[5 as never, good]])
    await assert.rejects(look(), TypeError)
  })

  it('leaves out what has ended', async () => {
    const { state, look, ids, told } = member()
    const over = suspensionOf({ id: 'over', issuer: 'login', addedAt: NOW - 20, expiresAt: NOW - 10 })
    state.entries = new Map([['over', writeSuspension(over)]])
    await look()
    assert.deepEqual([ids(), told], [[], []])
  })
})
