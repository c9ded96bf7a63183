import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import express from 'express'
import { Passport } from 'passport'
import { createS2S, type AuditEvent, type S2SOptions } from 'passport-s2s'
import { createTestDpopKey, type TestKeyType } from 'passport-s2s/testing'
import { createVerifier, ProofError, TokenError, type VerifierOptions } from 'passport-s2s/verifier'
import { fixedClock, makeMovableClock, NOW } from '../support/clock.ts'
import { dpopHeaders, makeDpopCaller, origin, reports, sendDpop } from '../support/dpop-caller.ts'
import {
  everyForm,
  forms,
  startGuardedApp,
  type Form,
  type GuardedApp,
  type GuardedAppOptions,
} from '../support/guarded-app.ts'
import { startHttpsServer } from '../support/https-server.ts'
import { sendRaw } from '../support/send-raw.ts'

const { world, options, key, token: makeToken, proof: makeProof } = await makeDpopCaller()
const token = await makeToken()
const plain = await world.oauth.token({ claims: { scope: 'reports.read' } })
const algs = 'algs="ES256 PS256 EdDSA Ed25519"'

async function start(
  t: TestContext,
  form: Form,
  { s2s = {}, ...changes }: Partial<Omit<GuardedAppOptions, 's2s'>> & { readonly s2s?: Partial<S2SOptions> } = {},
): Promise<GuardedApp> {
  const app = await startGuardedApp({ form, s2s: { ...options, ...s2s }, resources: reports, ...changes })
  t.after(() => app.close())
  return app
}

const errorIn = ({ body }: { readonly body: string }): unknown => (JSON.parse(body) as { error?: unknown }).error

const challengeOf = ({ headers }: { readonly headers: { readonly 'www-authenticate'?: string | undefined } }): string =>
  headers['www-authenticate'] ?? 'none'

for (const form of everyForm) {
  describe(`DPoP (${form})`, () => {
    it('lets a token in with its proof, every time anew, and says how it was proved', async (t) => {
      const app = await start(t, form)
      for (let request = 0; request < 3; request += 1) {
        assert.equal((await sendDpop(app, { token, proof: makeProof({ token }) })).status, 200)
      }
      assert.deepEqual(app.lastCaller()?.token.provedBy, ['dpop'])
      const accepted = app.events.filter(({ name }) => name === 'token.accepted')
      assert.deepEqual(
        accepted.map(({ provedBy }) => provedBy),
        [['dpop'], ['dpop'], ['dpop']],
      )
    })

    it('leaves plain bearer tokens as they were', async (t) => {
      const app = await start(t, form)
      assert.equal((await sendRaw(app, { headers: [['Authorization', `Bearer ${plain}`]] })).status, 200)
      assert.equal(app.lastCaller()?.token.provedBy, undefined)
      assert.equal(app.events.find(({ name }) => name === 'token.accepted')?.provedBy, undefined)
    })

    it('judges the path as the client sent it, below a mount point, with a query and in other spellings', async (t) => {
      const app = await start(t, form, { mountPath: '/api' })
      const send = (path: string, url: string): Promise<number> =>
        sendDpop(app, { path, token, proof: makeProof({ token, url: `${origin}${url}` }) }).then(({ status }) => status)
      assert.equal(await send('/api/reports/1', '/api/reports/1'), 200)
      assert.equal(await send('/api/reports/1', '/reports/1'), 401)
      assert.equal(await send('/api/reports/1?a=b', '/api/reports/1'), 200)
      assert.equal(await send('/api/reports/a%20b', '/api/reports/a%20b'), 200)
      assert.equal(await send('/api/reports/%c3%a9', '/api/reports/%C3%A9'), 200)
    })

    it('names DPoP in every challenge, behind Bearer, with its algorithms', async (t) => {
      const app = await start(t, form)
      const realm = `Bearer realm="${world.options.self?.realm ?? ''}"`
      assert.equal(challengeOf(await sendRaw(app, {})), `${realm}, DPoP ${algs}`)
      const asBearer = await sendRaw(app, { headers: [['Authorization', `Bearer ${token}`]] })
      const error = 'error="invalid_token", error_description="The token is bound to a key that was not proved."'
      assert.equal(challengeOf(asBearer), `${realm}, ${error}, DPoP ${algs}, ${error}`)
      const withoutProof = await sendRaw(app, { headers: dpopHeaders(token) })
      assert.equal(
        challengeOf(withoutProof),
        `${realm}, DPoP ${algs}, error="invalid_dpop_proof", error_description="The DPoP proof is missing or invalid."`,
      )
      assert.equal(errorIn(withoutProof), 'invalid_dpop_proof')
      assert.equal(withoutProof.headers['dpop-nonce'], undefined)
    })

    it('demands a nonce where it is told to, and takes the one it gives', async (t) => {
      const { clock, advance } = makeMovableClock()
      const app = await start(t, form, { s2s: { clock, dpop: { nonces: { lifetimeSeconds: 300 } } } })
      const send = (nonce?: string) =>
        sendDpop(app, { token, proof: makeProof({ token, claims: { iat: clock(), nonce } }) })
      const refused = await send()
      assert.equal(refused.status, 401)
      assert.equal(errorIn(refused), 'use_dpop_nonce')
      assert.match(challengeOf(refused), /, DPoP algs="[^"]+", error="use_dpop_nonce", /)
      assert.equal(app.handlerCalls(), 0)
      const first = String(refused.headers['dpop-nonce'])
      assert.equal((await send('made-up')).status, 401)
      const accepted = await send(first)
      assert.equal(accepted.status, 200)
      assert.equal(accepted.headers['dpop-nonce'], undefined, 'a young nonce is not replaced')
      advance(150)
      const renewed = await send(first)
      assert.equal(renewed.status, 200)
      assert.equal(renewed.headers['cache-control'], 'no-store')
      const next = String(renewed.headers['dpop-nonce'])
      assert.notEqual(next, first)
      advance(150)
      assert.equal((await send(first)).status, 200, 'the old one is good until its end')
      advance(300)
      const late = await send(first)
      assert.deepEqual([late.status, errorIn(late)], [401, 'use_dpop_nonce'])
    })

    it('knows nonces of the fleet by their secret, and none of others', async (t) => {
      const nonces = { secret: 'a secret that servers of one fleet share' }
      const one = await start(t, form, { s2s: { dpop: { nonces } } })
      const other = await start(t, form, { s2s: { dpop: { nonces } } })
      const alone = await start(t, form, { s2s: { dpop: { nonces: 'required' } } })
      const { headers } = await sendDpop(one, { token, proof: makeProof({ token }) })
      const nonce = String(headers['dpop-nonce'])
      assert.equal((await sendDpop(other, { token, proof: makeProof({ token, nonce }) })).status, 200)
      const refused = await sendDpop(alone, { token, proof: makeProof({ token, nonce }) })
      assert.equal(refused.status, 401)
      const own = String(refused.headers['dpop-nonce'])
      await alone.s2s.reload({ ...options, dpop: { nonces: 'required' } })
      assert.equal((await sendDpop(alone, { token, proof: makeProof({ token, nonce: own }) })).status, 200)
    })
  })
}

for (const form of forms) {
  describe(`DPoP where it is demanded (${form})`, () => {
    const demanded = {
      'GET /reports/:id': { scope: 'reports.read', proof: 'dpop' },
      'GET /any': { authenticated: true, proof: 'any' },
      'GET /certificate': { scope: 'reports.read', proof: 'mtls' },
      'GET /tried': { scope: 'reports.read', proof: 'dpop', shadow: true },
      'GET /asked': { allows: () => assert.fail('the function was asked about an unproved caller'), proof: 'dpop' },
      'GET /more': { scope: 'reports.write', proof: 'dpop' },
    } as const

    it('by a resource: a bound token gets in, a plain one is told what to bring', async (t) => {
      const app = await start(t, form, { resources: demanded })
      assert.equal((await sendDpop(app, { token, proof: makeProof({ token }) })).status, 200)
      const get = (path: string) => sendRaw(app, { path, headers: [['Authorization', `Bearer ${plain}`]] })
      const refused = await get('/reports/1')
      assert.equal(refused.status, 401)
      assert.match(
        challengeOf(refused),
        /^Bearer realm="[^"]+", error="invalid_token", .*, DPoP algs="[^"]+", error="invalid_token"/,
      )
      assert.equal((await get('/any')).status, 401)
      assert.equal((await get('/asked')).status, 401)
      assert.equal(app.handlerCalls(), 1)
      const denied = app.events.filter(({ name }) => name === 'access.denied')
      assert.deepEqual(
        denied.map(({ code, resource, derivation }) => [code, resource, derivation?.needs]),
        ['GET /reports/:id', 'GET /any', 'GET /asked'].map((name) => ['ERR_S2S_PROOF_REQUIRED', name, 'proof']),
      )
      assert.equal((await get('/tried')).status, 200)
      assert.equal(app.events.at(-1)?.code, 'ERR_S2S_PROOF_REQUIRED')
      assert.equal(app.events.at(-1)?.name, 'access.would-be-refused')
    })

    it('by a resource: the scope is still asked for, and one proof does not stand for another', async (t) => {
      const app = await start(t, form, { resources: demanded })
      const get = async (path: string): Promise<number> =>
        (await sendDpop(app, { path, token, proof: makeProof({ token, url: origin + path }) })).status
      assert.equal(await get('/any'), 200)
      assert.equal(await get('/more'), 403)
      assert.equal(await get('/certificate'), 401)
    })

    it('by an issuer: only of its own tokens', async (t) => {
      const [first = assert.fail(), second = assert.fail(), login, ...others] = options.trustedIssuers
      const trustedIssuers = [first, second, { ...login, dpop: 'required' }, ...others] as typeof options.trustedIssuers
      const app = await start(t, form, { s2s: { trustedIssuers } })
      assert.equal((await sendDpop(app, { token, proof: makeProof({ token }) })).status, 200)
      assert.equal((await sendRaw(app, { headers: [['Authorization', `Bearer ${plain}`]] })).status, 401)
      assert.equal(app.events.at(-1)?.code, 'ERR_S2S_TOKEN_NOT_BOUND')
      const ofOther = await world.otherOAuth.token({ claims: { scope: 'reports.read' } })
      assert.equal((await sendRaw(app, { headers: [['Authorization', `Bearer ${ofOther}`]] })).status, 200)
    })
  })
}

describe('DPoP keys', () => {
  const types: readonly TestKeyType[] = ['ec256', 'ec384', 'ec521', 'ed25519', 'rsa2048']
  for (const type of types) {
    it(`may be ${type}`, async (t) => {
      const app = await start(t, 'protect', {
        s2s: { dpop: { algorithms: ['ES256', 'ES384', 'ES512', 'PS256', 'EdDSA'] } },
      })
      const client = createTestDpopKey({ type, clock: fixedClock })
      const own = await makeToken({ claims: { cnf: { jkt: client.jkt } } })
      for (const jwk of [client.jwk, { ...client.jwk, use: 'sig', kid: 'mine' }]) {
        const proof = client.proof({ token: own, url: `${origin}/reports/1`, header: { jwk } })
        assert.equal((await sendDpop(app, { token: own, proof })).status, 200)
      }
    })
  }

  it('may come with a note of Keycloak in the token', async (t) => {
    const app = await start(t, 'protect')
    const noted = await makeToken({ claims: { cnf: { jkt: key.jkt, 'kc-jkt-type': 'dpop_token_request' } } })
    assert.equal((await sendDpop(app, { token: noted, proof: makeProof({ token: noted }) })).status, 200)
  })
})

describe('DPoP without our error responder', () => {
  it("gives the nonce in Passport's own answer", async (t) => {
    const s2s = createS2S({ ...options, dpop: { nonces: 'required' } })
    const passport = new Passport()
    passport.use(s2s.strategy)
    const app = express()
    app.use(passport.authenticate('s2s', { session: false }) as express.RequestHandler, s2s.protectResources(reports))
    const server = await startHttpsServer(app)
    t.after(async () => {
      s2s.close()
      await server.close()
    })
    const { status, headers } = await sendRaw(server, { headers: dpopHeaders(token, makeProof({ token })) })
    assert.equal(status, 401)
    assert.match(String(headers['dpop-nonce']), /^[0-9a-z]+\.[\w-]{43}$/)
    assert.match(headers['www-authenticate'] ?? '', /error="use_dpop_nonce"/)
  })
})

describe('DPoP outside Express', () => {
  const presented = (proof: string, changes: object = {}) =>
    ({ scheme: 'dpop', dpop: { proof, method: 'GET', path: '/reports/1', ...changes } }) as const

  it('takes a token with what the request presented, and refuses it without', async (t) => {
    const events: AuditEvent[] = []
    const verifier = createVerifier({
      ...(options as VerifierOptions),
      onAuditEvent: (event: AuditEvent) => events.push(event),
    })
    t.after(verifier.close)
    const { token: facts } = await verifier.verify(token, presented(makeProof({ token })))
    assert.deepEqual(facts, { format: 'jwt', issuedAt: NOW, expiresAt: NOW + 600, provedBy: ['dpop'] })
    await assert.rejects(
      verifier.verify(token),
      (error) => error instanceof TokenError && error.code === 'ERR_S2S_TOKEN_BOUND',
    )
    await assert.rejects(verifier.verify(token, { scheme: 'dpop' }), { code: 'ERR_S2S_TOKEN_BOUND' })
    await assert.rejects(
      verifier.verify(token, presented(makeProof({ token }), { method: 'POST' })),
      (error) => error instanceof ProofError && error.code === 'ERR_S2S_DPOP_PROOF_INVALID',
    )
    await assert.rejects(verifier.verify(plain, presented(makeProof({ token: plain }))), {
      code: 'ERR_S2S_TOKEN_NOT_BOUND',
    })
    assert.equal((await verifier.verify(plain, { scheme: 'bearer' })).application.id, 'reporting')
  })

  it('gives the nonce to whoever answers', async (t) => {
    const verifier = createVerifier({ ...(options as VerifierOptions), dpop: { nonces: 'required' } })
    t.after(verifier.close)
    const offered: string[] = []
    const offerNonce = (nonce: string): unknown => offered.push(nonce)
    await assert.rejects(verifier.verify(token, presented(makeProof({ token }), { offerNonce })), {
      code: 'ERR_S2S_DPOP_NONCE_REQUIRED',
    })
    const [nonce = ''] = offered
    await verifier.verify(token, presented(makeProof({ token, nonce }), { offerNonce }))
    assert.equal(offered.length, 1)
    await assert.rejects(verifier.verify(token, presented(makeProof({ token }))), {
      code: 'ERR_S2S_DPOP_NONCE_REQUIRED',
    })
  })
})

describe('DPoP over plain http', () => {
  it('is refused, and its token burnt where tokens are', async (t) => {
    const app = await start(t, 'protect', { plainHttp: true, s2s: { refuseExposedTokens: true } })
    assert.equal((await sendDpop(app, { token, proof: makeProof({ token }) })).status, 403)
    const deadline = Date.now() + 5000
    while (!app.events.some(({ name }) => name === 'token.burnt') && Date.now() < deadline) {
      await new Promise(setImmediate)
    }
    assert.deepEqual(
      app.events.map(({ name }) => name),
      ['token.exposed', 'token.burnt'],
    )
    assert.equal(app.handlerCalls(), 0)
  })
})
