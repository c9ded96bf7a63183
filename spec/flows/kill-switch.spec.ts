import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { forms, startGuardedApp } from '../support/guarded-app.ts'
import { sendRaw } from '../support/send-raw.ts'
import { makeWorld } from '../support/world.ts'

const world = await makeWorld()
const resources = { 'GET /reports/:id': 'reports.read' }

for (const form of forms) {
  describe(`kill switch (${form})`, () => {
    it('works', async () => {
      const app = await startGuardedApp({ form, s2s: world.options, resources })
      const token = await world.farm.appOnlyToken()
      const headers = [['Authorization', `Bearer ${token}`]] as const
      assert.equal((await sendRaw(app, { headers })).status, 200)
      const { id } = await app.s2s.suspend({ issuer: 'farm' })
      assert.equal((await sendRaw(app, { headers })).status, 401)
      assert.equal(await app.s2s.resume(id), true)
      assert.equal((await sendRaw(app, { headers })).status, 200)
      await app.close()
    })
  })
}
