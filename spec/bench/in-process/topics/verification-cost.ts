// The verification alone has no public face: its module is read from the compiled package.
import { createCallerAuthenticator } from '../../../../dist/permissions/caller-authenticator.js'
import { createTokenVerifier, type VerifyToken } from '../../../../dist/verification/token-verifier.js'
import { answerParent } from '../../processes/answer-parent.ts'
import type { BenchAlgorithm } from '../../world/sign-tokens.ts'
import type { Finding, TopicEffort } from '../finding.ts'
import { measureCpu, medianOfRounds, type Candidate } from '../measure-cpu.ts'
import { rawCandidate } from '../raw-signature.ts'
import { verifierCandidate } from '../verifier-candidate.ts'
import { audience, issuer, makeVerifierWorld, type VerifierWorld } from '../verifier-world.ts'

/**
 * A cold verification with all its checks against the bare signature check; and all that a verifier does with a token it
 * has not seen: also caller, permissions, principal, memory.
 */
answerParent(async ({ rounds, isQuick }: TopicEffort): Promise<readonly Finding[]> => {
  const findings: Finding[] = []
  for (const algorithm of ['RS256', 'PS256', 'ES256', 'EdDSA'] as const) {
    findings.push(...(await measureAlgorithm(algorithm, rounds, isQuick ? 1000 : 2500)))
  }
  return findings
})

async function measureAlgorithm(algorithm: BenchAlgorithm, rounds: number, count: number): Promise<readonly Finding[]> {
  const world = makeVerifierWorld(algorithm)
  const { publicKey: key, startVerifier: verifier } = world
  const tokens = await world.makeTokens(count)
  const costs = await measureCpu<'raw' | 'cold' | 'whole'>(
    [
      rawCandidate('raw', { tokens, key, algorithm }),
      verificationCandidate(world, tokens),
      verifierCandidate({ name: 'whole', verifier, tokens: () => tokens, operations: count }),
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
    {
      name: `${algorithm}: verifier with a new token, raw = 1`,
      value: medianOfRounds(costs, ({ whole, raw }) => whole / raw),
      unit: 'x',
    },
  ]
}

function verificationCandidate(
  { jwks, algorithm }: VerifierWorld,
  tokens: readonly string[],
): Candidate & { readonly name: 'cold' } {
  const start = (): VerifyToken => {
    const { issuers, clock } = createCallerAuthenticator({
      audience,
      trustedIssuers: [{ type: 'static', issuer, jwks: { ...jwks }, algorithms: [algorithm] }],
    })
    return createTokenVerifier({ issuers, clock })
  }
  let verify = start()
  return {
    name: 'cold',
    operations: tokens.length,
    prepare: () => {
      verify = start()
    },
    run: () => {
      for (const token of tokens)
        if (verify(token) instanceof Promise) throw new Error('cold: nothing is to be fetched')
    },
  }
}
