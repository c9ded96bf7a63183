import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { TrustedIssuerOptions } from 'passport-s2s'
import { makeCertificate } from '../support/certificates.ts'
import { makeMovableClock, NOW, type MovableClock } from '../support/clock.ts'
import { assertAcceptedAfter, assertRefusedWith, makeRemembered } from '../support/counted-request.ts'
import { everyForm, startGuardedApp, type Form, type GuardedApp } from '../support/guarded-app.ts'
import { makeOAuthIssuer } from '../support/oauth-issuer.ts'
import { dana, makeWorld, oauthAudience } from '../support/world.ts'

const world = await makeWorld()
const { farm, oauth } = world
const resources = { 'GET /reports/:id': 'reports.read' } as const
const scope = 'reports.read'
const [farmTrust = assert.fail(), , loginTrust = assert.fail()] = world.options.trustedIssuers
/** Within the tolerance of a minute. */
const tolerance = 60

/** A token, and when and how its time is over. */
interface EndingToken {
  readonly name: string
  readonly make: () => Promise<string>
  /** The first second at which it is refused. */
  readonly refusedAt: number
  readonly code: string
}

const actor = { exp: String(NOW + 100) }
const ending: readonly EndingToken[] = [
  {
    name: 'an OAuth token expired',
    make: () => oauth.token({ claims: { scope } }),
    refusedAt: NOW + 600 + tolerance,
    code: 'ERR_S2S_TOKEN_EXPIRED',
  },
  {
    name: 'an S2S application token expired',
    make: () => farm.appOnlyToken(),
    refusedAt: NOW + 3000 + tolerance,
    code: 'ERR_S2S_TOKEN_EXPIRED',
  },
  {
    name: 'the outer part of an S2S user token expired',
    make: () => farm.userToken({ ...dana, exp: String(NOW + 50) }),
    refusedAt: NOW + 50 + tolerance,
    code: 'ERR_S2S_TOKEN_EXPIRED',
  },
  {
    name: 'the actor token inside an S2S user token expired',
    make: async () => farm.userToken(dana, await farm.actorToken(actor)),
    refusedAt: NOW + 100 + tolerance,
    code: 'ERR_S2S_TOKEN_EXPIRED',
  },
  {
    name: 'the clock went back to before its nbf',
    make: () => oauth.token({ claims: { scope, nbf: NOW - 30 } }),
    refusedAt: NOW - tolerance - 1,
    code: 'ERR_S2S_TOKEN_NOT_YET_VALID',
  },
  {
    name: 'the clock went back to before the nbf of its actor token',
    make: async () => farm.userToken(dana, await farm.actorToken({ nbf: String(NOW - 5) })),
    refusedAt: NOW - 5 - tolerance - 1,
    code: 'ERR_S2S_TOKEN_NOT_YET_VALID',
  },
  {
    name: 'the clock went back so far that it would live too long, when it says no beginning',
    make: () => oauth.token({ claims: { scope, iat: undefined, exp: NOW + 86_400 } }),
    refusedAt: NOW - 1,
    code: 'ERR_S2S_TOKEN_LIFETIME',
  },
]

for (const form of everyForm) {
  describe(`a remembered token is refused at the next request (${form})`, () => {
    for (const { name, make, refusedAt, code } of ending) {
      it(`after ${name}, and not before`, async (test) => {
        const { app, time } = await startWorldApp(form, test)
        const token = await make()
        await makeRemembered(app, token)
        const direction = Math.sign(refusedAt - NOW)
        time.advance(refusedAt - NOW - direction)
        await assertAcceptedAfter(0, app, token)
        time.advance(direction)
        await assertRefusedWith(code, app, token)
        time.advance(-direction)
        await assertAcceptedAfter(1, app, token)
      })
    }

    it('after its issuer was removed; and is verified anew when it was added again', async (test) => {
      const { app } = await startWorldApp(form, test)
      const tokens = [await farm.appOnlyToken(), await farm.userToken(dana), await oauth.token({ claims: { scope } })]
      for (const token of tokens) await makeRemembered(app, token)
      for (const name of ['farm', 'login']) assert.equal(app.s2s.trustedIssuers.remove(name), true)
      for (const token of tokens) await assertRefusedWith('ERR_S2S_ISSUER_UNTRUSTED', app, token)
      for (const trust of [farmTrust, loginTrust]) app.s2s.trustedIssuers.add(trust)
      for (const token of tokens) await makeRemembered(app, token)
    })

    it('after its issuer was removed and added again with other keys', async (test) => {
      const { app } = await startWorldApp(form, test)
      const tokens = [await farm.appOnlyToken(), await farm.userToken(dana)]
      const oauthToken = await oauth.token({ claims: { scope } })
      for (const token of [...tokens, oauthToken]) await makeRemembered(app, token)
      for (const name of ['farm', 'login']) app.s2s.trustedIssuers.remove(name)
      for (const trust of withOtherKeys()) app.s2s.trustedIssuers.add(trust)
      for (const token of tokens) await assertRefusedWith('ERR_S2S_KEY_UNKNOWN', app, token)
      await assertRefusedWith('ERR_S2S_SIGNATURE_INVALID', app, oauthToken)
    })

    it('after its issuer was added again and may no longer act for users', async (test) => {
      const { app } = await startWorldApp(form, test)
      const token = await farm.userToken(dana)
      await makeRemembered(app, token)
      app.s2s.trustedIssuers.remove('farm')
      app.s2s.trustedIssuers.add({ ...farmTrust, allowDelegation: false } as TrustedIssuerOptions)
      await assertRefusedWith('ERR_S2S_DELEGATION_NOT_ALLOWED', app, token, 403)
    })
  })
}

interface WorldApp {
  readonly app: GuardedApp
  readonly time: MovableClock
}

async function startWorldApp(form: Form, test: TestContext): Promise<WorldApp> {
  const time = makeMovableClock()
  const s2s = { ...world.options, clock: time.clock }
  const app = await startGuardedApp({ form, s2s, resources })
  test.after(() => app.close())
  return { app, time }
}

const otherCertificate = await makeCertificate({ commonName: 'Other', keyType: 'ec256' })
const otherKeys = makeOAuthIssuer({ issuer: oauth.issuer, audience: oauthAudience, clock: () => NOW })

/** The same issuers by name; the OAuth issuer gives its new key the `kid` of the old one. */
function withOtherKeys(): readonly TrustedIssuerOptions[] {
  return [
    { ...farmTrust, certificates: otherCertificate.certificatePem } as TrustedIssuerOptions,
    { ...loginTrust, jwks: otherKeys.jwks() } as TrustedIssuerOptions,
  ]
}
