import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { createMemoryState, type SuspendOptions } from 'passport-s2s'
import { assertRefused } from '../support/attack.ts'
import { makeBreakable } from '../support/breakable-state.ts'
import { NOW } from '../support/clock.ts'
import { forms, startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { sendRaw } from '../support/send-raw.ts'
import { otherSignature } from '../support/token-changes.ts'
import { takeApart } from '../support/token-parts.ts'
import { dana, makeWorld } from '../support/world.ts'

const { farm, oauth, otherOAuth, options } = await makeWorld()
const { wrap, forgeOuter } = await takeApart(farm)
const resources = { 'GET /reports/:id': 'reports.read' }
const suspended = { status: 401, code: 'ERR_S2S_TOKEN_SUSPENDED' } as const
const scope = 'reports.read'

const actorToken = await farm.actorToken({ jti: 'the-actor' })
const es256 = await oauth.token({ algorithm: 'ES256', claims: { scope, jti: 'one' } })
const hashOf = (token: string): string =>
  createHash('sha256')
    .update(token.slice(0, token.lastIndexOf('.')))
    .digest('base64url')
const oneUser = { upn: dana.upn }

/** What whoever holds a suspended token tries next. */
const attempts: Readonly<Record<string, { readonly subject: SuspendOptions; readonly tokens: readonly string[] }>> = {
  'the second signature that ECDSA allows': {
    subject: { issuer: 'login', tokenId: hashOf(es256) },
    tokens: [es256, otherSignature(es256)],
  },
  'the actor token for another user, alone, and in an outer token with an id of its own': {
    subject: { issuer: 'farm', tokenId: hashOf(actorToken) },
    tokens: [
      wrap(actorToken),
      actorToken,
      await farm.userToken({ upn: 'eve@fabrikam.example' }, actorToken),
      forgeOuter({ claims: { jti: 'another', actortoken: actorToken } }),
    ],
  },
  'an outer token that is dated anew': {
    subject: { issuer: 'farm', issuedBefore: NOW },
    tokens: [forgeOuter({ claims: { iat: String(NOW), nbf: String(NOW), actortoken: actorToken } })],
  },
  'another token of the same application': {
    subject: { application: 'reporting' },
    tokens: [
      es256,
      await oauth.token({ claims: { scope, jti: 'two' } }),
      await otherOAuth.token({ claims: { scope } }),
    ],
  },
  'the user in capital letters': {
    subject: { user: dana.upn },
    tokens: [await farm.userToken({ upn: dana.upn.toUpperCase() }), await farm.userToken(oneUser)],
  },
  'a token that is dated when nobody can tell': {
    subject: { issuer: 'login', issuedBefore: NOW - 86_400 },
    tokens: [await oauth.token({ claims: { scope, iat: undefined, nbf: undefined } })],
  },
}

for (const form of forms) {
  describe(`a suspended token (${form})`, () => {
    let app: GuardedApp
    before(async () => {
      app = await startGuardedApp({ form, s2s: options, resources })
    })
    after(() => app.close())

    for (const [name, { subject, tokens }] of Object.entries(attempts)) {
      it(`gets nobody in with ${name}`, async () => {
        for (const token of tokens) assert.equal((await send(app, token)).status, 200, 'it would be good')
        const { id } = await app.s2s.suspend(subject)
        for (const token of tokens) await assertRefused(app, { name, token, ...suspended })
        await app.s2s.resume(id)
        for (const token of tokens) assert.equal((await send(app, token)).status, 200)
      })
    }

    it('is not one of another issuer that uses the same id', async () => {
      const same = await otherOAuth.token({ claims: { scope, jti: 'one' } })
      const { id } = await app.s2s.suspend({ issuer: 'login', tokenId: 'one' })
      await assertRefused(app, { name: 'the token', token: es256, ...suspended })
      assert.equal((await send(app, same)).status, 200)
      await app.s2s.resume(id)
    })
  })

  describe(`whoever can write to the shared state (${form})`, () => {
    const entries: Readonly<Record<string, string>> = {
      'what is no suspension': 'let me in',
      'one that takes somebody out': JSON.stringify({
        id: 'x',
        issuer: 'login',
        except: 'reporting',
        addedAt: NOW,
        expiresAt: NOW + 60,
      }),
      'one that never ends': JSON.stringify({ id: 'x', issuer: 'id', addedAt: NOW, expiresAt: 1e300 }),
      'an issuer to trust': JSON.stringify({
        id: 'x',
        trustedIssuers: [{ type: 'static' }],
        addedAt: NOW,
        expiresAt: NOW + 60,
      }),
      'one with __proto__': '{"id":"x","__proto__":{"issuer":"a"},"addedAt":1,"expiresAt":2}',
    }
    for (const [name, entry] of Object.entries(entries)) {
      it(`gets nobody in with ${name}: what is known holds, and a server that starts serves nobody`, async () => {
        const clock = options.clock ?? assert.fail()
        const state = makeBreakable(createMemoryState({ clock }))
        const running = await startGuardedApp({ form, s2s: { ...options, state }, resources })
        await running.s2s.suspend({ issuer: 'farm' })
        assert.equal((await send(running, es256)).status, 200)
        state.entries = new Map([['x', entry]])
        state.version = 99
        const starting = await startGuardedApp({ form, s2s: { ...options, state }, resources })
        await assertRefused(running, { name: 'a suspended one', token: wrap(actorToken), ...suspended })
        await assertRefused(starting, { name: 'any', token: es256, status: 503, code: 'ERR_S2S_STATE_UNAVAILABLE' })
        await assertRefused(starting, {
          name: 'a bad one',
          token: 'a.b.c',
          status: 401,
          code: 'ERR_S2S_TOKEN_MALFORMED',
        })
        assert.ok(starting.events.some(({ name: event }) => event === 'state.malformed'))
        for (const app of [running, starting]) await app.close()
      })
    }
  })
}

function send(app: GuardedApp, token: string): ReturnType<typeof sendRaw> {
  return sendRaw(app, { headers: [['Authorization', `Bearer ${token}`]] })
}
