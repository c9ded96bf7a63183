import { setTimeout as sleep } from 'node:timers/promises'
import { createVerifier, type Verifier } from '../../../dist/verifier.js'
import { audience, issuer, type VerifierWorld } from './verifier-world.ts'

/** An issuer whose key set takes 20 ms to arrive, and a verifier that trusts it. */
export interface SlowIssuer {
  readonly verifier: Verifier
  fetches(this: void): number
  /** Publishes the keys of another world from now on. */
  publish(this: void, world: VerifierWorld): void
  /** Moves the verifier's clock on. */
  wait(this: void, seconds: number): void
}

const answerMilliseconds = 20

/** Starts it, with the keys of `world` fetched once. The verifier's clock stands still. */
export async function startSlowIssuer(world: VerifierWorld): Promise<SlowIssuer> {
  let published = world
  let now = Date.now() / 1000
  let fetches = 0
  const verifier = createVerifier({
    audience,
    clock: () => now,
    fetch: async () => {
      fetches += 1
      await sleep(answerMilliseconds)
      return Response.json(published.jwks)
    },
    trustedIssuers: [{ type: 'openid', issuer, jwksUri: `${issuer}/jwks`, algorithms: [world.algorithm] }],
  })
  await verifier.ready()
  return {
    verifier,
    fetches: () => fetches,
    publish: (next) => {
      published = next
    },
    wait: (seconds) => {
      now += seconds
    },
  }
}
