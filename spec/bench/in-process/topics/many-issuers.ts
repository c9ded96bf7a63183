import { createVerifier, type Verifier } from '../../../../dist/verifier.js'
import { answerParent } from '../../processes/answer-parent.ts'
import { callsDuring, countCryptoCalls } from '../count-crypto-calls.ts'
import type { Finding, TopicEffort } from '../finding.ts'
import { measureCpu, medianOfRounds } from '../measure-cpu.ts'
import { verifierCandidate, type VerifierLoad } from '../verifier-candidate.ts'
import { audience, issuer, makeVerifierWorld, type VerifierWorld } from '../verifier-world.ts'

const many = 10_000
const world = makeVerifierWorld('ES256')

/** What 10,000 trusted issuers cost, against one. */
answerParent(async ({ rounds, isQuick }: TopicEffort): Promise<readonly Finding[]> => {
  countCryptoCalls()
  const alone = startVerifier(world, 1)
  const start = performance.now()
  let crowd = alone
  const { keyImports } = await callsDuring(() => {
    crowd = startVerifier(world, many)
  })
  return [
    { name: '10,000 issuers: creating the verifier', value: performance.now() - start, unit: 'ms' },
    { name: '10,000 issuers: keys imported at the start', value: keyImports, unit: 'times' },
    ...(await measure({ alone, crowd }, rounds, isQuick ? 1000 : 4000)),
  ]
})

async function measure(
  verifiers: { readonly alone: Verifier; readonly crowd: Verifier },
  rounds: number,
  count: number,
): Promise<readonly Finding[]> {
  const known = await world.makeTokens(1000)
  const expired = await world.makeTokens(1000, { expiresIn: -600 })
  const load = (
    on: 'alone' | 'crowd',
    what: 'warm' | 'cold' | 'expired',
  ): VerifierLoad<`${typeof on} ${typeof what}`> => ({
    name: `${on} ${what}`,
    verifier: () => verifiers[on],
    tokens: () => (what === 'cold' ? world.makeTokens(count) : what === 'warm' ? known : expired),
    operations: count,
    isRefused: what === 'expired',
  })
  const loads = (['alone', 'crowd'] as const).flatMap((on) =>
    (['warm', 'cold', 'expired'] as const).map((what) => load(on, what)),
  )
  const costs = await measureCpu(loads.map(verifierCandidate), rounds)
  const median = (
    name: string,
    unit: 'x' | 'us',
    combine: Parameters<typeof medianOfRounds<keyof typeof costs>>[1],
  ): Finding => ({
    name: `10,000 issuers: ${name}`,
    value: medianOfRounds(costs, combine),
    unit,
  })
  return [
    median('known token, one issuer = 1', 'x', (round) => round['crowd warm'] / round['alone warm']),
    median('new token, more than with one issuer', 'us', (round) => round['crowd cold'] - round['alone cold']),
    median('look-up alone (expired token), more than with one issuer', 'us', (round) => round['crowd expired'] - round['alone expired']), // prettier-ignore
  ]
}

/** The issuer that signs is in the middle of the list. */
function startVerifier({ jwks, algorithm }: VerifierWorld, issuers: number): Verifier {
  const names = Array.from({ length: issuers }, (_, index) =>
    index === Math.floor(issuers / 2) ? issuer : `https://tenant-${index}.login.example.com`,
  )
  return createVerifier({
    audience,
    trustedIssuers: names.map((name) => ({ type: 'static', issuer: name, jwks: { ...jwks }, algorithms: [algorithm] })),
  })
}
