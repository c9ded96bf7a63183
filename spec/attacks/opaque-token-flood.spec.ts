import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { createTestIssuer, type IntrospectionTestIssuer } from 'passport-s2s/testing'
import { assertRefused } from '../support/attack.ts'
import { makeMovableClock, type MovableClock } from '../support/clock.ts'
import { startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { sendPipelined, type PipelinedAnswer } from '../support/pipeline.ts'
import { oauthAudience } from '../support/world.ts'

/** Of one flood: questions under way at once, and wrong guesses until the bucket is empty. */
const mostQuestions = 200 + 100

describe('a flood of opaque tokens that nobody made', () => {
  let issuer: IntrospectionTestIssuer
  let time: MovableClock
  let app: GuardedApp

  before(async () => {
    time = makeMovableClock()
    issuer = await createTestIssuer({
      ...{ type: 'introspection', audience: oauthAudience, clock: time.clock },
      trust: { tokenPrefix: 'ory_at_' },
    })
    const s2s = { audience: oauthAudience, clock: time.clock, trustedIssuers: [issuer.options] }
    app = await startGuardedApp({ form: 'protect', s2s, resources: { 'GET /reports/:id': 'reports.read' } })
  })
  after(() => app.close())

  const makeToken = (): string => `ory_at_${randomBytes(32).toString('base64url')}`
  const send = (tokens: readonly string[]): Promise<readonly PipelinedAnswer[]> =>
    sendPipelined(
      app,
      tokens.map((token) => ({ path: '/reports/1', token })),
    )
  const statuses = (sent: readonly PipelinedAnswer[]): ReadonlyMap<number, number> => {
    const counts = new Map<number, number>()
    for (const { status } of sent) counts.set(status, (counts.get(status) ?? 0) + 1)
    return counts
  }
  const known = (): string => issuer.appToken({ scopes: ['reports.read'] })

  it('makes us ask a bounded number of times, and locks no known token out', async () => {
    const good = known()
    assert.deepEqual([...statuses(await send([good])).keys()], [200])
    const before = issuer.requests.length
    const flood = await send(Array.from({ length: 400 }, makeToken))
    assert.equal(app.handlerCalls(), 1)
    assert.deepEqual([...new Set(flood.map(({ status }) => status))].sort(), [401, 503])
    const asked = issuer.requests.length - before
    assert.ok(asked <= mostQuestions, `asked ${asked} times`)
    assert.equal(statuses(flood).get(401), asked, 'who was asked about is unknown, all others cannot be told')

    time.advance(30)
    const [answer] = await send([good, ...Array.from({ length: 50 }, makeToken)])
    assert.equal(answer?.status, 200, 'a known token is asked about in a lane of its own')
  })

  it('is told apart from guilt: who is not asked about may try again', async () => {
    await send(Array.from({ length: 120 }, makeToken))
    const before = issuer.requests.length
    const answer = await assertRefused(app, {
      ...{ name: '', token: known(), status: 503, code: 'ERR_S2S_INTROSPECTION_LIMITED' },
    })
    assert.equal(answer.headers['retry-after'], '10')
    assert.equal(issuer.requests.length, before)
  })

  it('is over when it is over: five questions a second come back', async () => {
    time.advance(1)
    const fresh = Array.from({ length: 4 }, known)
    assert.deepEqual([...statuses(await send(fresh)).keys()], [200])
  })

  it('asks nobody about what cannot be a token of the issuer', async () => {
    time.advance(60)
    const before = issuer.requests.length
    const garbage = [
      ['a token with another prefix', randomBytes(32).toString('base64url'), 'ERR_S2S_ISSUER_UNTRUSTED'],
      ['a token in another letter case', `ORY_AT_${randomBytes(32).toString('hex')}`, 'ERR_S2S_ISSUER_UNTRUSTED'],
      ['a short token', 'ory_at_abc', 'ERR_S2S_TOKEN_MALFORMED'],
      ['a long token', `ory_at_${'a'.repeat(13_000)}`, 'ERR_S2S_TOKEN_TOO_LARGE'],
      ['two dots', 'ory_at_aaaaaaaaaaaaaaaaaaaaa.b.c', 'ERR_S2S_TOKEN_MALFORMED'],
      ['five segments', 'ory_at_aaaaaaaaaaaaaaaaaaaaa.b.c.d.e', 'ERR_S2S_TOKEN_MALFORMED'],
    ] as const
    for (const [name, token, code] of garbage) await assertRefused(app, { name, token, status: 401, code })
    assert.equal(issuer.requests.length, before)
  })
})
