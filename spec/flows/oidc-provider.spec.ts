import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { S2SOptions, S2SPrincipal } from 'passport-s2s'
import { assertRefused } from '../support/attack.ts'
import { makeMovableClock, type MovableClock } from '../support/clock.ts'
import { forms, startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { startOpenIdProvider, type RunningOpenIdProvider, type TokenStyle } from '../support/openid-provider.ts'
import { sendRaw, type RawAnswer } from '../support/send-raw.ts'
import { readClaims } from '../support/tokens.ts'
import { oauthAudience } from '../support/world.ts'

const resources = { 'GET /reports/:id': 'reports.read', 'PUT /reports/:id': 'reports.write' }
const keysRefreshSeconds = 20
const keysStaleSeconds = 100

for (const form of forms) {
  describe(`tokens of a running oidc-provider (${form})`, () => {
    let provider: RunningOpenIdProvider
    let time: MovableClock
    let app: GuardedApp

    before(async () => {
      provider = await startOpenIdProvider(oauthAudience)
      time = makeMovableClock(Math.floor(Date.now() / 1000))
      app = await startGuardedApp({ form, s2s: optionsFor(provider, time), resources })
    })
    after(async () => {
      await Promise.all([app.close(), provider.stop()])
    })

    const call = (token: string, method = 'GET'): Promise<RawAnswer> =>
      sendRaw(app, { method, headers: [['Authorization', `Bearer ${token}`]] })

    async function assertAccepted(token: string): Promise<S2SPrincipal> {
      const calls = app.handlerCalls()
      const answer = await call(token)
      assert.equal(answer.status, 200, answer.body)
      assert.equal(app.handlerCalls(), calls + 1)
      return (JSON.parse(answer.body) as { caller: S2SPrincipal }).caller
    }

    async function assertOutage(token: string): Promise<void> {
      const answer = await assertRefused(app, { name: '', token, status: 503, code: 'ERR_S2S_KEYS_UNREACHABLE' })
      assert.equal(answer.headers['retry-after'], '10')
      assert.equal(answer.headers['www-authenticate'], undefined)
      assert.equal((JSON.parse(answer.body) as { error: string }).error, 'temporarily_unavailable')
    }

    for (const algorithm of ['RS256', 'ES256'] as const) {
      it(`accepts an access token signed with ${algorithm}`, async () => {
        const token = await provider.token(algorithm)
        assert.deepEqual(headerOf(token), { alg: algorithm, typ: 'at+jwt', kid: `${algorithm}-0` })
        const caller = await assertAccepted(token)
        assert.equal(caller.kind, 'app')
        assert.deepEqual(caller.application, { id: 'billing' })
        assert.equal(caller.user, undefined)
        assert.equal(caller.issuer, 'provider')
        assert.deepEqual(caller.permissions, ['reports.read'])
        const { iat, exp } = readClaims(token)
        assert.deepEqual(caller.token, { format: 'jwt', issuedAt: iat, expiresAt: exp })
      })
    }

    it('fetches discovery and keys once for all of that', () => {
      const fetches = provider.requests.filter((request) => request.startsWith('GET'))
      assert.deepEqual(fetches, ['GET /.well-known/openid-configuration', 'GET /jwks'])
    })

    it('refuses to write with a token that has only the scope to read', async () => {
      const token = await provider.token('RS256')
      const answer = await assertRefused(app, {
        name: '',
        method: 'PUT',
        token,
        status: 403,
        code: 'ERR_S2S_SCOPE_MISSING',
      })
      assert.match(answer.headers['www-authenticate'] ?? '', /scope="reports\.write", error="insufficient_scope"/)
      assert.equal((await call(await provider.token('RS256', 'reports.read reports.write'), 'PUT')).status, 200)
    })

    const refused: readonly (readonly [name: string, style: TokenStyle, code: string])[] = [
      ['signed with an algorithm that the issuer may not use', 'PS256', 'ERR_S2S_ALGORITHM_NOT_ALLOWED'],
      ['that is opaque', 'opaque', 'ERR_S2S_TOKEN_MALFORMED'],
    ]
    for (const [name, style, code] of refused) {
      it(`refuses a genuine token ${name}`, async () => {
        await assertRefused(app, { name, token: await provider.token(style), status: 401, code })
      })
    }

    it('accepts tokens of a new key at once, and those of the old key no longer once it has looked', async () => {
      const old = await provider.token('RS256')
      provider.rotateKeys()
      await assertAccepted(old)
      await assertAccepted(await provider.token('RS256'))
      await assertRefused(app, { name: '', token: old, status: 401, code: 'ERR_S2S_KEY_UNKNOWN' })
    })

    it('refuses the old key after keysRefreshSeconds also when nobody shows it a new token', async () => {
      const old = await provider.token('ES256')
      provider.rotateKeys()
      await assertAccepted(old)
      time.advance(keysRefreshSeconds)
      await assertRefused(app, { name: '', token: old, status: 401, code: 'ERR_S2S_KEY_UNKNOWN' })
    })

    describe('while the provider is down', () => {
      let known: string
      let unknown: string

      before(async () => {
        time.advance(30)
        known = await provider.token('RS256')
        await assertAccepted(known)
        provider.rotateKeys()
        unknown = await provider.token('RS256')
        await provider.stop()
      })

      it('goes on with the last known good keys', async () => {
        for (const seconds of [1, keysRefreshSeconds, 30, 30]) {
          time.advance(seconds)
          await assertAccepted(known)
        }
      })

      it('still refuses what is wrong in itself', async () => {
        const [header = '', payload = ''] = known.split('.')
        const token = `${header}.${payload}.${'A'.repeat(342)}`
        const calls = app.handlerCalls()
        assert.equal((await call(token)).status, 401)
        assert.equal(app.handlerCalls(), calls)
        // A refresh in the background may report its failure in between.
        const refusal = app.events.findLast(({ name }) => name !== 'keys.unavailable')
        assert.deepEqual([refusal?.name, refusal?.code], ['token.rejected', 'ERR_S2S_SIGNATURE_INVALID'])
      })

      it('says of a key it does not know that it cannot tell: 503', async () => {
        await assertOutage(unknown)
      })

      it('answers 503 and never 401 once the keys are too old', async () => {
        time.advance(keysStaleSeconds)
        for (let attempt = 0; attempt < 6; attempt++) await assertOutage(known)
      })

      it('recovers when the provider is back', async () => {
        await provider.start()
        time.advance(10)
        await assertAccepted(unknown)
        await assertRefused(app, { name: '', token: known, status: 401, code: 'ERR_S2S_KEY_UNKNOWN' })
        await assertAccepted(await provider.token('ES256'))
      })
    })
  })
}

/** RFC 9068 to the letter. */
function optionsFor({ issuer, ca }: RunningOpenIdProvider, { clock }: MovableClock): S2SOptions {
  return {
    audience: oauthAudience,
    clock,
    ca,
    trustedIssuers: [{ type: 'openid', name: 'provider', issuer, strict: true, keysRefreshSeconds, keysStaleSeconds }],
  }
}

function headerOf(token: string): unknown {
  return JSON.parse(Buffer.from(token.split('.', 1).join(), 'base64url').toString())
}
