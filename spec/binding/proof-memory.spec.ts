import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createProofMemory, useProof } from '../../lib/binding/proof-memory.ts'
import { createMemoryState } from '../../lib/state/memory-state.ts'
import type { S2SState } from '../../lib/state/s2s-state.ts'
import { fixedClock, makeMovableClock, NOW } from '../support/clock.ts'
import { refusal } from '../support/refusal.ts'

const proof = { jti: 'one', jkt: 'key', target: 'https://a.example/', until: NOW + 60 }
const memory = createMemoryState({ clock: fixedClock })
const stateWith = (useOnce: S2SState['useOnce']): S2SState => ({ ...memory, useOnce })

describe('useProof', () => {
  it('says yes once, until its time is over', () => {
    const { clock, advance } = makeMovableClock()
    const proofs = createProofMemory(undefined, clock)
    assert.equal(useProof(proof, proofs), true)
    assert.equal(useProof(proof, proofs), false)
    advance(59)
    assert.equal(useProof(proof, proofs), false)
    advance(1)
    assert.equal(useProof({ ...proof, until: NOW + 120 }, proofs), true)
  })

  it('keeps apart what differs in id, key or target, however the parts are cut', () => {
    const proofs = createProofMemory(undefined, fixedClock)
    const others = [
      proof,
      { ...proof, jti: 'on', jkt: 'ekey' },
      { ...proof, jkt: 'other' },
      { ...proof, target: 'https://a.example/o' },
      { ...proof, jti: 'one","key' },
    ]
    assert.deepEqual(
      others.map((other) => useProof(other, proofs)),
      others.map(() => true),
    )
    assert.deepEqual(
      others.map((other) => useProof(other, proofs)),
      others.map(() => false),
    )
  })

  it('asks a shared state as its own method, and keeps nothing there that can be read', async () => {
    const keys: string[] = []
    class State {
      readonly suspensions = memory.suspensions
      readonly answer = true
      useOnce(key: string, until: number): Promise<boolean> {
        keys.push(`${key} ${until}`)
        return Promise.resolve(this.answer)
      }
    }
    assert.equal(await useProof(proof, createProofMemory(new State(), fixedClock)), true)
    assert.equal(keys.length, 1)
    assert.match(keys[0] ?? '', new RegExp(`^dpop:[\\w-]{43} ${NOW + 60}$`))
  })

  for (const answer of [undefined, null, 0, 1, 'true', {}, 'OK']) {
    it(`takes ${JSON.stringify({ answer })} for no`, async () => {
      const given = [stateWith((() => answer) as never), stateWith((() => Promise.resolve(answer)) as never)]
      for (const state of given) assert.equal(await useProof(proof, createProofMemory(state, fixedClock)), false)
    })
  }

  for (const [name, useOnce] of [
    [
      'throws',
      () => {
        throw new Error('connection refused')
      },
    ],
    ['rejects', () => Promise.reject(new Error('connection refused'))],
  ] as const) {
    it(`is an outage when the state ${name}`, async () => {
      await assert.rejects(
        async () => useProof(proof, createProofMemory(stateWith(useOnce), fixedClock)),
        refusal('ERR_S2S_STATE_UNAVAILABLE', /DPoP proof/),
      )
    })
  }

  it('is an outage when the memory is full', () => {
    const full = createMemoryState({ clock: fixedClock, maximumKeys: 1 })
    const proofs = createProofMemory(full, fixedClock)
    assert.equal(useProof(proof, proofs), true)
    assert.throws(
      () => useProof({ ...proof, jti: 'two' }, proofs),
      refusal('ERR_S2S_STATE_UNAVAILABLE', /^1 used keys/),
    )
  })
})

describe('createProofMemory', () => {
  it('has a secret of its own each time', () => {
    const [one, other] = [createProofMemory(undefined, fixedClock), createProofMemory(undefined, fixedClock)]
    assert.equal(one.nonceSecret.length, 32)
    assert.notDeepEqual(one.nonceSecret, other.nonceSecret)
  })
})
