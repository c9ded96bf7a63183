import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { makeMovableClock } from '../support/clock.ts'
import { fetchingTypes, startFailingIssuer } from '../support/failing-issuer.ts'
import { isReporting, openLedger, type FaultLedger } from '../support/fault-ledger.ts'
import { compact, readClaims } from '../support/tokens.ts'

/** The whole flood takes half a minute; whoever wants the report waits for it. */
const floodSize = isReporting ? 10_000 : 150

for (const type of fetchingTypes) {
  describe(`an issuer whose keys strangers make us look for (${type})`, () => {
    it('rows 72 and 74: is asked within the token bucket; its own tokens are good all the while', async () => {
      const time = makeMovableClock()
      const issuer = await startFailingIssuer(type, time.clock)
      const name = `${floodSize} tokens of unknown keys`
      const ledger = await openLedger({ name, issuer, time })
      try {
        const [first, second] = issuer.generations
        const known = await first.token()
        await ledger.accept([known])
        await flood(ledger, known)
        assert.ok(ledger.looks() <= 4, `${ledger.looks()} looks`)
        await ledger.accept([known])

        issuer.nodes = [[first, second]]
        const fresh = await second.token()
        await ledger.sendOne(fresh, false)
        time.advance(10)
        await ledger.accept([fresh, known])
        await ledger.close(10)
      } finally {
        await ledger.app.close()
        await issuer.close()
      }
    })
  })
}

/** Twenty at a time, honest ones among them. */
async function flood(ledger: FaultLedger, known: string): Promise<void> {
  const header = JSON.parse(Buffer.from(known.split('.')[0] ?? '', 'base64url').toString()) as object
  const named = 'kid' in header ? 'kid' : 'x5t'
  const claims = readClaims(known)
  const signature = randomBytes('kid' in header ? 64 : 256).toString('base64url')
  const unknown = (): string =>
    compact({ ...header, [named]: randomBytes(20).toString('base64url') }, claims, signature)
  for (let sent = 0; sent < floodSize; sent += 20) {
    const tokens = Array.from({ length: 20 }, unknown)
    await Promise.all([...tokens.map((token) => ledger.sendOne(token, false)), ledger.sendOne(known, true)])
  }
}
