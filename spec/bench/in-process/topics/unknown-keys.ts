import type { Verifier } from '../../../../dist/verifier.js'
import { answerParent } from '../../processes/answer-parent.ts'
import type { Finding } from '../finding.ts'
import { startSlowIssuer, type SlowIssuer } from '../slow-issuer.ts'
import { makeVerifierWorld, type VerifierWorld } from '../verifier-world.ts'
import { accepts } from '../verifier-candidate.ts'

const flood = 10_000
const atOnce = 50
const algorithm = 'ES256'

/** What tokens with unknown kids can make us do, with an issuer that answers in 20 ms and a clock that stands still. */
answerParent(async (): Promise<readonly Finding[]> => {
  const world = makeVerifierWorld(algorithm)
  return [
    ...(await floodWithUnknownKids(world)),
    ...(await floodWithUnknownIssuers(world)),
    ...(await rotate(world)),
    ...(await rotateInFlood(world)),
  ]
})

async function floodWithUnknownKids(world: VerifierWorld): Promise<readonly Finding[]> {
  const { verifier, fetches } = await startSlowIssuer(world)
  const good = await world.makeTokens(flood / 10)
  const bad = await makeUnknownTokens(flood)
  const before = fetches()
  const goodOnes = new Set(good)
  const judged = await judgeAll(
    verifier,
    good.flatMap((token, index) => [token, ...bad.slice(index * 10, index * 10 + 10)]),
  )
  const known = judged.filter(({ token }) => goodOnes.has(token))
  const unknown = judged.filter(({ token }) => !goodOnes.has(token))
  return [
    { name: 'fetches for 10,000 unknown kids', value: fetches() - before, unit: 'times' },
    { name: 'an unknown kid was held for at most', value: longest(unknown), unit: 'ms' },
    { name: 'a known kid was held for at most', value: longest(known), unit: 'ms' },
    { name: 'good tokens refused among them', value: known.filter((each) => !each.isAccepted).length, unit: 'times' },
    { name: 'unknown kids accepted', value: unknown.filter((each) => each.isAccepted).length, unit: 'times' },
  ]
}

async function floodWithUnknownIssuers(world: VerifierWorld): Promise<readonly Finding[]> {
  const { verifier, fetches } = await startSlowIssuer(world)
  const before = fetches()
  await judgeAll(verifier, await world.makeTokens(1000, { issuer: 'https://elsewhere.example.net' }))
  return [{ name: 'fetches for 1,000 unknown issuers', value: fetches() - before, unit: 'times' }]
}

async function rotate(world: VerifierWorld): Promise<readonly Finding[]> {
  const slow = await startSlowIssuer(world)
  const isAccepted = await acceptsAfterRotation(slow, 0)
  return [{ name: 'first token after a rotation accepted at once', value: Number(isAccepted), unit: 'times' }]
}

/** The bucket is empty when the key changes: nothing is fetched until it gets its next token, ten seconds later. */
async function rotateInFlood(world: VerifierWorld): Promise<readonly Finding[]> {
  const slow = await startSlowIssuer(world)
  for (const token of await makeUnknownTokens(20)) await accepts(slow.verifier, token)
  const isAccepted = await acceptsAfterRotation(slow, 10)
  return [{ name: 'after a rotation in a flood accepted ten seconds later', value: Number(isAccepted), unit: 'times' }]
}

async function acceptsAfterRotation({ verifier, publish, wait }: SlowIssuer, seconds: number): Promise<boolean> {
  const next = makeVerifierWorld(algorithm, 'key-2')
  publish(next)
  wait(seconds)
  const [token = ''] = await next.makeTokens(1)
  return accepts(verifier, token)
}

/** Tokens of one issuer, each with a kid it never published. */
async function makeUnknownTokens(count: number): Promise<readonly string[]> {
  const [token = ''] = await makeVerifierWorld(algorithm).makeTokens(1)
  const [, claims = '', signature = ''] = token.split('.')
  return Array.from({ length: count }, (_, index) => {
    const header = Buffer.from(JSON.stringify({ alg: algorithm, typ: 'at+jwt', kid: `unknown-${index}` }))
    return `${header.toString('base64url')}.${claims}.${signature}`
  })
}

interface Judged {
  readonly token: string
  readonly isAccepted: boolean
  readonly milliseconds: number
}

/** Some requests at once, each as soon as there is room for it. */
async function judgeAll(verifier: Verifier, tokens: readonly string[]): Promise<readonly Judged[]> {
  const judged: Judged[] = []
  const waiting = tokens.values()
  const work = async (): Promise<void> => {
    for (const token of waiting) {
      const start = performance.now()
      const isAccepted = await accepts(verifier, token)
      judged.push({ token, isAccepted, milliseconds: performance.now() - start })
      await new Promise(setImmediate)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  return judged
}

function longest(judged: readonly Judged[]): number {
  return judged.reduce((most, { milliseconds }) => Math.max(most, milliseconds), 0)
}
