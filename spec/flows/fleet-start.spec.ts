import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { createMemoryState, type S2SState } from 'passport-s2s'
import { createVerifier, type Verifier, type VerifierOptions } from 'passport-s2s/verifier'
import { makeOAuthIssuer } from '../support/oauth-issuer.ts'

const clock = (): number => Date.now() / 1000
const audience = 'https://reports.example.com'
const issuer = makeOAuthIssuer({ issuer: 'https://login.example.com', audience, clock, algorithms: ['ES256'] })
const servers = 50

/** An issuer that counts who asks for its keys, and when (milliseconds). */
function countingIssuer(): { readonly asked: number[]; readonly fetch: NonNullable<VerifierOptions['fetch']> } {
  const asked: number[] = []
  const fetch: NonNullable<VerifierOptions['fetch']> = async () => {
    asked.push(performance.now())
    return Promise.resolve(Response.json(issuer.jwks()))
  }
  return { asked, fetch }
}

const verifiers: Verifier[] = []
after(() => {
  for (const verifier of verifiers) verifier.close()
})

function start({ fetch }: ReturnType<typeof countingIssuer>, options: Partial<VerifierOptions> = {}): Verifier {
  const trusted = { type: 'openid', issuer: issuer.issuer, jwksUri: `${issuer.issuer}/jwks` } as const
  const verifier = createVerifier({ audience, trustedIssuers: [trusted], fetch, ...options })
  verifiers.push(verifier)
  return verifier
}

async function took(work: Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work
  return performance.now() - startedAt
}

/** The most that fell into any tenth of a second. */
function busiestTenth(times: readonly number[]): number {
  return Math.max(...times.map((from) => times.filter((time) => time >= from && time < from + 100).length))
}

/** What no server of this package is known by: a state that other processes share. */
function foreignState(): S2SState {
  return { ...createMemoryState() }
}

describe('a fleet that starts', () => {
  it(`asks the issuer one after the other: ${servers} servers within a second`, async (context) => {
    const [together, spread] = [countingIssuer(), countingIssuer()]
    await Promise.all(Array.from({ length: servers }, () => start(together).ready()))
    const state = foreignState()
    const fleet = Array.from({ length: servers }, () => start(spread, { state }))
    await Promise.all(fleet.map((verifier) => verifier.ready()))
    assert.deepEqual([together.asked.length, spread.asked.length], [servers, servers])
    context.diagnostic(`in the busiest tenth of a second ${busiestTenth(together.asked)} of ${servers} asked without, ${busiestTenth(spread.asked)} with startupJitterSeconds: 1`) // prettier-ignore
    // By chance five in each tenth; more than half of them in one has a probability below 1e-12.
    const shared = busiestTenth(spread.asked)
    assert.ok(shared <= servers / 2, `${shared} at once`)
    assert.ok(Math.max(...spread.asked) - Math.min(...spread.asked) > 300, 'spread')
  })

  it('makes no request wait: one that needs keys fetches them at once, and what waits need not fetch again', async () => {
    const counting = countingIssuer()
    const verifier = start(counting, { startupJitterSeconds: 60 })
    const ready = verifier.ready()
    assert.ok((await took(verifier.verify(await issuer.token()))) < 5000)
    assert.equal(counting.asked.length, 1)
    verifier.close()
    assert.ok((await took(ready)) < 5000, 'a server that is closed waits no more')
    assert.equal(counting.asked.length, 1)
  })

  it('waits once, and only when there is something to fetch', async () => {
    const counting = countingIssuer()
    const verifier = start(counting, { startupJitterSeconds: 0.05 })
    await verifier.ready()
    await verifier.ready()
    assert.equal(counting.asked.length, 1)
    const known = { type: 'static', issuer: issuer.issuer, jwks: issuer.jwks() } as const
    const static1 = start(counting, { startupJitterSeconds: 60, trustedIssuers: [known] })
    assert.ok((await took(static1.ready())) < 5000)
  })

  for (const [name, options] of Object.entries({
    'a server alone': {},
    'servers of one process': { state: createMemoryState() },
  })) {
    it(`is not made slower: ${name}`, async () => {
      const counting = countingIssuer()
      const startedAt = performance.now()
      const ready = Promise.all(Array.from({ length: 10 }, () => start(counting, options).ready()))
      await new Promise(setImmediate)
      await new Promise(setImmediate)
      assert.equal(counting.asked.length, 10, `nobody waits: ${performance.now() - startedAt}`)
      await ready
    })
  }
})
