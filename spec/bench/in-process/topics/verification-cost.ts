import { answerParent } from '../../processes/answer-parent.ts'
import type { BenchAlgorithm } from '../../world/sign-tokens.ts'
import type { Finding, TopicEffort } from '../finding.ts'
import { measureCpu, medianOfRounds } from '../measure-cpu.ts'
import { rawCandidate } from '../raw-signature.ts'
import { verifierCandidate } from '../verifier-candidate.ts'
import { makeVerifierWorld } from '../verifier-world.ts'

/** A cold verification with all its checks, without Express, against the bare signature check. */
answerParent(async ({ rounds, isQuick }: TopicEffort): Promise<readonly Finding[]> => {
  const findings: Finding[] = []
  for (const algorithm of ['RS256', 'PS256', 'ES256', 'EdDSA'] as const) {
    findings.push(...(await measureAlgorithm(algorithm, rounds, isQuick ? 1000 : 2500)))
  }
  return findings
})

async function measureAlgorithm(algorithm: BenchAlgorithm, rounds: number, count: number): Promise<readonly Finding[]> {
  const { publicKey: key, makeTokens, startVerifier } = makeVerifierWorld(algorithm)
  const tokens = await makeTokens(count)
  const costs = await measureCpu<'raw' | 'cold'>(
    [
      rawCandidate('raw', { tokens, key, algorithm }),
      verifierCandidate({ name: 'cold', verifier: startVerifier, tokens: () => tokens, operations: count }),
    ],
    rounds,
  )
  return [
    { name: `${algorithm}: raw crypto.verify`, value: medianOfRounds(costs, ({ raw }) => raw), unit: 'us' },
    { name: `${algorithm}: cold verification`, value: medianOfRounds(costs, ({ cold }) => cold), unit: 'us' },
    {
      name: `${algorithm}: cold verification, raw = 1`,
      value: medianOfRounds(costs, ({ cold, raw }) => cold / raw),
      unit: 'x',
    },
  ]
}
