import { createVerifier, type Verifier } from '../../../../dist/verifier.js'
import { answerParent } from '../../processes/answer-parent.ts'
import { makeBenchWorld, type BenchWorld } from '../../world/bench-world.ts'
import { createTokenMaker, type MakeTokens } from '../../world/make-tokens.ts'
import { callsDuring, countCryptoCalls } from '../count-crypto-calls.ts'
import type { Finding } from '../finding.ts'
import { accepts } from '../verifier-candidate.ts'

const count = 1000

/** Counts signature checks: none for tokens that are refused without one, none for tokens that are known. */
answerParent(async (): Promise<readonly Finding[]> => {
  countCryptoCalls()
  const world = await makeBenchWorld()
  try {
    const verifier = startVerifier(world)
    const makeTokens = createTokenMaker(world)
    return [...(await checksOfRefusals(verifier, makeTokens)), ...(await checksOfKnownTokens(verifier, makeTokens))]
  } finally {
    await world.close()
  }
})

function startVerifier({ publicWorld: { issuer, audience, jwks } }: BenchWorld): Verifier {
  return createVerifier({ audience, trustedIssuers: [{ type: 'static', issuer, jwks: { ...jwks } }] })
}

async function checksOfRefusals(verifier: Verifier, makeTokens: MakeTokens): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  for (const kind of ['garbage', 'expired', 'unknown issuer', 'unknown kid'] as const) {
    const tokens = await makeTokens(kind, count)
    const { signatureChecks } = await callsDuring(() => judgeAll(verifier, tokens, false))
    findings.push({ name: `signature checks for 1,000 tokens: ${kind}`, value: signatureChecks, unit: 'times' })
  }
  return findings
}

async function checksOfKnownTokens(verifier: Verifier, makeTokens: MakeTokens): Promise<readonly Finding[]> {
  const good = await makeTokens('accepted', count)
  const forged = await makeTokens('bad signature', 10 * count)
  await judgeAll(verifier, good, true)
  const again = await callsDuring(() => judgeAll(verifier, good, true))
  const bad = await callsDuring(() => judgeAll(verifier, forged, false))
  const after = await callsDuring(() => judgeAll(verifier, good, true))
  const badAgain = await callsDuring(() => judgeAll(verifier, forged, false))
  return [
    { name: 'signature checks for 1,000 known tokens', value: again.signatureChecks, unit: 'times' },
    { name: 'the same after 10,000 bad signatures', value: after.signatureChecks, unit: 'times' },
    {
      name: 'bad signatures of 10,000 that were answered from memory',
      value: bad.signatureChecks - badAgain.signatureChecks,
      unit: 'times',
    },
    { name: 'bad signatures of 10,000 that were not checked', value: 10 * count - bad.signatureChecks, unit: 'times' },
  ]
}

async function judgeAll(verifier: Verifier, tokens: readonly string[], isGood: boolean): Promise<void> {
  for (const token of tokens) {
    if ((await accepts(verifier, token)) !== isGood) throw new Error('a token was judged otherwise than expected')
  }
}
