import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { request as httpsRequest } from 'node:https'
import { mintAppOnlyToken } from '../../lib/outgoing/mint-token.ts'
import type { S2SClient } from '../../lib/outgoing/s2s-client.ts'
import { makeMovableClock } from '../support/clock.ts'
import { metadataPath, startPeer, type Peer } from '../support/peer.ts'
import { makeSigningKey } from '../support/signing-keys.ts'

const hour = 3600
const caller = {
  name: 'caller',
  clientId: '5e2f1a90-7c44-4d0b-9a6e-3f8b1d27c605',
  realm: '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011',
}
const target = { clientId: '4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28', realm: '52aa6841-b76b-4ed4-a3d7-a259fce1dfa2' }

/** Publish after an hour, switch a day later, retire a day and twelve hours after that, and go on for a while. */
const steps = { publish: 1, switch: 1 + 24, retire: 1 + 24 + 36, end: 1 + 24 + 36 + 16 }

describe('a signing key that rolls over under traffic', () => {
  const time = makeMovableClock()
  let source: Peer
  /** Fetches our metadata every ten minutes; and once a day, as SharePoint does. */
  let partners: readonly Peer[]
  let clients: readonly S2SClient[]
  const tokens: { readonly token: string; readonly partner: Peer; readonly expiresAt: number }[] = []
  const statuses: number[] = []
  const signers = new Set<string>()

  before(async () => {
    const clock = time.clock
    const key = await makeSigningKey({ commonName: 'Old' })
    source = await startPeer({ ...caller, key, clock })
    const partnerKey = await makeSigningKey({ commonName: 'Partner' })
    partners = await Promise.all(
      ['often', 'daily'].map((name) => startPeer({ ...target, name, key: partnerKey, clock })),
    )
    for (const partner of partners) {
      await partner.trust([
        {
          peer: source,
          options: {
            metadataEndpoint: `${source.url}${metadataPath}?for=${partner.name}`,
            ...(partner.name === 'daily' ? { keysRefreshSeconds: 24 * hour, keysStaleSeconds: 48 * hour } : {}),
          },
        },
      ])
    }
    clients = partners.map((partner) => source.clientFor(partner))
  })
  after(() => Promise.all([source, ...partners].map((server) => server.close())))

  it('fails no call: neither fresh tokens, nor cached ones, nor tokens as old as they may be', async () => {
    const next = await makeSigningKey({ commonName: 'New' })
    for (let hours = 0; hours < steps.end; hours += 1) {
      if (hours === steps.publish) source.keys.publishNext(next)
      if (hours === steps.switch) source.keys.switchToNext()
      if (hours === steps.retire) source.keys.retirePrevious()
      await callEverybody()
      time.advance(hour)
    }
    assert.ok(statuses.length > 6 * steps.end)
    assert.deepEqual(
      statuses.filter((status) => status !== 200),
      [],
    )
  })

  it('refused no token behind the scenes either: no call was repeated', () => {
    for (const partner of partners) {
      assert.deepEqual(
        partner.events.filter(({ outcome }) => outcome === 'refused' || outcome === 'unavailable'),
        [],
      )
      const discoveries = partner.events.filter(({ name }) => name === 'request.rejected')
      assert.equal(discoveries.length, 1)
    }
  })

  it('needed no extra look at our metadata from the partner that looks once a day', () => {
    const daily = source.requests.filter((request) => request.endsWith('for=daily')).length
    const often = source.requests.filter((request) => request.endsWith('for=often')).length
    // At hours 0, 20, 40 and 60: keys are fetched ahead, after four fifths of the day.
    assert.equal(daily, 4)
    assert.ok(often > steps.end / 2, String(often))
  })

  it('signed with both keys', () => {
    assert.equal(signers.size, 2)
  })

  it('ends with the old key refused', async () => {
    const { clock } = time
    const [partner] = partners
    assert.ok(partner !== undefined)
    const old = await makeSigningKey({ commonName: 'Never published' })
    const { token } = await mintAppOnlyToken(old, inputFor(partner, clock))
    assert.equal(await send(partner, token), 401)
    assert.equal(partner.events.at(-1)?.code, 'ERR_S2S_KEY_UNKNOWN')
    assert.deepEqual(
      source.keys.published().map(({ certificate }) => certificate.subject),
      ['CN=New'],
    )
  })

  function inputFor(partner: Peer, clock: () => number): Parameters<typeof mintAppOnlyToken>[1] {
    const issuer = `${caller.clientId}@${caller.realm}`
    const audience = `${target.clientId}/localhost:${partner.port}@${target.realm}`
    return { issuer, application: issuer, audience, clock, lifetimeSeconds: 12 * hour }
  }

  /** Calls of the client, which keeps tokens; a fresh token of twelve hours; and the oldest such token that still lives. */
  async function callEverybody(): Promise<void> {
    const calls = partners.flatMap((partner, index): Promise<number>[] => {
      const key = source.keys.current()
      signers.add(key.kid)
      const fromClient = (): Promise<number> =>
        clients[index]?.fetch('/reports/1').then(async (answer) => {
          await answer.text()
          return answer.status
        }) ?? Promise.resolve(0)
      const fresh = mintAppOnlyToken(key, inputFor(partner, time.clock)).then(({ token, expiresAt }) => {
        tokens.push({ token, partner, expiresAt })
        return send(partner, token)
      })
      const oldest = tokens.find((kept) => kept.partner === partner && kept.expiresAt > time.clock())
      return [fromClient(), fromClient(), fresh, ...(oldest === undefined ? [] : [send(partner, oldest.token)])]
    })
    statuses.push(...(await Promise.all(calls)))
  }
})

function send(partner: Peer, token: string): Promise<number> {
  const options = { ca: partner.ca, headers: { authorization: `Bearer ${token}` } }
  return new Promise((resolve, reject) => {
    const request = httpsRequest(`${partner.url}/reports/1`, options, (response) => {
      response.resume()
      response.on('end', () => {
        resolve(response.statusCode ?? 0)
      })
    })
    request.on('error', reject)
    request.end()
  })
}
