import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { logEvents } from '../../example-app/log-events.ts'
import { serveMetrics } from '../../example-app/serve-metrics.ts'
import type { RunningServer } from '../../example-app/serve.ts'
import { startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { hostileTokens, marker } from '../support/hostile-tokens.ts'
import { bearer } from '../support/one-request.ts'
import { sendRaw } from '../support/send-raw.ts'
import { makeWorld } from '../support/world.ts'

const world = await makeWorld()
const token = await world.oauth.token({ claims: { scope: 'reports.read' } })
const hostile = await hostileTokens(world)

describe("the example's metrics and log", () => {
  let app: GuardedApp
  let metrics: RunningServer
  let stopLog: () => void
  const lines: string[] = []
  before(async () => {
    app = await startGuardedApp({
      form: 'protect',
      s2s: world.options,
      resources: { 'GET /reports/:id': 'reports.read' },
    })
    metrics = await serveMetrics({ documents: app.s2s })
    stopLog = logEvents({ write: (line) => void lines.push(line) })
    for (const sent of [token, token, ...hostile.map(({ token: text = '' }) => text)]) {
      await sendRaw(app, { headers: bearer(sent) })
    }
  })
  after(async () => {
    stopLog()
    await Promise.all([app.close(), metrics.close()])
  })

  const scrape = async (): Promise<string> => (await fetch(`${metrics.url}/metrics`)).text()

  it('count each decision once, and say how things stand', async () => {
    const text = await scrape()
    for (const line of [
      's2s_decisions_total{outcome="allowed",code="",issuer="login"} 2',
      's2s_decisions_total{outcome="refused",code="ERR_S2S_SIGNATURE_INVALID",issuer=""} 1',
      's2s_verification_duration_seconds_count{outcome="accepted",remembered="true"} 1',
      's2s_verification_duration_seconds_count{outcome="accepted",remembered="false"} 1',
      's2s_ready{server="documents"} 1',
      `s2s_token_cache_hit_ratio{server="documents"} ${1 / (2 + hostile.length)}`,
    ]) {
      assert.ok(text.includes(`${line}\n`), `${line} is not in ${text}`)
    }
    assert.match(text, /s2s_certificate_days_left\{server="documents",issuer="farm",thumbprint="[\w-]{27}"\} \d+/)
  })

  it('hold nothing of a token', async () => {
    const seen = (await scrape()) + lines.join('')
    assert.ok(!seen.includes(marker))
    for (const part of token.split('.')) assert.ok(!seen.includes(part))
  })

  it('log what was accepted as info, and what was refused as warning', () => {
    const events = lines.map((line) => JSON.parse(line) as { level: number; msg: string; event: { code?: string } })
    const [first, second] = events
    assert.deepEqual([first?.level, first?.msg, second?.msg], [30, 'token.accepted', 'access.allowed'])
    assert.deepEqual([events.at(-1)?.level, events.at(-1)?.msg], [40, 'token.rejected'])
    assert.equal(events.length, 4 + hostile.length)
  })

  it('serve nothing else, and nobody but this machine', async () => {
    assert.equal((await fetch(`${metrics.url}/`)).status, 404)
    assert.equal((await fetch(`${metrics.url}/metrics`, { method: 'POST' })).status, 404)
    const others = Object.values(networkInterfaces())
      .flatMap((all) => all ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
    for (const { address } of others) {
      const outcome = await new Promise((resolve) => {
        const socket = connect(Number(new URL(metrics.url).port), address)
        socket.once('connect', () => {
          resolve('connected')
          socket.destroy()
        })
        socket.once('error', () => {
          resolve('refused')
        })
      })
      assert.equal(outcome, 'refused', address)
    }
  })
})
