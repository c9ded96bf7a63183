import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { TrustedIssuerOptions } from 'passport-s2s'
import { createVerifier } from 'passport-s2s/verifier'
import {
  assertAcceptedAfter,
  assertRefusedWith,
  makeRemembered,
  signatureChecksDuring,
} from '../support/counted-request.ts'
import { everyForm, type Form, type GuardedApp } from '../support/guarded-app.ts'
import { bearer } from '../support/one-request.ts'
import type { OAuthIssuer } from '../support/oauth-issuer.ts'
import { startRemoteIssuer, type RemoteIssuer } from '../support/remote-issuer.ts'
import { sendRaw } from '../support/send-raw.ts'
import { flipSignatureBit } from '../support/tokens.ts'
import { dana, makeWorld } from '../support/world.ts'

const claims = { scope: 'reports.read' }

for (const form of everyForm) {
  describe(`a token that many requests bring at once, before any key is there (${form})`, () => {
    it('is verified once', async (test) => {
      const { app, issuer, holdAnswers } = await startRemote(form, test)
      const [token, other] = [await issuer.token({ claims }), await issuer.token({ claims })]
      const letGo = holdAnswers()
      const sent = sendMany(app, [...Array.from({ length: 5 }, () => token), ...Array.from({ length: 3 }, () => other)])
      await arrived(app, 8)
      letGo()
      assert.deepEqual(await sent, { statuses: Array.from({ length: 8 }, () => 200), checks: 2 })
      assert.equal(app.handlerCalls(), 8)
      const accepted = app.events.filter(({ name }) => name === 'token.accepted')
      assert.equal(accepted.length, 8, 'each request has its own event')
      for (const seen of [token, other]) await assertAcceptedAfter(0, app, seen)
    })

    it('is refused by one verification when it is forged, and judged anew the next time', async (test) => {
      const { app, issuer, holdAnswers } = await startRemote(form, test)
      const token = await issuer.token({ claims })
      const letGo = holdAnswers()
      const sent = sendMany(
        app,
        Array.from({ length: 6 }, () => flipSignatureBit(token)),
      )
      await arrived(app, 6)
      letGo()
      assert.deepEqual(await sent, { statuses: Array.from({ length: 6 }, () => 401), checks: 1 })
      assert.equal(app.handlerCalls(), 0)
      const again = signatureChecksDuring(() =>
        assertRefusedWith('ERR_S2S_SIGNATURE_INVALID', app, flipSignatureBit(token)),
      )
      assert.equal(await again, 1)
      await makeRemembered(app, token)
    })

    it('is not at fault in an outage: all are told so, nothing is remembered', async (test) => {
      const { app, issuer, time, holdAnswers, breakDown } = await startRemote(form, test)
      const token = await issuer.token({ claims })
      breakDown(true)
      const letGo = holdAnswers()
      const sent = sendMany(
        app,
        Array.from({ length: 6 }, () => token),
      )
      await arrived(app, 6)
      letGo()
      assert.deepEqual(await sent, { statuses: Array.from({ length: 6 }, () => 503), checks: 0 })
      assert.equal(app.handlerCalls(), 0)
      breakDown(false)
      time.advance(10)
      await makeRemembered(app, token)
    })

    it('is refused once its issuer was removed, whoever waits', async (test) => {
      const { app, issuer, holdAnswers } = await startRemote(form, test)
      const token = await issuer.token({ claims })
      const letGo = holdAnswers()
      const early = sendMany(app, [token, token])
      await arrived(app, 2)
      app.s2s.trustedIssuers.remove('login')
      const late = sendMany(app, [token, token, token])
      await arrived(app, 5)
      letGo()
      assert.deepEqual((await early).statuses, [401, 401])
      assert.deepEqual((await late).statuses, [401, 401, 401])
      assert.deepEqual(new Set(codesOf(app)), new Set(['ERR_S2S_ISSUER_UNTRUSTED']))
      assert.equal(app.handlerCalls(), 0)
      await assertRefusedWith('ERR_S2S_ISSUER_UNTRUSTED', app, token)
    })

    it('is judged by the new trust when its issuer was removed and added again meanwhile', async (test) => {
      const { app, issuer, holdAnswers, breakDown } = await startRemote(form, test)
      const token = await issuer.token({ claims })
      const letGo = holdAnswers()
      const early = sendMany(app, [token, token])
      await arrived(app, 2)
      app.s2s.trustedIssuers.remove('login')
      app.s2s.trustedIssuers.add(staticTrust(issuer))
      // The old address never answers: who comes now has nothing to do with it.
      await makeRemembered(app, token)
      breakDown(true)
      letGo()
      assert.deepEqual((await early).statuses, [503, 503])
      await assertAcceptedAfter(0, app, token)
    })

    it('is refused once it expired, whoever waits', async (test) => {
      const { app, issuer, time, holdAnswers } = await startRemote(form, test)
      const token = await issuer.token({ claims })
      const letGo = holdAnswers()
      const early = sendMany(app, [token])
      await arrived(app, 1)
      time.advance(600 + 60)
      const late = sendMany(app, [token, token])
      await arrived(app, 3)
      letGo()
      assert.deepEqual((await early).statuses, [401])
      assert.deepEqual((await late).statuses, [401, 401])
      assert.deepEqual(new Set(codesOf(app)), new Set(['ERR_S2S_TOKEN_EXPIRED']))
      assert.equal(app.handlerCalls(), 0)
    })
  })
}

describe('a flood of forged tokens', () => {
  it('neither is remembered nor drives out what is', async () => {
    const world = await makeWorld()
    const verifier = createVerifier(world.options)
    const good = [await world.oauth.token(), await world.farm.appOnlyToken(), await world.farm.userToken(dana)]
    for (const token of good) await verifier.verify(token)
    const forged = flipSignatureBit(await world.oauth.token())
    const head = forged.slice(0, -40)
    const flood = async (from: number, to: number): Promise<void> => {
      for (let number = from; number < to; number += 1) {
        const text = head + String(number).padStart(39, 'A') + forged.slice(-1)
        await assert.rejects(verifier.verify(text), { code: 'ERR_S2S_SIGNATURE_INVALID' })
      }
    }
    // More than the memory holds; then some of them once more.
    assert.equal(await signatureChecksDuring(() => flood(0, 20_500)), 20_500)
    assert.equal(await signatureChecksDuring(() => flood(0, 50)), 50)
    for (const token of good) {
      assert.equal(await signatureChecksDuring(() => verifier.verify(token)), 0, 'a known token was verified again')
    }
  })
})

async function startRemote(form: Form, test: TestContext): Promise<RemoteIssuer> {
  const remote = await startRemoteIssuer(form)
  test.after(() => remote.close())
  return remote
}

/** The same issuer with keys that are there. */
function staticTrust(issuer: OAuthIssuer): TrustedIssuerOptions {
  return { type: 'static', name: 'login', issuer: issuer.issuer, jwks: issuer.jwks() }
}

interface Sent {
  readonly statuses: readonly number[]
  /** How many signatures were verified until all were answered. */
  readonly checks: number
}

async function sendMany(app: GuardedApp, tokens: readonly string[]): Promise<Sent> {
  let statuses: readonly number[] = []
  const checks = await signatureChecksDuring(async () => {
    const answers = await Promise.all(tokens.map((token) => sendRaw(app, { headers: bearer(token) })))
    statuses = answers.map(({ status }) => status)
  })
  return { statuses, checks }
}

/** Why tokens were refused. */
function codesOf({ events }: GuardedApp): readonly unknown[] {
  return events.filter(({ name }) => name === 'token.rejected').map(({ code }) => code)
}

/** Waits until so many requests are at the application, and has them verified as far as is possible without keys. */
async function arrived(app: GuardedApp, count: number): Promise<void> {
  while (app.requests.length < count) await new Promise(setImmediate)
  await new Promise(setImmediate)
}
