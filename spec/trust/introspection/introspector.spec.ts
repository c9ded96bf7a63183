import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UnavailableError } from '../../../lib/foundation/errors.ts'
import type { IntrospectionAnswer } from '../../../lib/oauth/introspection-request.ts'
import { createIntrospector, type Introspector } from '../../../lib/trust/introspection/introspector.ts'
import { makeMovableClock, type MovableClock } from '../../support/clock.ts'
import { refusal } from '../../support/refusal.ts'

interface Asked {
  readonly introspector: Introspector
  readonly time: MovableClock
  /** Tokens that were really asked about, in turn. */
  readonly questions: readonly string[]
  readonly heard: readonly string[]
  /** What the issuer says; may throw. */
  answer: (token: string) => IntrospectionAnswer | Promise<IntrospectionAnswer>
}

const active = { document: { active: true } }
const inactive = { document: { active: false } }
const outage = new UnavailableError('ERR_S2S_INTROSPECTION_UNAVAILABLE', 'down')

function makeAsked(cacheSeconds = 30): Asked {
  const time = makeMovableClock()
  const [questions, heard]: [string[], string[]] = [[], []]
  const asked: Asked = {
    introspector: createIntrospector({
      ...{ issuer: 'asked', cacheSeconds, clock: time.clock },
      request: async (token) => {
        questions.push(token)
        return asked.answer(token)
      },
      onAnswer: () => heard.push('answer'),
      onFailure: () => heard.push('failure'),
    }),
    ...{ time, questions, heard },
    answer: () => active,
  }
  return asked
}

const names = (prefix: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`)

describe('createIntrospector', () => {
  it('asks once for requests that come together, and gives what it knows at once', async () => {
    const { introspector, questions, heard } = makeAsked()
    const flights = [introspector.ask('one'), introspector.ask('one')]
    assert.equal(flights[0], flights[1])
    const first = await flights[0]
    assert.equal(introspector.ask('one'), first)
    assert.deepEqual([questions, heard], [['one'], ['answer']])
  })

  it('asks again after cacheSeconds, counted from the question', async () => {
    const asked = makeAsked(30)
    const { introspector, time, questions } = asked
    asked.answer = () => {
      time.advance(4)
      return active
    }
    const { askedAt, usableUntil } = await introspector.ask('one')
    assert.equal(usableUntil, askedAt + 30)
    time.advance(25)
    await introspector.ask('one')
    assert.equal(questions.length, 1)
    time.advance(1)
    await introspector.ask('one')
    assert.equal(questions.length, 2)
  })

  it('gives an answer that took too long to those who waited for it, for a second', async () => {
    const asked = makeAsked(1)
    const { introspector, time, questions } = asked
    asked.answer = () => {
      time.advance(5)
      return active
    }
    await introspector.ask('one')
    await introspector.ask('one')
    assert.equal(questions.length, 1)
    time.advance(1)
    await introspector.ask('one')
    assert.equal(questions.length, 2)
  })

  it('keeps no answer beyond the end of its token, nor through a clock that was set back', async () => {
    const asked = makeAsked(30)
    const { introspector, time, questions } = asked
    asked.answer = () => ({ document: { active: true, exp: time.clock() + 5 } })
    await introspector.ask('one')
    time.advance(5)
    await introspector.ask('one')
    assert.equal(questions.length, 2)
    time.advance(-1)
    await introspector.ask('one')
    assert.equal(questions.length, 3)
  })

  it('remembers inactive tokens for ten seconds, and a token that became active at once', async () => {
    const asked = makeAsked(30)
    const { introspector, time, questions } = asked
    asked.answer = () => inactive
    await introspector.ask('one')
    time.advance(9)
    assert.equal((await introspector.ask('one')).document['active'], false)
    assert.equal(questions.length, 1)
    time.advance(1)
    asked.answer = () => active
    assert.equal((await introspector.ask('one')).document['active'], true)
    assert.equal((await introspector.ask('one')).document['active'], true)
    assert.equal(questions.length, 2)
  })

  it('is told of failures, remembers none, and serves nothing old', async () => {
    const asked = makeAsked(30)
    const { introspector, time, heard } = asked
    await introspector.ask('one')
    time.advance(30)
    asked.answer = () => {
      throw outage
    }
    await assert.rejects(async () => introspector.ask('one'), outage)
    asked.answer = () => active
    await introspector.ask('one')
    assert.deepEqual(heard, ['answer', 'failure', 'answer'])
  })

  it('asks a failing issuer ten times more, and then once a second', async () => {
    const asked = makeAsked()
    const { introspector, time, questions } = asked
    asked.answer = () => {
      throw outage
    }
    for (const name of names('token', 20)) {
      await assert.rejects(async () => introspector.ask(name), refusal('ERR_S2S_INTROSPECTION_UNAVAILABLE'))
    }
    assert.equal(questions.length, 11)
    time.advance(1)
    await assert.rejects(async () => introspector.ask('later'), refusal('ERR_S2S_INTROSPECTION_UNAVAILABLE', 'down'))
    await assert.rejects(
      async () => introspector.ask('too soon'),
      refusal('ERR_S2S_INTROSPECTION_UNAVAILABLE', 'asked failed to answer, and is asked again once a second'),
    )
    time.advance(1)
    asked.answer = () => active
    for (const name of names('fresh', 20)) await introspector.ask(name)
  })

  it('asks about a hundred tokens that are not active, then five a second, and about known ones always', async () => {
    const asked = makeAsked()
    const { introspector, time, questions } = asked
    await introspector.ask('known')
    asked.answer = (token) => (token === 'known' || token === 'new' ? active : inactive)
    for (const name of names('guess', 100)) await introspector.ask(name)
    await assert.rejects(
      async () => introspector.ask('guess'),
      refusal('ERR_S2S_INTROSPECTION_LIMITED', 'asked was asked about too many tokens that are not active'),
    )
    await assert.rejects(async () => introspector.ask('new'), refusal('ERR_S2S_INTROSPECTION_LIMITED'))
    assert.equal(questions.length, 101)
    time.advance(30)
    asked.answer = () => inactive
    for (const name of names('later', 100)) await introspector.ask(name)
    asked.answer = () => active
    await assert.rejects(async () => introspector.ask('new'), refusal('ERR_S2S_INTROSPECTION_LIMITED'))
    await introspector.ask('known')
    time.advance(1)
    await introspector.ask('new')
  })

  it('has at most 200 questions of each lane under way', async () => {
    const asked = makeAsked()
    const { introspector, time } = asked
    const known = names('known', 5)
    for (const name of known) await introspector.ask(name)
    time.advance(30)
    const waiting: ((answer: IntrospectionAnswer) => void)[] = []
    asked.answer = () => new Promise((resolve) => waiting.push(resolve))
    const flights = names('new', 200).map((name) => introspector.ask(name))
    await assert.rejects(
      async () => introspector.ask('one more'),
      refusal('ERR_S2S_INTROSPECTION_LIMITED', 'asked is asked about 200 tokens already'),
    )
    flights.push(...known.map((name) => introspector.ask(name)))
    await new Promise(setImmediate)
    assert.equal(waiting.length, 205)
    for (const resolve of waiting) resolve(active)
    for (const flight of flights) await flight
    asked.answer = () => active
    await introspector.ask('one more')
  })

  it('forgets everything when it is closed', async () => {
    const asked = makeAsked()
    const { introspector, questions } = asked
    await introspector.ask('one')
    asked.answer = () => inactive
    await introspector.ask('two')
    introspector.close()
    await introspector.ask('one')
    await introspector.ask('two')
    assert.equal(questions.length, 4)
  })
})
