import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createTestIssuer, type OAuthTestIssuer } from 'passport-s2s/testing'
import { assertRefused } from '../support/attack.ts'
import { makeMovableClock } from '../support/clock.ts'
import { eventually } from '../support/eventually.ts'
import { startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { startIntrospectionServer, type IntrospectionServer } from '../support/introspection-server.ts'
import { sendRaw } from '../support/send-raw.ts'
import { readClaims } from '../support/tokens.ts'
import { oauthAudience } from '../support/world.ts'

const time = makeMovableClock()
const scopes = ['reports.read']

describe('JWTs of an issuer that is asked about them', () => {
  let issuer: IntrospectionServer
  let signer: OAuthTestIssuer
  let app: GuardedApp

  before(async () => {
    issuer = await startIntrospectionServer(time.clock)
    signer = await createTestIssuer({
      ...{ type: 'static', audience: oauthAudience, clock: time.clock, issuer: issuer.issuer },
    })
    const trustedIssuers = [issuer.trust({ accepts: 'any' })]
    const s2s = { audience: oauthAudience, clock: time.clock, trustedIssuers, refuseExposedTokens: true }
    const resources = { 'GET /reports/:id': 'reports.read' }
    app = await startGuardedApp({ form: 'protect', s2s, resources, trustProxy: 'loopback' })
  })
  after(() => Promise.all([app.close(), issuer.close()]))

  /** A JWT about which the issuer says what stands in it, but for the changes. */
  function makeJwt(
    changes: Readonly<Record<string, unknown>> = {},
    claims: Readonly<Record<string, unknown>> = {},
  ): string {
    const token = signer.appToken({ scopes, claims })
    issuer.activate(token, { ...readClaims(token), ...changes })
    return token
  }

  async function assertAccepted(token: string): Promise<void> {
    const answer = await sendRaw(app, { headers: [['Authorization', `Bearer ${token}`]] })
    assert.equal(answer.status, 200, answer.body + JSON.stringify(app.events.at(-1)))
    assert.equal(app.lastCaller()?.token.format, 'opaque')
  }

  async function assertNotAsked(token: string, code: string): Promise<void> {
    const before = issuer.questions.length
    await assertRefused(app, { name: '', token, status: 401, code })
    assert.equal(issuer.questions.length, before)
  }

  it('are what the issuer says of them, whoever signed them', async () => {
    const token = makeJwt()
    await assertAccepted(token)
    assert.equal(app.events.findLast(({ name }) => name === 'token.accepted')?.tokenId, readClaims(token)['jti'])
    await assertAccepted(issuer.token())
  })

  it('are refused once revoked, although their signature still holds', async () => {
    const token = makeJwt()
    await assertAccepted(token)
    issuer.revoke(token)
    time.advance(30)
    await assertRefused(app, { name: '', token, status: 401, code: 'ERR_S2S_TOKEN_INACTIVE' })
  })

  it('are refused when the issuer says so, although they are well signed', async () => {
    const token = signer.appToken({ scopes })
    await assertRefused(app, { name: '', token, status: 401, code: 'ERR_S2S_TOKEN_INACTIVE' })
  })

  it('get no more from their own text than the issuer says', async () => {
    const token = makeJwt({ scope: 'other' })
    await assertRefused(app, { name: '', token, status: 403, code: 'ERR_S2S_SCOPE_MISSING' })
  })

  it('are not asked about when it can be seen that they are not for us', async () => {
    const now = time.clock()
    await assertNotAsked(makeJwt({}, { aud: 'https://other.example' }), 'ERR_S2S_AUDIENCE_MISMATCH')
    await assertNotAsked(makeJwt({}, { exp: now - 61 }), 'ERR_S2S_TOKEN_EXPIRED')
    await assertNotAsked(makeJwt({}, { nbf: now + 61 }), 'ERR_S2S_TOKEN_NOT_YET_VALID')
    await assertNotAsked(makeJwt({}, { iss: 'https://unknown.example' }), 'ERR_S2S_ISSUER_UNTRUSTED')
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${makeJwt().split('.')[1] ?? ''}.`
    await assertNotAsked(unsigned, 'ERR_S2S_ALGORITHM_NOT_ALLOWED')
    const secretly = `${Buffer.from('{"alg":"HS256"}').toString('base64url')}.${makeJwt().split('.').slice(1).join('.')}`
    await assertNotAsked(secretly, 'ERR_S2S_ALGORITHM_NOT_ALLOWED')
  })

  for (const changes of [{ jti: 'of another token' }, { sub: 'somebody else' }, { exp: time.clock() + 601 }]) {
    it(`are not let in by the answer about another token (${Object.keys(changes).join()})`, async () => {
      const token = makeJwt(changes)
      await assertRefused(app, { name: '', token, status: 503, code: 'ERR_S2S_INTROSPECTION_UNAVAILABLE' })
    })
  }

  it('are burnt when they were sent over plain http', async () => {
    const token = makeJwt()
    await assertAccepted(token)
    const headers = [['X-Forwarded-Proto', 'http'], ['Authorization', `Bearer ${token}`]] as const // prettier-ignore
    assert.equal((await sendRaw(app, { headers })).status, 403)
    await eventually(() => app.events.some(({ name }) => name === 'token.burnt'), 'it is burnt')
    await assertRefused(app, { name: '', token, status: 401, code: 'ERR_S2S_TOKEN_EXPOSED' })
  })

  it('do not lose what they are bound to', async () => {
    const cnf = { jkt: 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs' }
    const forgotten = makeJwt({ cnf: undefined }, { cnf })
    await assertRefused(app, { name: '', token: forgotten, status: 503, code: 'ERR_S2S_INTROSPECTION_UNAVAILABLE' })
    const told = makeJwt({}, { cnf })
    await assertRefused(app, { name: '', token: told, status: 401, code: 'ERR_S2S_TOKEN_BOUND' })
  })
})
