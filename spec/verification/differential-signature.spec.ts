import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { knownAlgorithms, type KnownAlgorithm } from '../../lib/keys/verification-key.ts'
import { isFullRun } from '../support/run-size.ts'
import { createSeededRandom, howToRepeat, runSeed, type SeededRandom } from '../support/seeded-random.ts'
import {
  createOracle,
  createSubject,
  factsOf,
  type OracleVerdict,
  type OurVerdict,
} from './differential/jose-oracle.ts'
import { keyTypeOf, makePoolKeys, makeSignedPool, type Segments, type SignedPool } from './differential/signed-pool.ts'
import { brokenRules } from './differential/stricter-rules.ts'
import { mutations } from './differential/token-mutations.ts'

/** P-384 and P-521 cost ten to fifty times of the others. */
const sampleSizes: Partial<Record<KnownAlgorithm, number>> = { ES384: 100, ES512: 40 }
const fullSize = 100_000
const batchSize = 250
const names = Object.keys(mutations)
const keyPairs = makePoolKeys(knownAlgorithms)

/** One token to be judged, and how it was made. */
interface Trial {
  readonly made: string
  readonly token: string
  readonly isGenuine: boolean
}

function makeTrial(pool: SignedPool, random: SeededRandom): Trial {
  const [origin, tokens] = random.pick(weighted(pool))
  const count = origin !== 'genuine' ? random.pick([0, 0, 1]) : random.pick([0, 1, 1, 1, 1, 1, 1, 2])
  const chosen = Array.from({ length: count }, () => random.pick(names))
  const spoilt = chosen.reduce<Segments>(
    (token, name) => mutations[name]?.(token, pool, random) ?? token,
    random.pick(tokens),
  )
  return {
    made: [origin, ...chosen].join(' + '),
    token: spoilt.join('.'),
    isGenuine: origin === 'genuine' && count === 0,
  }
}

function weighted(pool: SignedPool): readonly (readonly [string, readonly Segments[]])[] {
  const genuine = ['genuine', pool.genuine] as const
  return [
    genuine,
    genuine,
    genuine,
    genuine,
    genuine,
    genuine,
    genuine,
    ['odd', pool.odd],
    ['odd', pool.odd],
    ['forged', pool.forged],
  ]
}

/** How often each way of agreeing occurred. */
const ways = ['accepted', 'badSignature', 'stricter', 'refusedByBoth', 'genuine'] as const
type Tally = Record<(typeof ways)[number], number>

interface Judgement {
  readonly ours: OurVerdict
  readonly oracle: OracleVerdict
  readonly rules: ReadonlySet<string>
}

/** Holds the two verdicts against each other. @throws AssertionError for a disagreement that no rule of ours explains */
function agreement({ ours, oracle, rules }: Judgement): keyof Tally {
  if (ours.code === undefined) {
    assert.ok(oracle.claims !== undefined, 'accepted by us, refused by jose')
    assert.deepEqual([...rules], [], 'accepted by us against a rule of our own')
    assert.deepEqual(ours.claims, oracle.claims, 'accepted by both with different claims')
    return 'accepted'
  }
  if (rules.has(ours.code)) return oracle.claims === undefined ? 'refusedByBoth' : 'stricter'
  assert.equal(ours.code, 'ERR_S2S_SIGNATURE_INVALID', 'refused by us for a rule that it does not break')
  assert.equal(oracle.signatureHolds, false, 'a signature that jose says holds')
  return 'badSignature'
}

async function compare(pool: SignedPool, size: number): Promise<Tally> {
  const { algorithm, keys } = pool
  const random = createSeededRandom(runSeed, algorithm)
  const [askJose, askUs, facts] = [createOracle(keys), createSubject(keys), factsOf(algorithm)]
  const tally: Tally = { accepted: 0, badSignature: 0, stricter: 0, refusedByBoth: 0, genuine: 0 }
  for (let done = 0; done < size; done += batchSize) {
    const trials = Array.from({ length: Math.min(batchSize, size - done) }, () => makeTrial(pool, random))
    const judged = trials.map(async (trial) => {
      const oracle = askJose(trial.token)
      const judgement = { ours: await askUs(trial.token), oracle: await oracle, rules: brokenRules(trial.token, facts) }
      tally[agreementOn(trial, judgement, pool)] += 1
      if (trial.isGenuine) tally.genuine += 1
    })
    await Promise.all(judged)
  }
  return tally
}

/** Names everything that is needed to look at a disagreement again: the keys are new in every run. */
function agreementOn(trial: Trial, judgement: Judgement, pool: SignedPool): keyof Tally {
  try {
    const found = agreement(judgement)
    if (trial.isGenuine) assert.equal(found, 'accepted', 'a genuine token')
    return found
  } catch (error) {
    const key = JSON.stringify(pool.keys.publicKey.export({ format: 'jwk' }))
    const { ours, oracle, rules } = judgement
    const verdicts = `ours: ${ours.code ?? 'accepted'}, jose: ${JSON.stringify(oracle)}, rules: ${[...rules].join(' ')}`
    throw new Error(`${trial.made}; ${verdicts}\n${JSON.stringify(trial.token)}\n${key}\n${howToRepeat}`, {
      cause: error,
    })
  }
}

const total: Tally = { accepted: 0, badSignature: 0, stricter: 0, refusedByBoth: 0, genuine: 0 }

describe('our verification and that of jose', () => {
  for (const algorithm of knownAlgorithms) {
    const size = isFullRun ? fullSize : (sampleSizes[algorithm] ?? 300)

    it(`agree on ${size} tokens of ${algorithm}, or a named rule of ours is stricter`, async (test) => {
      const [keys, otherKeys] = keyPairs.get(keyTypeOf(algorithm)) ?? []
      assert.ok(keys !== undefined && otherKeys !== undefined)
      const random = createSeededRandom(runSeed, `pool ${algorithm}`)
      const pool = makeSignedPool(algorithm, { keys, otherKeys, size: isFullRun ? 'full' : 'sample', random })
      const tally = await compare(pool, size)
      for (const way of ways) total[way] += tally[way]
      if (isFullRun) test.diagnostic(`${JSON.stringify(tally)}; ${howToRepeat}`)
    })
  }

  it('were asked about enough tokens of every kind', () => {
    const size = total.accepted + total.badSignature + total.stricter + total.refusedByBoth
    const { genuine, accepted, badSignature, stricter } = total
    const isMeaningful = genuine > size / 25 && accepted > size / 10 && badSignature > size / 5 && stricter > size / 25
    assert.ok(isMeaningful, `${JSON.stringify(total)}; ${howToRepeat}`)
  })
})
