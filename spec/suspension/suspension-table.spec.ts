import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { matchSuspension } from '../../lib/suspension/match-suspension.ts'
import { SuspensionTable } from '../../lib/suspension/suspension-table.ts'
import type { Suspension } from '../../lib/suspension/suspension.ts'
import { fixedClock, makeMovableClock, NOW } from '../support/clock.ts'
import { factsOf, suspensionOf } from '../support/suspensions.ts'

describe('SuspensionTable', () => {
  it('finds what fits until it ends or is taken out', () => {
    const { clock, advance } = makeMovableClock()
    const table = new SuspensionTable(clock)
    const [issuer, token, user] = [
      suspensionOf({ issuer: 'login', expiresAt: NOW + 10 }),
      suspensionOf({ issuer: 'login', tokenId: 'the-id' }),
      suspensionOf({ user: 'dana' }),
    ]
    for (const one of [issuer, token, user]) assert.equal(table.add(one), true)
    assert.equal(table.add(issuer), false)
    assert.deepEqual([table.version, table.users], [3, 1])
    assert.equal(table.find(factsOf()), token)
    assert.equal(table.find(factsOf({ tokenIds: () => ['another'] })), issuer)
    advance(10)
    assert.equal(table.find(factsOf({ tokenIds: () => ['another'] })), undefined)
    assert.deepEqual(table.list(), [token, user])
    assert.equal(table.get(issuer.id), undefined)
    assert.equal(table.delete(token.id), true)
    assert.equal(table.delete(token.id), false)
    assert.equal(table.find(factsOf()), undefined)
    assert.equal(table.delete(user.id), true)
    assert.deepEqual([table.list(), table.users, table.version], [[], 0, 3])
  })

  it('takes in nothing that has ended', () => {
    const table = new SuspensionTable(fixedClock)
    assert.equal(table.add(suspensionOf({ issuer: 'login', expiresAt: NOW })), false)
    assert.deepEqual([table.list(), table.version], [[], 0])
  })

  it('asks for the ids of a token only while a token is suspended', () => {
    const table = new SuspensionTable(fixedClock)
    const tokenIds = (): never => assert.fail('asked for ids')
    assert.equal(table.find(factsOf({ tokenIds })), undefined)
    table.add(suspensionOf({ issuer: 'farm' }))
    assert.equal(table.find(factsOf({ tokenIds })), undefined)
    const [one, other] = [
      suspensionOf({ issuer: 'login', tokenId: 't' }),
      suspensionOf({ issuer: 'farm', tokenId: 't' }),
    ]
    table.add(one)
    table.add(other)
    table.delete(one.id)
    assert.equal(table.find(factsOf({ issuerNames: ['farm'], tokenIds: () => ['t'] })), other)
    table.delete(other.id)
    assert.equal(table.find(factsOf({ tokenIds })), undefined)
  })

  it('finds what going through them one by one finds, and never widens: what one suspension refuses, more do not let in', () => {
    const word = fc.constantFrom('login', 'farm', 'reporting', 'dana', 'the-id', 'another')
    const subject = fc.record(
      {
        issuer: word,
        application: word,
        user: word,
        tokenId: word,
        issuedBefore: fc.integer({ min: NOW - 2, max: NOW + 2 }),
      },
      { requiredKeys: [] },
    )
    const suspension = fc
      .tuple(subject, fc.uuid(), fc.integer({ min: NOW - 1, max: NOW + 1 }))
      .map(([given, id, expiresAt]): Suspension => suspensionOf({ ...given, id, expiresAt }))
    const token = fc
      .tuple(
        word,
        word,
        fc.array(word, { maxLength: 2 }),
        fc.option(fc.integer({ min: NOW - 3, max: NOW + 3 }), { nil: undefined }),
        fc.array(word, { maxLength: 2 }),
      )
      .map(([issuer, id, userNames, issuedAt, ids]) =>
        factsOf({ issuerNames: [issuer], application: { id }, userNames, issuedAt, tokenIds: () => ids }),
      )
    fc.assert(
      fc.property(fc.array(suspension, { maxLength: 8 }), suspension, token, (some, more, facts) => {
        const table = new SuspensionTable(fixedClock)
        for (const one of some) table.add(one)
        const isRefused = (): boolean => table.find(facts) !== undefined
        const before = isRefused()
        const fits = (one: Suspension): boolean => one.expiresAt > NOW && matchSuspension(one)(facts)
        assert.equal(before, some.some(fits))
        table.add(more)
        assert.equal(isRefused(), before || fits(more))
      }),
      { numRuns: 500 },
    )
  })
})
