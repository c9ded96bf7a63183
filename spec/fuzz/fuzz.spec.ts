import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fuzz, type FuzzResult } from './engine/fuzz.ts'
import { judge } from './engine/judge.ts'
import { accepted, type Subject, type Target } from './engine/target.ts'
import { readFuzzOptions, readInput, writeInput } from './fuzz-options.ts'
import { makeFuzzTargets } from './fuzz-targets.ts'
import { runFuzz } from './run-fuzz.ts'
import { jsonTarget } from './targets/text-targets.ts'
import { verifierTarget } from './targets/verifier-target.ts'
import { makeFuzzWorld } from './world/fuzz-world.ts'

const targets = await makeFuzzTargets()
const world = await makeFuzzWorld()

function fuzzFor(executions: number, ...given: readonly Target[]): Promise<FuzzResult> {
  return fuzz(given, { seed: 1, executions, milliseconds: 60_000 })
}

describe('npm run fuzz', () => {
  it('finds nothing in a short run over every target, each of which accepts and refuses', async () => {
    const { failure, tallies } = await fuzzFor(2_000, ...targets)
    assert.equal(failure, undefined)
    for (const { name, executions, accepted: yes, refused: no, replayed } of tallies) {
      assert.equal(yes + no, executions, name)
      assert.ok(yes > 0 && no > 0 && replayed > 0, `${name} is not fuzzed`)
    }
  })

  it('makes the same inputs of the same seed', async () => {
    const [first, second] = [
      await fuzzFor(300, jsonTarget, verifierTarget(world)),
      await fuzzFor(300, jsonTarget, verifierTarget(world)),
    ]
    const counts = (result: FuzzResult): unknown =>
      result.tallies.map(({ name, accepted: yes, features }) => [name, yes, features])
    assert.deepEqual(counts(first), counts(second))
  })

  it('lets the verifier and the oracle agree on every token to begin with', async () => {
    const subject = verifierTarget(world).start()
    for (const token of world.tokens.all) {
      const answer = await subject.execute(token)
      assert.equal(await subject.contradiction?.(token, answer), undefined)
      assert.equal(answer.accepted, world.tokens.good.includes(token), answer.feature)
    }
    subject.close?.()
  })
})

/** A target with something planted into it. */
function planted(execute: Subject['execute'], others: Partial<Target> = {}): Target {
  return {
    name: 'planted',
    weight: 1,
    seeds: ['{"a":"b"}', 'some words'],
    words: ['bug', 'b', 'ug'],
    start: () => ({ execute }),
    ...others,
  }
}

const fine = accepted('fine', undefined)

describe('what is planted is found', () => {
  it('a parser that lets the last of two members win', async () => {
    const { contradiction } = jsonTarget.start()
    const execute: Subject['execute'] = (input) => {
      try {
        const value: unknown = JSON.parse(input)
        const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
        return isObject ? accepted('an object', value) : { accepted: false, feature: 'no object' }
      } catch {
        return { accepted: false, feature: 'no JSON' }
      }
    }
    const start = (): Subject => ({ execute, ...(contradiction === undefined ? {} : { contradiction }) })
    const { failure } = await fuzzFor(2_000, { ...jsonTarget, start })
    assert.equal(failure?.kind, 'contradiction')
    assert.ok(failure.input.length <= 20, failure.input)
  })

  it('an error that is not documented, with the smallest input', async () => {
    const { failure } = await fuzzFor(
      5_000,
      planted((input) => {
        if (input.includes('bug')) throw new TypeError('a bug')
        return fine
      }),
    )
    assert.deepEqual([failure?.kind, failure?.input], ['crash', 'bug'])
  })

  it('a promise that rejects', async () => {
    const { failure } = await fuzzFor(
      5_000,
      planted((input) => (input.includes('bug') ? Promise.reject(new RangeError('a bug')) : Promise.resolve(fine))),
    )
    assert.deepEqual([failure?.kind, failure?.input], ['crash', 'bug'])
  })

  it('an input that holds the event loop each time, but not one that did once', async () => {
    const hold = (): void => {
      for (const end = performance.now() + 60; performance.now() < end;);
    }
    let isFirst = true
    const once = await fuzzFor(
      100,
      planted(() => {
        if (isFirst) hold()
        isFirst = false
        return fine
      }),
    )
    assert.equal(once.failure, undefined)
    const always = planted((input) => {
      if (input === 'slow') hold()
      return fine
    })
    const { failure } = await fuzzFor(100, { ...always, seeds: ['slow'] })
    assert.deepEqual([failure?.kind, failure?.input], ['stall', 'slow'])
  })

  it('an answer that depends on what was asked before', async () => {
    let count = 0
    const remembers = planted(() => ({ accepted: (count += 1) > 150, feature: 'sometimes' }))
    assert.equal((await fuzzFor(100, remembers)).failure?.kind, 'unstable')
    const start = (): Subject => {
      const isWarm = new Set<string>()
      return { execute: (input) => accepted(isWarm.size === isWarm.add(input).size ? 'warm' : 'cold', undefined) }
    }
    assert.equal(
      (
        await fuzzFor(
          100,
          planted(() => fine, { start }),
        )
      ).failure?.kind,
      'unstable',
    )
  })

  it('a failure that needs what came before, and says so', async () => {
    let count = 0
    const start = (): Subject => {
      count += 1
      const isFirst = count === 1
      let asked = 0
      return {
        execute: () => {
          asked += 1
          if (isFirst && asked > 5) throw new TypeError('a bug')
          return fine
        },
      }
    }
    const { failure } = await fuzzFor(
      100,
      planted(() => fine, { start }),
    )
    assert.match(failure?.what ?? '', /^TypeError: a bug[^]*\(only after what came before: give the seed again\)$/)
  })

  it('an issuer that is given more time than it should have', async () => {
    const [login, ...others] = world.options.trustedIssuers
    assert.ok(login !== undefined)
    const options = {
      ...world.options,
      trustedIssuers: [{ ...login, clockToleranceSeconds: 600 } as typeof login, ...others],
    }
    const subject = verifierTarget({ ...world, options }).start()
    const verdicts = await Promise.all(world.tokens.all.map(async (token) => judge(subject, token)))
    subject.close?.()
    const findings = verdicts.flatMap(({ finding }) => finding ?? [])
    assert.deepEqual(findings, [{ kind: 'contradiction', what: 'lets in whom the oracle refuses' }])
  })

  it('anything, and the command says how to see it again', async () => {
    const said: string[] = []
    const say = (text: string): unknown => said.push(text)
    const bug = planted((input) => {
      if (input.includes('bug')) throw new TypeError('a bug')
      return fine
    })
    assert.equal(await runFuzz(['--seed', '7', '--executions', '5000'], [bug], say), 1)
    const text = said.join('\n')
    assert.match(text, /^fuzz: seed 7, \d+ executions, .* FAILED$/m)
    assert.match(text, /^crash in planted: TypeError: a bug$/m)
    assert.match(text, /^again: npm run fuzz -- --target planted --input YnVn$/m)
    assert.equal(await runFuzz(['--target', 'planted', '--input', 'YnVn'], [bug], say), 1)
    assert.equal(await runFuzz(['--target', 'planted', '--input', writeInput('fine')], [bug], say), 0)
    assert.equal(await runFuzz(['--executions', '20', '--seed', '1'], [planted(() => fine)], say), 0)
    assert.match(said.at(-1) ?? '', /nothing found$/)
  })
})

describe('the command line of npm run fuzz', () => {
  it('takes three minutes unless it is told', () => {
    assert.equal(readFuzzOptions([]).milliseconds, 180_000)
    assert.equal(readFuzzOptions(['--minutes', '0.5']).milliseconds, 30_000)
    assert.equal(readFuzzOptions(['--executions', '10']).milliseconds, Infinity)
    assert.equal(readFuzzOptions(['--seed', '5']).seed, 5)
  })

  for (const given of [
    ['--seed', 'x'],
    ['--executions', '-1'],
    ['--minutes'],
    ['--what'],
    ['loose'],
    ['--target', 'none'],
  ]) {
    it(`refuses ${given.join(' ')}`, async () => {
      const said: string[] = []
      assert.equal(await runFuzz(given, targets, (text) => said.push(text)), 2)
      assert.match(said.join(), /npm run fuzz -- /)
    })
  }

  it('writes inputs so that they can be read again', () => {
    for (const input of ['', 'abc', 'caf\u00e9 \u{1f600}', '\ud800', 'x\udc00y'])
      assert.equal(readInput(writeInput(input)), input)
  })
})
