import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { S2SOptions } from 'passport-s2s'
import { assertRefused } from '../support/attack.ts'
import { NOW } from '../support/clock.ts'
import { forms, startGuardedApp } from '../support/guarded-app.ts'
import { sendRaw } from '../support/send-raw.ts'
import { makeWorld } from '../support/world.ts'

const world = await makeWorld()
const { options } = world
const resources = { 'GET /reports/:id': 'reports.read' }
const tokens = {
  oauth: await world.oauth.token({ claims: { scope: 'reports.read' } }),
  farm: await world.farm.appOnlyToken(),
} as const
const without = (name: string): S2SOptions => ({
  ...options,
  trustedIssuers: options.trustedIssuers.filter((issuer) => issuer.name !== name),
})
const other = { ...options.self, clientId: 'other', realm: 'other', hosts: ['other.example'] }

/** What the second configuration of one process says, and what it makes of a token that the first one accepted. */
const changes: readonly (readonly [string, S2SOptions, keyof typeof tokens, status: 401 | 403, code: string])[] = [
  ['an OAuth issuer is gone', without('login'), 'oauth', 401, 'ERR_S2S_ISSUER_UNTRUSTED'],
  ['a farm is gone', { ...without('farm'), grants: [] }, 'farm', 401, 'ERR_S2S_ISSUER_UNTRUSTED'],
  ['the audience is another', { ...options, audience: 'https://x' }, 'oauth', 401, 'ERR_S2S_AUDIENCE_MISMATCH'],
  ['the server has another name', { ...options, self: other }, 'farm', 401, 'ERR_S2S_AUDIENCE_MISMATCH'],
  ['the grant is gone', { ...options, grants: [] }, 'farm', 403, 'ERR_S2S_GRANT_MISSING'],
  ['the clock is a day ahead', { ...options, clock: () => NOW + 86_400 }, 'oauth', 401, 'ERR_S2S_TOKEN_EXPIRED'],
]

for (const form of forms) {
  describe(`a server that is configured anew in the same process (${form})`, () => {
    for (const [name, changed, sender, status, code] of changes) {
      it(`row 80: remembers nothing of the old one when ${name}`, async () => {
        const token = tokens[sender]
        const before = await startGuardedApp({ form, s2s: options, resources })
        const now = await startGuardedApp({ form, s2s: changed, resources })
        try {
          const accepted = async (): Promise<void> => {
            const { status: got } = await sendRaw(before, { headers: [['Authorization', `Bearer ${token}`]] })
            assert.equal(got, 200)
          }
          await accepted()
          await assertRefused(now, { name, token, status, code })
          await accepted()
          await assertRefused(now, { name, token, status, code })
        } finally {
          await Promise.all([before.close(), now.close()])
        }
      })
    }
  })
}
