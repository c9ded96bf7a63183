import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeMovableClock } from '../support/clock.ts'
import { fetchingTypes, startFailingIssuer } from '../support/failing-issuer.ts'
import { openLedger } from '../support/fault-ledger.ts'

for (const type of fetchingTypes) {
  describe(`an issuer whose keys nobody has yet (${type})`, () => {
    it('row 73: is asked once for 60 requests at the same time', async () => {
      const time = makeMovableClock()
      const issuer = await startFailingIssuer(type, time.clock)
      const ledger = await openLedger({ name: '60 requests at the start', issuer, time })
      try {
        const token = await issuer.generations[0].token()
        await Promise.all(Array.from({ length: 60 }, () => ledger.sendOne(token, true)))
        assert.equal(ledger.app.handlerCalls(), 60)
        assert.equal(issuer.attempts(), type === 'openid' ? 2 : 1)
        await ledger.close(0)
      } finally {
        await ledger.app.close()
        await issuer.close()
      }
    })
  })
}
