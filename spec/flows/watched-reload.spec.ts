import assert from 'node:assert/strict'
import { channel } from 'node:diagnostics_channel'
import { after, before, describe, it } from 'node:test'
import { createMemoryState, createS2S, type S2SServerOptions } from 'passport-s2s'
import { instrument } from 'passport-s2s/opentelemetry'
import { makeMovableClock } from '../support/clock.ts'
import { eventually } from '../support/eventually.ts'
import { forms, startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { makeBreakable } from '../support/breakable-state.ts'
import { bearer } from '../support/one-request.ts'
import { sendRaw } from '../support/send-raw.ts'
import { startTelemetry, type Telemetry } from '../support/telemetry.ts'
import { makeWorld } from '../support/world.ts'

const { oauth, options } = await makeWorld()
const token = await oauth.token({ claims: { scope: 'reports.read' } })

/** What one configuration requires for `GET /reports/:id`, and whom it trusts besides. */
const configuration = (requirement: object | string, more: S2SServerOptions['trustedIssuers'] = []) =>
  ({
    ...options,
    trustedIssuers: [...options.trustedIssuers, ...more],
    resources: { 'GET /reports/:id': requirement },
  }) as S2SServerOptions

const reading = configuration('reports.read')
const writing = configuration('reports.write')
const tried = configuration({ scope: 'reports.write', shadow: true })
const withPartner = configuration('reports.read', [
  { type: 'openid', name: 'partner', issuer: 'https://localhost:9', timeoutMilliseconds: 200 },
])

const allowed = { 's2s.outcome': 'allowed', 's2s.issuer': 'login' }
const refused = { 's2s.outcome': 'refused', 's2s.code': 'ERR_S2S_SCOPE_MISSING', 's2s.issuer': 'login' }

for (const form of forms) {
  describe(`a server that is watched while its configuration is replaced (${form})`, () => {
    let app: GuardedApp
    let other: GuardedApp
    let telemetry: Telemetry
    before(async () => {
      telemetry = startTelemetry()
      const start = (): Promise<GuardedApp> =>
        startGuardedApp({ form, s2s: (onAuditEvent) => Promise.resolve(createS2S({ ...reading, onAuditEvent })) })
      ;[app, other] = [await start(), await start()]
      instrument(app.s2s, telemetry.tools)
    })
    after(async () => {
      await Promise.all([app.close(), other.close()])
      await telemetry.close()
    })

    const send = async (to: GuardedApp): Promise<number> => (await sendRaw(to, { headers: bearer(token) })).status

    async function countedDecisions(): Promise<readonly (readonly [unknown, unknown])[]> {
      const points = await telemetry.collect()
      return points.flatMap(({ name, attributes, value }) => (name === 's2s.decisions' ? [[attributes, value]] : []))
    }

    it('goes on being counted, and never for another server', async () => {
      assert.deepEqual([await send(app), await send(app), await send(other)], [200, 200, 200])
      await app.s2s.reload(writing)
      await other.s2s.reload(writing)
      assert.deepEqual([await send(app), await send(other), await send(other)], [403, 403, 403])
      await app.s2s.reload(reading)
      assert.equal(await send(app), 200)
      assert.deepEqual(await countedDecisions(), [
        [allowed, 3],
        [refused, 1],
      ])
      assert.deepEqual(
        telemetry.spans().map(({ attributes }) => attributes['s2s.token_cache.hit']),
        [false, true, false, false],
        'each configuration verifies anew',
      )
    })

    it('counts what is only tried as allowed, with the code it would have had', async () => {
      await app.s2s.reload(tried)
      assert.equal(await send(app), 200)
      const counted = await countedDecisions()
      assert.deepEqual(counted.at(-1), [{ ...allowed, 's2s.shadow_code': 'ERR_S2S_SCOPE_MISSING' }, 1])
    })

    it('counts nothing twice after a configuration that was refused, which changes no health', async () => {
      const earlier = await countedDecisions()
      const health = app.s2s.health()
      await assert.rejects(app.s2s.reload({ ...reading, trustedIssuers: [] }), { code: 'ERR_S2S_OPTION_INVALID' })
      assert.deepEqual(app.s2s.health(), health)
      assert.equal(await send(app), 200)
      const grown = (await countedDecisions()).map(([, value], index) => Number(value) - Number(earlier[index]?.[1]))
      assert.deepEqual(grown, [0, 0, 1])
    })

    it('tells the health of the configuration in force', async () => {
      const names = (): readonly string[] => app.s2s.health().issuers.map(({ name }) => name)
      const before = names()
      const { health } = app.s2s
      await app.s2s.reload(withPartner)
      assert.deepEqual(names(), [...before, 'partner'])
      assert.equal(health().ready, false)
      assert.deepEqual(health().tokenCache, { entries: 0, hits: 0, misses: 0 })
      for (let times = 0; times < 3; times += 1) assert.equal(await send(app), 200)
      assert.deepEqual(health().tokenCache, { entries: 1, hits: 2, misses: 1 })
      const points = await telemetry.collect()
      assert.deepEqual(points.find(({ name }) => name === 's2s.ready')?.value, 0)
      await app.s2s.reload(reading)
      assert.deepEqual(names(), before)
      assert.equal(health().ready, true)
    })

    it('is watched no more once it is closed', async () => {
      const earlier = await countedDecisions()
      app.s2s.close()
      app.s2s.close()
      assert.equal(channel('passport-s2s:decision').hasSubscribers, false)
      assert.equal(await send(app), 200)
      await app.s2s.reload(writing)
      assert.equal(await send(app), 200)
      assert.equal(channel('passport-s2s:decision').hasSubscribers, false)
      assert.deepEqual(await countedDecisions(), earlier)
    })
  })
}

describe('the health of a server of a fleet', () => {
  it('is not ready while nobody knows who is suspended', async () => {
    const { clock, advance } = makeMovableClock()
    const state = makeBreakable(createMemoryState({ clock }))
    const s2s = createS2S({ ...options, clock, state, stateStaleSeconds: 30 })
    const stands = (): readonly boolean[] => [s2s.health().ready, s2s.health().suspensionsKnown]
    assert.deepEqual(stands(), [false, false])
    await s2s.ready()
    assert.deepEqual(stands(), [true, true])
    state.mode = 'down'
    advance(31)
    assert.deepEqual(stands(), [false, false])
    state.mode = 'up'
    await eventually(() => s2s.health().ready, 'it is ready again by itself')
    await s2s.reload({ ...options, clock, stateStaleSeconds: 60 })
    assert.deepEqual(stands(), [true, true])
    s2s.close()
  })
})
