import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { makeMovableClock, NOW } from '../support/clock.ts'
import {
  fetchingTypes,
  refreshSeconds,
  staleSeconds,
  startFailingIssuer,
  type FailingIssuer,
  type Fault,
} from '../support/failing-issuer.ts'
import { openLedger, type FaultLedger, type FaultStory } from '../support/fault-ledger.ts'
import { answers, drips, neverAnswers, neverEnds } from '../support/faults.ts'
import { startHttpsServer } from '../support/https-server.ts'

/** Whatever arrives here followed an address that no operator chose. */
const canary = await startHttpsServer((_request, response) => response.end('{"keys":[]}'))
after(() => canary.close())

const faults: Readonly<Record<string, Fault>> = {
  'nobody listens': { address: 'nobody there' },
  'its name is not found': { address: 'not found' },
  'its certificate has expired': { certificate: 'expired' },
  'its body never ends': neverEnds,
  'it sends garbage': answers(200, Buffer.from('{"keys":[\xff\0\x80]}', 'latin1')),
  'it sends a web page': answers(200, '<!doctype html><p>Welcome', { 'content-type': 'text/html' }),
  'its key set is empty': { keys: 'none' },
  'it answers 500': answers(500, '{"keys":[]}'),
  'it redirects': answers(302, '', { location: `${canary.url}/jwks` }),
}

/** Only the deadline ends these. */
const slowFaults: Readonly<Record<string, Fault>> = { 'its headers never come': neverAnswers, 'its body drips': drips }

for (const type of fetchingTypes) {
  describe(`an issuer that fails (${type})`, () => {
    for (const [name, fault] of Object.entries(faults)) {
      it(`lets nobody in, and nobody out who was in: ${name}`, async () => {
        await survive({ name, type, fault })
      })
    }
  })
}

describe('an issuer that is slow', { concurrency: true }, () => {
  for (const type of fetchingTypes) {
    for (const [name, fault] of Object.entries(slowFaults)) {
      it(`lets nobody in, and nobody out who was in: ${name} (${type})`, async () => {
        await survive({ name, type, fault, timeoutMilliseconds: 400, rounds: 1 })
      })
    }
  }
})

interface FaultCase extends Pick<FaultStory, 'name' | 'timeoutMilliseconds'> {
  readonly type: FailingIssuer['type']
  readonly fault: Fault
  /** How often requests are sent while it lasts. Default 2. */
  readonly rounds?: number
}

/** The fault is there at the start, comes back when the keys are due, and once more until they are too old. */
async function survive({ type, fault, rounds = 2, ...story }: FaultCase): Promise<void> {
  const time = makeMovableClock()
  const issuer = await startFailingIssuer(type, time.clock)
  const ledger = await openLedger({ ...story, issuer, time })
  const scene: Scene = { fault, rounds, issuer, ledger, advance: time.advance }
  try {
    await failAtStart(scene)
    await exchangeKeys(scene)
    await failLater(scene)
    await failTooLong(scene)
    await ledger.close(time.clock() - NOW)
    assert.deepEqual(canary.requests, [])
  } finally {
    await ledger.app.close()
    await issuer.close()
  }
}

interface Scene {
  readonly fault: Fault
  readonly rounds: number
  readonly issuer: FailingIssuer
  readonly ledger: FaultLedger
  readonly advance: (seconds: number) => void
}

async function failAtStart(scene: Scene): Promise<void> {
  const { fault, rounds, issuer, ledger } = scene
  issuer.fault = fault
  const token = await issuer.generations[0].token()
  for (let round = 0; round < rounds; round += 1) await ledger.probe(503, [token, token])
  assert.ok(ledger.looks() <= 4, `${ledger.looks()} looks`)
  await recover(scene, [token])
}

/** The first key is withdrawn. */
async function exchangeKeys({ issuer, ledger, advance }: Scene): Promise<void> {
  const [first, second] = issuer.generations
  const withdrawn = await first.token()
  await ledger.probe(200, [withdrawn])
  issuer.nodes = [[second]]
  advance(10)
  await ledger.probe(200, [await second.token()])
  ledger.withdraw(withdrawn)
}

async function failLater(scene: Scene): Promise<void> {
  const { fault, rounds, issuer, ledger, advance } = scene
  const [, second] = issuer.generations
  const known = await second.token()
  issuer.fault = fault
  advance(refreshSeconds)
  for (let round = 0; round < rounds; round += 1) {
    await ledger.probe(200, [known, await second.token()])
    advance(10)
  }
  await recover(scene, [known])
}

async function failTooLong(scene: Scene): Promise<void> {
  const { fault, issuer, ledger, advance } = scene
  issuer.fault = fault
  advance(staleSeconds)
  const token = await issuer.generations[1].token()
  await ledger.probe(503, [token])
  await recover(scene, [token])
}

/** The fault ends: the next look, ten seconds later at the latest, brings the keys back. */
async function recover({ issuer, ledger, advance }: Scene, tokens: readonly string[]): Promise<void> {
  await issuer.quiet()
  issuer.fault = undefined
  advance(10)
  const first = ledger.looks()
  await ledger.probe(200, tokens)
  await issuer.quiet()
  // On a busy machine looks that began under the fault may end after it.
  const later = Array.from({ length: ledger.looks() - first }, (_, index) => ledger.lookAt(first + index))
  assert.ok(later.includes('keys.refreshed'), later.join())
}
