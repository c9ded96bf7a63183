import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { FleetNode } from '../support/fleet/start-fleet.ts'
import { askNode, missingRedis, tellFleetStory, type FleetStory } from '../support/fleet/tell-fleet-story.ts'
import { sendRaw } from '../support/send-raw.ts'

const rounds = 100
const inParallel = 10
const instants = 200

/** Asks every few milliseconds until the answer is that, and says how long that took; gives up after five seconds. */
async function untilStatus(node: FleetNode, token: string, status: number): Promise<number> {
  const startedAt = performance.now()
  for (;;) {
    const answer = await askNode(node, token)
    const passed = performance.now() - startedAt
    if (answer.status === status) return passed
    assert.ok(passed < 5000, `${status} never came, but ${answer.status}`)
    await wait(30)
  }
}

describe('a fleet of two processes over Redis', { skip: missingRedis }, () => {
  let story: FleetStory
  before(async () => {
    story = await tellFleetStory({ refuseExposedTokens: true })
  })
  after(() => story.close())

  describe('its suspensions', () => {
    it(`are refused on the other process within a second, and lifted there too, ${rounds} times`, async (context) => {
      const { nodes, token } = story
      const times: { readonly suspended: number; readonly lifted: number }[] = []
      async function measure(index: number): Promise<void> {
        const application = `application ${index}`
        const [near, far] = index % 2 === 0 ? nodes : [nodes[1], nodes[0]]
        const theirs = await token('login', { client_id: application, sub: application })
        assert.equal((await askNode(far, theirs)).status, 200)
        await wait(Math.random() * 250)
        const suspending = near.suspend({ application })
        const suspended = await untilStatus(far, theirs, 401)
        const { id } = await suspending
        assert.equal((await askNode(near, theirs)).status, 401)
        const resuming = near.resume(id)
        const lifted = await untilStatus(far, theirs, 200)
        assert.equal(await resuming, true)
        times.push({ suspended, lifted })
      }
      for (let first = 0; first < rounds; first += inParallel) {
        await Promise.all(Array.from({ length: inParallel }, (_, index) => measure(first + index)))
      }
      assert.equal(times.length, rounds)
      const slowest = (of: 'suspended' | 'lifted'): number => Math.ceil(Math.max(...times.map((time) => time[of])))
      context.diagnostic(`refused on the other process after at most ${slowest('suspended')} ms, of ${rounds}`)
      context.diagnostic(`accepted there again after at most ${slowest('lifted')} ms, of ${rounds}`)
      for (const time of times) assert.ok(time.suspended <= 1000 && time.lifted <= 1000, JSON.stringify(time))
    })

    it('hold on a process that starts later, from its first request on', async () => {
      const { nodes, token, another } = story
      const theirs = await token('login')
      const { id } = await nodes[0].suspend({ issuer: 'login', application: 'reporting' })
      const later = await another()
      assert.equal((await askNode(later, theirs)).status, 401)
      assert.deepEqual((await later.suspensions()).map((one) => one.id), [id]) // prettier-ignore
      assert.equal(await later.resume(id), true)
      await Promise.all(nodes.map((node) => untilStatus(node, theirs, 200)))
    })

    it('hold for a token that was burnt on the other process', async () => {
      const { nodes, token } = story
      const burnt = await token('login')
      const other = await token('login')
      for (const node of nodes) assert.equal((await askNode(node, burnt)).status, 200)
      const overPlainHttp: [string, string][] = [
        ['Authorization', `Bearer ${burnt}`],
        ['X-Forwarded-Proto', 'http'],
      ]
      assert.equal((await sendRaw(nodes[0], { headers: overPlainHttp })).status, 403)
      assert.ok((await untilStatus(nodes[1], burnt, 401)) <= 1000)
      assert.ok((await nodes[1].events('token.rejected')).some(({ code }) => code === 'ERR_S2S_TOKEN_EXPOSED'))
      assert.equal((await askNode(nodes[1], other)).status, 200)
    })
  })

  describe('its single-use tokens', () => {
    it('are refused on the process that did not see the first use', async () => {
      const { nodes, token } = story
      for (const [one, other] of [nodes, [nodes[1], nodes[0]] as const]) {
        const theirs = await token('once')
        const calls = await other.handlerCalls()
        assert.equal((await askNode(one, theirs)).status, 200)
        const { status, body } = await askNode(other, theirs)
        assert.equal(status, 401)
        assert.match(
          body,
          /"error":"invalid_token","error_description":"The token may be used once only, and was used."/,
        )
        assert.equal(await other.handlerCalls(), calls, 'the handler ran')
        assert.ok((await other.events('token.rejected')).some(({ code }) => code === 'ERR_S2S_TOKEN_REPLAYED'))
      }
    })

    it(`are accepted by exactly one when both get them in the same instant, ${instants} times`, async (context) => {
      const { nodes, token } = story
      const callsBefore = await Promise.all(nodes.map((node) => node.handlerCalls()))
      const accepted = [0, 0]
      for (let round = 0; round < instants; round += 10) {
        await Promise.all(
          Array.from({ length: 10 }, async (_, index) => {
            const theirs = await token('once')
            const inTurn = index % 2 === 0 ? nodes : nodes.toReversed()
            const answers = await Promise.all(inTurn.map(async (node) => ({ node, ...(await askNode(node, theirs)) })))
            const winners = answers.filter(({ status }) => status === 200)
            assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 401])
            const winner = nodes.findIndex((node) => node === winners[0]?.node)
            accepted[winner] = (accepted[winner] ?? 0) + 1
          }),
        )
      }
      const calls = await Promise.all(nodes.map((node) => node.handlerCalls()))
      assert.deepEqual(calls.map((count, index) => count - (callsBefore[index] ?? 0)), accepted) // prettier-ignore
      context.diagnostic(`${accepted.join(' and ')} of ${instants} accepted by the one and the other process`)
      assert.equal(accepted.reduce((sum, count) => sum + count, 0), instants) // prettier-ignore
    })

    it('leave tokens of other issuers alone', async () => {
      const { nodes, token } = story
      const theirs = await token('login')
      for (const node of [...nodes, ...nodes]) assert.equal((await askNode(node, theirs)).status, 200)
    })
  })
})
