import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createS2S, type IntrospectionIssuerOptions, type S2SOptions } from 'passport-s2s'
import { createTestIssuer, type IntrospectionTestIssuer, type OAuthTestIssuer } from 'passport-s2s/testing'
import { createVerifier } from 'passport-s2s/verifier'
import { assertRefused } from '../support/attack.ts'
import { makeMovableClock } from '../support/clock.ts'
import { eventually } from '../support/eventually.ts'
import { startGuardedApp, type GuardedApp, type GuardedAppOptions } from '../support/guarded-app.ts'
import { sendRaw, type RawAnswer } from '../support/send-raw.ts'
import { oauthAudience } from '../support/world.ts'

const time = makeMovableClock()
const resources = { 'GET /reports/:id': 'reports.read' }
const scopes = ['reports.read']

const makeOpaque = (name: string, trust: Partial<IntrospectionIssuerOptions> = {}): Promise<IntrospectionTestIssuer> =>
  createTestIssuer({
    ...{ type: 'introspection', name, audience: oauthAudience, clock: time.clock },
    ...{ issuer: `https://${name}.example`, trust },
  })

const optionsFor = (...issuers: readonly { readonly options: S2SOptions['trustedIssuers'][number] }[]): S2SOptions => ({
  audience: oauthAudience,
  clock: time.clock,
  trustedIssuers: issuers.map(({ options }) => options),
})

const started: GuardedApp[] = []
after(async () => {
  for (const app of started) await app.close()
})

async function start(s2s: S2SOptions, changes: Partial<GuardedAppOptions> = {}): Promise<GuardedApp> {
  const app = await startGuardedApp({ form: 'protect', s2s, resources, ...changes })
  started.push(app)
  return app
}

const call = (
  app: GuardedApp,
  token: string,
  headers: readonly (readonly [string, string])[] = [],
): Promise<RawAnswer> => sendRaw(app, { headers: [['Authorization', `Bearer ${token}`], ...headers] })

async function callerOf(app: GuardedApp, token: string): Promise<string | undefined> {
  const answer = await call(app, token)
  assert.equal(answer.status, 200, answer.body + JSON.stringify(app.events.at(-1)))
  return app.lastCaller()?.issuer
}

describe('issuers that are asked, and issuers that sign', () => {
  let first: IntrospectionTestIssuer
  let second: IntrospectionTestIssuer
  let signing: OAuthTestIssuer
  let app: GuardedApp

  before(async () => {
    first = await makeOpaque('first', { tokenPrefix: 'one_' })
    second = await makeOpaque('second', { tokenPrefix: 'two_', permissionCeiling: ['other'] })
    signing = await createTestIssuer({
      ...{ type: 'openid', name: 'signing', audience: oauthAudience, clock: time.clock },
      issuer: 'https://signing.example',
    })
    app = await start(optionsFor(first, second, signing))
  })

  it('get the tokens that begin as theirs do, and nobody else is asked', async () => {
    assert.equal(await callerOf(app, first.appToken({ scopes })), 'first')
    assert.equal(await callerOf(app, signing.appToken({ scopes })), 'signing')
    assert.deepEqual(second.requests, [])
    const token = second.appToken({ scopes: ['reports.read', 'other'] })
    await assertRefused(app, { name: '', token, status: 403, code: 'ERR_S2S_SCOPE_MISSING' })
    assert.equal(first.requests.length, 2, 'discovery and one question')
  })

  it('are never asked about a token with the prefix of another', async () => {
    const token = first.appToken({ scopes }).replace('one_', 'two_')
    await assertRefused(app, { name: '', token, status: 401, code: 'ERR_S2S_TOKEN_INACTIVE' })
    assert.equal(first.requests.length, 2)
  })

  it('are refused together when a token could be of either', async () => {
    const rivals: readonly (readonly [string | undefined, string | undefined])[] = [
      [undefined, undefined],
      ['one_', undefined],
      ['one_', 'one_'],
      ['one_', 'one_two_'],
    ]
    for (const prefixes of rivals) {
      const issuers = await Promise.all(
        prefixes.map((tokenPrefix, index) =>
          makeOpaque(`rival-${index}`, tokenPrefix === undefined ? {} : { tokenPrefix }),
        ),
      )
      assert.throws(() => createS2S(optionsFor(...issuers)), {
        code: 'ERR_S2S_OPTION_INVALID',
        message: /^rival-0 and rival-1 are both asked about opaque tokens: give each a tokenPrefix/,
      })
    }
    const third = await makeOpaque('third')
    assert.throws(() => {
      app.s2s.trustedIssuers.add(third.options)
    }, /first and third are both asked/)
    assert.equal(await callerOf(app, first.appToken({ scopes })), 'first')
  })

  it('believe no JWT of an issuer that is asked about opaque tokens, whoever signed it', async () => {
    const impostor = await createTestIssuer({
      ...{ type: 'openid', audience: oauthAudience, clock: time.clock, issuer: first.issuer },
    })
    const before = first.requests.length
    await assertRefused(app, {
      ...{ name: '', token: impostor.appToken({ scopes }), status: 401, code: 'ERR_S2S_TOKEN_TYPE' },
    })
    assert.equal(first.requests.length, before)
  })
})

describe('an opaque token', () => {
  let issuer: IntrospectionTestIssuer
  before(async () => {
    issuer = await makeOpaque('asked')
  })

  it('is verified without Express', async () => {
    const verifier = createVerifier({
      ...{ audience: oauthAudience, clock: time.clock },
      trustedIssuers: [issuer.options],
    })
    try {
      await verifier.ready()
      const { user, token, permissions } = await verifier.verify(issuer.userToken({ scopes, user: 'ana' }))
      assert.deepEqual(user, { issuer: 'asked', id: 'ana' })
      assert.deepEqual([token.format, permissions], ['opaque', scopes])
      await assert.rejects(verifier.verify('not a token at all, but a text'), { code: 'ERR_S2S_TOKEN_MALFORMED' })
      await assert.rejects(verifier.verify(''), { code: 'ERR_S2S_TOKEN_MALFORMED' })
      assert.equal(verifier.health().ready, true)
    } finally {
      verifier.close()
    }
  })

  it('passes in shadow mode where its scope does not reach, and nowhere else', async () => {
    const app = await start(optionsFor({ options: { ...issuer.options, shadow: true } }))
    assert.equal(await callerOf(app, issuer.appToken()), 'asked')
    assert.equal(app.events.at(-1)?.name, 'access.would-be-refused')
    const token = issuer.appToken({ scopes })
    issuer.revoke(token)
    await assertRefused(app, { name: '', token, status: 401, code: 'ERR_S2S_TOKEN_INACTIVE' })
  })

  it('is burnt when it was sent over plain http, and garbage is not', async () => {
    const app = await start({ ...optionsFor(issuer), refuseExposedTokens: true }, { trustProxy: 'loopback' })
    const [sent, other, endless] = [
      issuer.appToken({ scopes }),
      issuer.appToken({ scopes }),
      issuer.appToken({ scopes, claims: { exp: undefined } }),
    ]
    assert.equal(await callerOf(app, sent), 'asked')
    const inClear = [['X-Forwarded-Proto', 'http']] as const
    for (const token of [sent, endless, 'of-nobody-at-all-in-this-run', 'short']) {
      assert.equal((await call(app, token, inClear)).status, 403)
    }
    const burnt = (): number => app.events.filter(({ name }) => name === 'token.burnt').length
    await eventually(() => burnt() === 2, 'both are burnt')
    for (const token of [sent, endless]) {
      await assertRefused(app, { name: '', token, status: 401, code: 'ERR_S2S_TOKEN_EXPOSED' })
    }
    assert.equal(await callerOf(app, other), 'asked')
    assert.equal(burnt(), 2)
  })

  it('may be for nobody where that is accepted, and for another server never', async () => {
    const lax = await makeOpaque('lax', { acceptMissingAudience: true, acceptMissingTokenType: true })
    const app = await start(optionsFor(lax))
    for (const aud of [undefined, [], null]) {
      const claims = { aud, token_type: undefined }
      assert.equal(await callerOf(app, lax.appToken({ scopes, claims })), 'lax')
    }
    const other = lax.appToken({ scopes, claims: { aud: 'https://other.example' } })
    await assertRefused(app, { name: '', token: other, status: 401, code: 'ERR_S2S_AUDIENCE_MISMATCH' })
    const refresh = lax.appToken({ scopes, claims: { token_type: 'refresh_token' } })
    await assertRefused(app, { name: '', token: refresh, status: 401, code: 'ERR_S2S_TOKEN_TYPE' })
  })

  it('must end where maximumLifetimeSeconds says so', async () => {
    const strict = await makeOpaque('strict', { maximumLifetimeSeconds: 600 })
    const app = await start(optionsFor(strict))
    assert.equal(await callerOf(app, strict.appToken({ scopes })), 'strict')
    const endless = strict.appToken({ scopes, claims: { exp: undefined } })
    await assertRefused(app, { name: '', token: endless, status: 401, code: 'ERR_S2S_CLAIM_INVALID' })
    const long = strict.appToken({ scopes, claims: { exp: time.clock() + 601 } })
    await assertRefused(app, { name: '', token: long, status: 401, code: 'ERR_S2S_TOKEN_LIFETIME' })
  })
})
