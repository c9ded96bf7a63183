import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import * as openid from 'openid-client'
import { eventually } from '../support/eventually.ts'
import type { DpopFleetData } from '../support/fleet/dpop-fleet.ts'
import { startFleet, type FleetNode } from '../support/fleet/start-fleet.ts'
import { makeOpenIdCaller, type OpenIdCaller } from '../support/openid-caller.ts'
import { startOpenIdProvider, type RunningOpenIdProvider } from '../support/openid-provider.ts'
import { findRedis, startRedis, type RedisServer } from '../support/redis-server.ts'
import { oauthAudience } from '../support/world.ts'

const secret = 'a-secret-of-this-run'
const origin = 'https://reports.example.com'
const reports = `${origin}/reports/1`
const found = findRedis()

describe(
  'DPoP: openid-client calls a fleet of two processes over a real Redis',
  { skip: 'missing' in found && found.missing },
  () => {
    let provider: RunningOpenIdProvider
    let redis: RedisServer
    let nodes: readonly FleetNode[]
    let caller: OpenIdCaller
    let turn = 0
    /** Requests to the fleet go where nobody listens. */
    let isLost = false

    before(async () => {
      provider = await startOpenIdProvider(oauthAudience, {
        clients: [{ client_id: 'reporting', client_secret: secret, dpop_bound_access_tokens: true }],
      })
      redis = await startRedis('path' in found ? found.path : '')
      const data: DpopFleetData = {
        audience: oauthAudience,
        ca: provider.ca,
        dpop: { origins: [origin], nonces: { secret: 'a secret that servers of one fleet share' } },
        trustedIssuers: [{ type: 'openid', name: 'provider', issuer: provider.issuer, strict: true, dpop: 'required' }],
      }
      const module = import.meta.resolve('../support/fleet/dpop-fleet.ts')
      nodes = await startFleet({ module, redisUrl: redis.url, data })
      caller = await makeOpenIdCaller({
        issuer: provider.issuer,
        clientId: 'reporting',
        authentication: openid.ClientSecretBasic(secret),
        ca: provider.ca,
        route: (name) => {
          if (name !== origin) return undefined
          return isLost ? { url: 'https://localhost:1', ca: '' } : nodes[turn % nodes.length]
        },
      })
    })
    before(async () => {
      // A Redis that is new cannot tell what was used in the second in which it began.
      const proof = { DPoP: openid.getDPoPHandle(caller.config, await openid.randomDPoPKeyPair()) }
      const token = await caller.token({ scope: 'reports.read', resource: 'urn:reports:RS256' }, proof)
      await eventually(async () => (await caller.call(token, reports, proof)) === 200, 'callers are let in')
    })
    after(async () => {
      await Promise.all(nodes.map((node) => node.close()))
      await Promise.all([redis.close(), provider.stop()])
    })

    const handlerCalls = async (): Promise<number> => {
      const calls = await Promise.all(nodes.map((node) => node.handlerCalls()))
      return calls.reduce((sum, count) => sum + count, 0)
    }
    const other = (): FleetNode => nodes[(turn + 1) % nodes.length] ?? assert.fail()

    it('lets each proof in once, whichever node gets it first, and never on the other one', async () => {
      const proof = { DPoP: openid.getDPoPHandle(caller.config, await openid.randomDPoPKeyPair()) }
      const token = await caller.token({ scope: 'reports.read', resource: 'urn:reports:RS256' }, proof)
      for (turn = 0; turn < 6; turn += 1) {
        const calls = await handlerCalls()
        assert.equal(await caller.call(token, reports, proof), 200)
        const sent = caller.sent.at(-1) ?? assert.fail()
        assert.equal(sent.status, 200)
        const answer = await caller.replay(sent, other())
        assert.equal(answer.status, 401)
        assert.match(await answer.text(), /"error":"invalid_dpop_proof"/)
        assert.equal(await handlerCalls(), calls + 1)
      }
      const events = (await Promise.all(nodes.map((node) => node.events()))).flat()
      const refused = events.filter(({ code }) => code === 'ERR_S2S_DPOP_PROOF_REPLAYED')
      assert.ok(refused.length >= 6)
    })

    it('knows on both nodes the nonce that one of them gave', async () => {
      const proof = { DPoP: openid.getDPoPHandle(caller.config, await openid.randomDPoPKeyPair()) }
      const token = await caller.token({ scope: 'reports.read', resource: 'urn:reports:RS256' }, proof)
      const first = caller.sent.length
      for (turn = 0; turn < 4; turn += 1) assert.equal(await caller.call(token, reports, proof), 200)
      assert.deepEqual(
        caller.sent.slice(first).map(({ status }) => status),
        [401, 200, 200, 200, 200],
      )
    })

    it('lets a proof in once that comes to both nodes at the same moment', async () => {
      const proof = { DPoP: openid.getDPoPHandle(caller.config, await openid.randomDPoPKeyPair()) }
      const token = await caller.token({ scope: 'reports.read', resource: 'urn:reports:RS256' }, proof)
      assert.equal(await caller.call(token, reports, proof), 200)
      for (let round = 0; round < 5; round += 1) {
        isLost = true
        await assert.rejects(caller.call(token, reports, proof))
        isLost = false
        const lost = caller.sent.at(-1) ?? assert.fail()
        const answers = await Promise.all([...nodes, ...nodes].map((node) => caller.replay(lost, node)))
        assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401, 401, 401])
      }
    })

    it('lets nobody in while it cannot tell whether a proof was used, and goes on afterwards', async () => {
      const proof = { DPoP: openid.getDPoPHandle(caller.config, await openid.randomDPoPKeyPair()) }
      const token = await caller.token({ scope: 'reports.read', resource: 'urn:reports:RS256' }, proof)
      assert.equal(await caller.call(token, reports, proof), 200)
      const used = caller.sent.at(-1) ?? assert.fail()
      const calls = await handlerCalls()
      await redis.stop('SIGTERM')
      assert.equal(await caller.call(token, reports, proof), 503)
      assert.equal(await handlerCalls(), calls)
      await redis.start()
      await eventually(async () => (await caller.call(token, reports, proof)) === 200, 'callers are let in again')
      const replays = await Promise.all(nodes.map((node) => caller.replay(used, node)))
      assert.deepEqual(
        replays.map(({ status }) => status),
        [401, 401],
        'a proof was let in twice, because Redis had forgotten its first use',
      )
    })
  },
)
