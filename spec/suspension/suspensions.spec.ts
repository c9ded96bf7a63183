import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SuspendOptions, Suspension } from '../../lib/suspension/suspension.ts'
import { makeMovableClock, NOW } from '../support/clock.ts'
import { eventually } from '../support/eventually.ts'
import { factsOf, makeBreakableState, suspensionOf, tellSuspensions } from '../support/suspensions.ts'
import { writeSuspension } from '../../lib/suspension/stored-suspension.ts'

const suspended = { code: 'ERR_S2S_TOKEN_SUSPENDED' }
const exposedToken = { issuer: 'https://login.example.com', tokenId: 'the-hash', expiresAt: NOW + 600 }

describe('createSuspensions', () => {
  it('suspends in the same turn, tells who asks and the audit log, and lifts again', async () => {
    const { suspensions, events } = tellSuspensions()
    const heard: Suspension[] = []
    suspensions.onAdded((suspension) => heard.push(suspension))
    suspensions.check(factsOf())
    const promise = suspensions.suspend({ issuer: 'login', reason: 'a leak' })
    assert.throws(() => { suspensions.check(factsOf()) }, suspended) // prettier-ignore
    const suspension = await promise
    assert.deepEqual([heard, await suspensions.suspensions()], [[suspension], [suspension]])
    assert.equal(await suspensions.resume(suspension.id), true)
    assert.equal(await suspensions.resume(suspension.id), false)
    suspensions.check(factsOf())
    const { id, issuer, expiresAt } = suspension
    const told = { id, issuer, expiresAt }
    assert.deepEqual(events, [
      { name: 'suspension.added', outcome: 'notice', reason: 'a leak', suspension: told, time: NOW },
      { name: 'suspension.removed', outcome: 'notice', suspension: told, time: NOW },
    ])
    assert.equal(suspensions.current(), undefined)
  })

  it('refuses what it cannot do, and says so', async () => {
    const { suspensions, events } = tellSuspensions()
    const asked: readonly unknown[] = [{}, { issuer: 'logn' }, { isuer: 'login' }, undefined]
    for (const options of asked) {
      await assert.rejects(suspensions.suspend(options as SuspendOptions), { name: 'ConfigurationError' })
    }
    assert.deepEqual(
      events.map(({ name, outcome, code }) => [name, outcome, code]),
      ['INVALID', 'INVALID', 'UNKNOWN', 'INVALID'].map((end) => [
        'suspension.refused',
        'refused',
        `ERR_S2S_OPTION_${end}`,
      ]),
    )
    assert.deepEqual(await suspensions.suspensions(), [])
  })

  it('takes 10,000 suspensions, and says that the next one is too many', async () => {
    const { suspensions } = tellSuspensions({})
    // Each one looks at all that are there: what is put together here is what a fleet brings.
    const state = makeBreakableState()
    state.entries = new Map(
      Array.from({ length: 10_000 }, (_, index) => {
        const one = suspensionOf({ id: `s${index}`, application: `a${index}` })
        return [one.id, writeSuspension(one)]
      }),
    )
    const { suspensions: crowded } = tellSuspensions({ state })
    await crowded.current()
    await assert.rejects(crowded.suspend({ application: 'one more' }), /10000 suspensions/)
    assert.throws(() => { crowded.check(factsOf({ application: { id: 'a9999' } })) }, suspended) // prettier-ignore
    crowded.close()
    suspensions.close()
  })

  it('burns a token until it ends, once, and says of how it was refused', async () => {
    const { suspensions, advance } = tellSuspensions()
    const burnt = suspensions.burn(exposedToken)
    assert.equal(suspensions.burn(exposedToken), undefined)
    assert.deepEqual(await suspensions.suspensions(), [burnt])
    const refused = { code: 'ERR_S2S_TOKEN_EXPOSED' }
    assert.throws(() => { suspensions.check(factsOf()) }, refused) // prettier-ignore
    suspensions.check(factsOf({ issuerNames: ['farm'] }))
    advance(600)
    suspensions.check(factsOf())
    assert.deepEqual(await suspensions.suspensions(), [])
  })

  it('burns 1,000 tokens of one issuer, gives up no live one for the next, and as many of another issuer', async () => {
    const { suspensions, events, advance } = tellSuspensions()
    const burn = (number: number, issuer = 'farm'): boolean =>
      suspensions.burn({ issuer, tokenId: `hash ${number}`, expiresAt: NOW + 600 + (number % 2) }) !== undefined
    for (let number = 0; number < 1000; number += 1) assert.ok(burn(number))
    assert.equal(burn(1000), false)
    assert.deepEqual(
      events.map(({ name, outcome, suspension }) => [name, outcome, suspension?.tokenId]),
      [['suspension.refused', 'refused', 'hash 1000']],
    )
    assert.ok(burn(1, 'login'))
    const facts = (number: number) => factsOf({ issuerNames: ['farm'], tokenIds: () => [`hash ${number}`] })
    for (const number of [0, 1, 999]) {
      assert.throws(() => { suspensions.check(facts(number)) }, { code: 'ERR_S2S_TOKEN_EXPOSED' }) // prettier-ignore
    }
    suspensions.check(facts(1000))
    advance(600)
    assert.equal(burn(1002), false, 'it has ended')
    assert.ok(burn(1003), 'half of them have ended')
    assert.equal((await suspensions.suspensions()).length, 502)
  })

  it('burns no token for longer than anything is suspended', () => {
    const { suspensions } = tellSuspensions()
    const burnt = suspensions.burn({ ...exposedToken, expiresAt: NOW + 10 ** 9 })
    assert.equal(burnt?.expiresAt, NOW + 366 * 86_400)
  })
})

describe('createSuspensions with a shared state', () => {
  it('reaches the others, and a server that starts later', async () => {
    const time = makeMovableClock()
    const state = makeBreakableState(time)
    const [one, other] = [tellSuspensions({ state, time }), tellSuspensions({ state, time })]
    await other.suspensions.current()
    const { id } = await one.suspensions.suspend({ application: 'reporting' })
    one.suspensions.burn(exposedToken)
    const isRefused = (): boolean => {
      try {
        other.suspensions.check(factsOf())
        return false
      } catch {
        return true
      }
    }
    await eventually(isRefused, 'the other server refuses')
    assert.equal((await tellSuspensions({ state, time }).suspensions.suspensions()).length, 2)
    assert.equal(await other.suspensions.resume(id), true)
    await eventually(async () => (await one.suspensions.suspensions()).length === 1, 'lifted there')
    const told = other.events.map(({ name, reason, suspension }) => [name, reason, suspension?.exposed ?? false])
    assert.deepEqual(told, [
      ['suspension.added', 'learnt from the shared state', false],
      ['suspension.added', 'learnt from the shared state', true],
      ['suspension.removed', undefined, false],
    ])
    assert.equal(one.events.at(-1)?.reason, 'learnt from the shared state')
    for (const { suspensions } of [one, other]) suspensions.close()
  })

  it('lifts what it does not know itself yet', async () => {
    const state = makeBreakableState()
    const [one, other] = [tellSuspensions({ state }), tellSuspensions({ state })]
    const { id } = await one.suspensions.suspend({ application: 'reporting' })
    assert.equal(await other.suspensions.resume(id), true)
    assert.deepEqual(
      other.events.map(({ suspension }) => suspension),
      [{ id }],
    )
  })

  it('holds here what the state does not take, and says so', async () => {
    const state = makeBreakableState()
    const { suspensions, events } = tellSuspensions({ state })
    await suspensions.current()
    state.mode = 'down'
    await assert.rejects(suspensions.suspend({ issuer: 'login' }), { code: 'ERR_S2S_STATE_UNAVAILABLE' })
    assert.throws(() => { suspensions.check(factsOf()) }, suspended) // prettier-ignore
    assert.ok(suspensions.burn(exposedToken))
    await eventually(() => events.filter(({ name }) => name === 'suspension.refused').length === 2, 'both are told')
    suspensions.close()
  })

  it('tells of an outage, of its end, of entries nobody can read and of what got lost, and nothing of their texts', async () => {
    const time = makeMovableClock()
    const state = makeBreakableState(time)
    const { suspensions, events } = tellSuspensions({ state, time, stateStaleSeconds: 5 })
    const names = (): readonly string[] => events.map(({ name }) => name)
    await suspensions.suspend({ issuer: 'login' })
    await suspensions.current()
    state.mode = 'down'
    time.advance(6)
    await assert.rejects(async () => suspensions.current(), { code: 'ERR_S2S_STATE_UNAVAILABLE' })
    state.mode = 'up'
    await eventually(() => names().includes('state.recovered'), 'recovery')
    state.entries = new Map([['secret', 'secret']])
    state.version = 9
    await eventually(() => names().includes('state.malformed'), 'malformed')
    state.entries = new Map()
    state.version = 0
    await eventually(() => names().includes('state.lost'), 'lost')
    assert.throws(() => { suspensions.check(factsOf()) }, suspended) // prettier-ignore
    assert.deepEqual([...new Set(names())].sort(), [
      'state.lost',
      'state.malformed',
      'state.recovered',
      'state.unavailable',
      'suspension.added',
    ])
    assert.ok(!JSON.stringify(events).includes('secret'))
    assert.match(events.find(({ name }) => name === 'state.unavailable')?.reason ?? '', /^it failed with Error$/)
    suspensions.close()
  })
})
