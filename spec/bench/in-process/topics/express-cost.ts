import { createPublicKey } from 'node:crypto'
import { answerParent } from '../../processes/answer-parent.ts'
import { makeBenchWorld, type BenchWorld } from '../../world/bench-world.ts'
import { createTokenMaker, type TokenKind } from '../../world/make-tokens.ts'
import { appCandidate } from '../app-candidate.ts'
import type { Finding, TopicEffort } from '../finding.ts'
import { measureCpu, medianOfRounds, type CpuRounds } from '../measure-cpu.ts'
import { rawCandidate } from '../raw-signature.ts'

const refusedKinds = ['garbage', 'expired', 'unknown issuer', 'unknown kid', 'bad signature'] as const

/** What guards add to one request inside Express, without a network. */
answerParent(async ({ rounds, isQuick }: TopicEffort): Promise<readonly Finding[]> => {
  const world = await makeBenchWorld()
  try {
    const count = isQuick ? 1000 : 2500
    return [...(await measureServing(world, rounds, count)), ...(await measureRefusing(world, rounds, count))]
  } finally {
    await world.close()
  }
})

async function measureServing(world: BenchWorld, rounds: number, count: number): Promise<readonly Finding[]> {
  const tokens = await createTokenMaker(world)('accepted', count)
  const one = tokens.slice(0, 1)
  const { publicWorld } = world
  const costs = await measureCpu(
    await Promise.all([
      appCandidate({ name: 'bare', contender: 'bare', tokens: one, operations: count, status: 200 }, publicWorld),
      appCandidate({ name: 'warm', contender: 'protect', tokens: one, operations: count, status: 200 }, publicWorld),
      appCandidate({ name: 'cold', contender: 'protect', tokens, status: 200, isFresh: true }, publicWorld),
      appCandidate({ name: 'peer', contender: 'fast-jwt-uncached', tokens, status: 200, isFresh: true }, publicWorld),
    ]),
    rounds,
  )
  return [
    { name: 'bare Express', value: medianOfRounds(costs, ({ bare }) => bare), unit: 'us' },
    { name: 'repeated token: protect adds', value: medianOfRounds(costs, ({ warm, bare }) => warm - bare), unit: 'us' },
    { name: 'new token: protect adds', value: medianOfRounds(costs, ({ cold, bare }) => cold - bare), unit: 'us' },
    { name: 'new token: fast-jwt adds', value: medianOfRounds(costs, ({ peer, bare }) => peer - bare), unit: 'us' },
    {
      name: 'new token: what protect adds, what fast-jwt adds = 1',
      value: medianOfRounds(costs, ({ cold, peer, bare }) => (cold - bare) / (peer - bare)),
      unit: 'x',
    },
  ]
}

async function measureRefusing(world: BenchWorld, rounds: number, count: number): Promise<readonly Finding[]> {
  const makeTokens = createTokenMaker(world)
  const { publicWorld } = world
  const forged = await makeTokens('bad signature', count)
  const key = createPublicKey(publicWorld.publicKeyPem)
  const refuse = async (kind: TokenKind & Refused): Promise<ReturnType<typeof appCandidate<Refused>>> => {
    const tokens = kind === 'bad signature' ? forged : await makeTokens(kind, count)
    return appCandidate({ name: kind, contender: 'protect', tokens, status: 401 }, publicWorld)
  }
  const costs: CpuRounds<Refused | 'bare' | 'raw'> = await measureCpu(
    [
      await appCandidate({ name: 'bare', contender: 'bare', tokens: forged, status: 200 }, publicWorld),
      rawCandidate('raw', { tokens: forged, key, algorithm: 'RS256', isGood: false }),
      ...(await Promise.all(refusedKinds.map(refuse))),
    ],
    rounds,
  )
  return [
    ...refusedKinds.map((kind): Finding => {
      const value = medianOfRounds(costs, (round) => round[kind] / round.bare)
      return { name: `refusing ${kind}, accepted bare request = 1`, value, unit: 'x' }
    }),
    {
      name: 'refusing bad signature: more than a bare request and raw crypto.verify',
      value: medianOfRounds(costs, (round) => round['bad signature'] - round.bare - round.raw),
      unit: 'us',
    },
  ]
}

type Refused = (typeof refusedKinds)[number]
