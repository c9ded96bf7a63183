import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeMovableClock, type MovableClock } from '../support/clock.ts'
import { fetchingTypes, refreshSeconds, startFailingIssuer, type FailingIssuer } from '../support/failing-issuer.ts'
import { openLedger, type FaultLedger } from '../support/fault-ledger.ts'
import { readClaims } from '../support/tokens.ts'

const toleranceSeconds = 60

interface Scene extends MovableClock {
  readonly issuer: FailingIssuer
  readonly ledger: FaultLedger
}

interface Story {
  readonly name: string
  /** How far the issuer's clock is ahead of ours, in seconds. */
  readonly ahead?: number
  readonly play: (scene: Scene) => Promise<void>
}

const stories: readonly Story[] = [
  { name: 'half of its nodes have the new keys', play: publishByHalves },
  { name: 'its keys rotate under load', play: rotateUnderLoad },
  { name: 'it goes up and down every second', play: flap },
  { name: 'it calls its documents web pages', play: callWrongly },
  { name: 'its clock is five minutes slow', ahead: -300, play: lagBehind },
  { name: 'its clock is fifteen minutes fast', ahead: 900, play: runAhead },
  { name: 'our clock is set back by five minutes', play: (scene) => setClock(scene, -300) },
  { name: 'our clock is set forward by five minutes', play: (scene) => setClock(scene, 300) },
]

for (const type of fetchingTypes) {
  describe(`an issuer that changes (${type})`, () => {
    for (const { name, ahead = 0, play } of stories) {
      it(`lets nobody in, and nobody out who was in: ${name}`, async () => {
        const time = makeMovableClock()
        const issuer = await startFailingIssuer(type, () => time.clock() + ahead)
        const ledger = await openLedger({ name, issuer, time })
        try {
          let elapsed = 0
          const advance = (seconds: number): void => {
            elapsed += Math.max(0, seconds)
            time.advance(seconds)
          }
          await play({ issuer, ledger, clock: time.clock, advance })
          await ledger.close(elapsed)
        } finally {
          await ledger.app.close()
          await issuer.close()
        }
      })
    }
  })
}

/** The third key was used and withdrawn before the story begins. */
async function withdrawThird({ issuer, ledger, advance }: Scene): Promise<void> {
  const [first, , third] = issuer.generations
  const withdrawn = await third.token()
  issuer.nodes = [[third]]
  await ledger.accept([withdrawn])
  issuer.nodes = [[first]]
  await ledger.accept([await first.token()])
  ledger.withdraw(withdrawn)
  advance(30)
}

/** Whichever node is asked: what both publish is good, and a new key is found by the look that reaches a node that has it. */
async function publishByHalves(scene: Scene): Promise<void> {
  const { issuer, ledger, advance } = scene
  await withdrawThird(scene)
  const [first, second] = issuer.generations
  issuer.nodes = [[first], [first, second]]
  await ledger.sendOne(await second.token(), false)
  for (let round = 0; round < 6; round += 1) {
    const [old, fresh] = [await first.token(), await second.token()]
    await ledger.accept([old, fresh, old, fresh])
    await ledger.probe(200, [old])
    advance(30)
  }
}

/** 500 requests as fast as they go: the new key comes while they run, and later the old one is withdrawn. */
async function rotateUnderLoad(scene: Scene): Promise<void> {
  const { issuer, ledger, advance } = scene
  await withdrawThird(scene)
  const [first, second] = issuer.generations
  const old = await Promise.all(Array.from({ length: 10 }, first.token))
  const fresh = await Promise.all(Array.from({ length: 10 }, second.token))
  const startedAt = performance.now()
  await inParallel(350, async (index) => {
    if (index === 150) issuer.nodes = [[first, second]]
    await ledger.sendOne(tokenAt(index, index > 150 && index % 2 === 0 ? fresh : old), true)
  })
  issuer.nodes = [[second]]
  advance(refreshSeconds)
  await inParallel(150, (index) =>
    index % 2 === 0 ? ledger.sendOne(tokenAt(index, fresh), true) : ledger.sendOne(tokenAt(index, old), false),
  )
  ledger.remark(`${Math.round((500 * 1000) / (performance.now() - startedAt))} requests/s`)
}

function tokenAt(index: number, tokens: readonly string[]): string {
  return tokens[index % tokens.length] ?? assert.fail()
}

/** Twenty at a time. */
async function inParallel(count: number, send: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const sendInTurn = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await send(index)
  }
  await Promise.all(Array.from({ length: 20 }, sendInTurn))
}

async function flap(scene: Scene): Promise<void> {
  const { issuer, ledger, advance } = scene
  await withdrawThird(scene)
  const [first] = issuer.generations
  for (let second = 0; second < 120; second += 1) {
    issuer.fault = second % 2 === 0 ? { address: 'nobody there' } : undefined
    const token = await first.token()
    await (second % 24 === 0 ? ledger.probe(200, [token]) : ledger.accept([token]))
    advance(1)
  }
}

/** Some servers do. What counts is who sent the document, and what it says. */
async function callWrongly(scene: Scene): Promise<void> {
  scene.issuer.fault = { contentType: 'text/html; charset=utf-8' }
  await withdrawThird(scene)
  await scene.ledger.probe(200, [await scene.issuer.generations[0].token()])
}

/** Only our clock counts: its tokens end early for us, and never late. */
async function lagBehind(scene: Scene): Promise<void> {
  const { issuer, ledger, clock, advance } = scene
  await withdrawThird(scene)
  const token = await issuer.generations[0].token()
  await ledger.probe(200, [token])
  advance(Number(readClaims(token)['exp']) - clock() + toleranceSeconds)
  await ledger.sendOne(token, false)
  await ledger.probe(200, [await issuer.generations[0].token()])
}

/** Only our clock counts: its tokens begin late for us, and never early. The issuer is not asked about them. */
async function runAhead({ issuer, ledger, clock, advance }: Scene): Promise<void> {
  await ledger.app.s2s.ready()
  const token = await issuer.generations[0].token()
  const { nbf, iat } = readClaims(token)
  await ledger.sendOne(token, false)
  assert.equal(ledger.looks(), 1)
  advance(Number(nbf ?? iat) - clock() - toleranceSeconds)
  await ledger.probe(200, [token])
}

/** Tokens are as before; what was withdrawn stays so, and keys are looked at when they are due by either clock. */
async function setClock(scene: Scene, seconds: number): Promise<void> {
  const { issuer, ledger, advance } = scene
  await withdrawThird(scene)
  const [first, second] = issuer.generations
  advance(seconds)
  await ledger.probe(200, [await first.token()])
  const withdrawn = await first.token()
  issuer.nodes = [[second]]
  advance(refreshSeconds)
  ledger.withdraw(withdrawn)
  await ledger.probe(200, [await second.token()])
}
