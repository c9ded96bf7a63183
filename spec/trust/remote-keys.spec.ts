import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it, mock } from 'node:test'
import { UnavailableError } from '../../lib/foundation/errors.ts'
import type { FetchJsonOptions } from '../../lib/foundation/fetch-json.ts'
import { createFetcher, createRemoteSource } from '../../lib/trust/remote-keys.ts'
import { makeMovableClock, NOW } from '../support/clock.ts'
import { serveDocuments, startHttpsServer, type LocalServer } from '../support/https-server.ts'
import { refusal } from '../support/refusal.ts'
import { makeTrustWorld } from '../support/trust-context.ts'

/** A fetch that says whose it is. */
const fetchOf =
  (owner: string): typeof fetch =>
  () =>
    Promise.resolve(new Response(JSON.stringify({ owner }), { headers: { 'content-type': 'application/json' } }))

describe('createFetcher', () => {
  let server: LocalServer
  before(async () => {
    server = await startHttpsServer(serveDocuments({ '/document': { keys: [] } }))
  })
  after(() => server.close())
  afterEach(() => {
    mock.restoreAll()
  })

  const fetchWith = (own: FetchJsonOptions, defaults: FetchJsonOptions, path = '/document'): Promise<unknown> =>
    createFetcher(own, makeTrustWorld({ fetchOptions: defaults }).context)()(server.url + path)

  it("fetches with the issuer's options", async () => {
    assert.deepEqual(await fetchWith({ ca: server.ca }, {}), { keys: [] })
  })

  it("fetches with the server's options where the issuer has none", async () => {
    assert.deepEqual(await fetchWith({}, { ca: [server.ca] }), { keys: [] })
  })

  it('believes nobody who is not trusted by either', async () => {
    await assert.rejects(fetchWith({}, {}), refusal('ERR_S2S_KEYS_UNREACHABLE'))
  })

  it("lets the issuer's options win", async () => {
    assert.deepEqual(await fetchWith({ fetch: fetchOf('issuer') }, { fetch: fetchOf('server') }), { owner: 'issuer' })
    await assert.rejects(
      fetchWith({ maximumBytes: 5 }, { ca: server.ca, maximumBytes: 5000 }),
      refusal('ERR_S2S_KEYS_UNREACHABLE', /sent more than 5 bytes$/),
    )
  })

  it("keeps to every option of the server's where the issuer has none", async () => {
    assert.deepEqual(await fetchWith({}, { fetch: fetchOf('server') }), { owner: 'server' })
    await assert.rejects(
      fetchWith({}, { ca: server.ca, maximumBytes: 5 }),
      refusal('ERR_S2S_KEYS_UNREACHABLE', /sent more than 5 bytes$/),
    )
    const hanging: typeof fetch = () => new Promise(() => undefined)
    await assert.rejects(
      fetchWith({}, { fetch: hanging, timeoutMilliseconds: 20 }),
      refusal('ERR_S2S_KEYS_UNREACHABLE', /did not answer in full within 20 ms$/),
    )
  })

  it('passes every option on', async () => {
    const slow: typeof fetch = (_url, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener('abort', () => {
          reject(new Error('aborted'))
        })
      })
    await assert.rejects(
      fetchWith({ fetch: slow, timeoutMilliseconds: 20 }, {}),
      refusal('ERR_S2S_KEYS_UNREACHABLE', /did not answer in full within 20 ms$/),
    )
  })

  it('has one deadline for all documents of one look, and a new one for the next look', async () => {
    let now = 1000
    mock.method(performance, 'now', () => now)
    const slow: typeof fetch = (address) => {
      if (typeof address === 'string' && address.endsWith('/hangs')) return new Promise(() => undefined)
      now += 70
      return Promise.resolve(new Response('{}'))
    }
    const options = { fetch: slow, timeoutMilliseconds: 100 }
    const beginLook = createFetcher(options, makeTrustWorld().context)
    const look = beginLook()
    assert.deepEqual(await look(`${server.url}/a`), {})
    await assert.rejects(look(`${server.url}/hangs`), refusal('ERR_S2S_KEYS_UNREACHABLE', /within 30 ms$/))
    now += 20
    await assert.rejects(look(`${server.url}/hangs`), refusal('ERR_S2S_KEYS_UNREACHABLE', /within 10 ms$/))
    now += 1
    const none = `no time is left of 100 ms to fetch ${server.url}/b`
    await assert.rejects(look(`${server.url}/b`), refusal('ERR_S2S_KEYS_UNREACHABLE', none))
    assert.deepEqual(await beginLook()(`${server.url}/a`), {})
  })

  it('does not fetch with an agent that checks nothing', async () => {
    const agent = { options: { rejectUnauthorized: false } } as never
    await assert.rejects(fetchWith({ agent }, {}), refusal('ERR_S2S_OPTION_INVALID', 'agent must be an https.Agent'))
  })
})

describe('createRemoteSource', () => {
  const origin = { kind: 'openid', place: {} } as const
  const { clock, advance } = makeMovableClock()

  it('audits successes and failures, and whether the last known good keys served', async () => {
    const { context, events } = makeTrustWorld({ clock })
    const answers: (() => Promise<string>)[] = [
      () => Promise.reject(new UnavailableError('ERR_S2S_METADATA_INVALID', 'no keys')),
      () => Promise.resolve('keys'),
      () => Promise.reject(new UnavailableError('ERR_S2S_KEYS_UNREACHABLE')),
      () => Promise.reject(new TypeError('a fault of ours')),
    ]
    const load = (): Promise<string> => answers.shift()?.() ?? Promise.reject(new Error('loaded once too often'))
    const options = { keysRefreshSeconds: 100, keysStaleSeconds: 1000 }
    const source = createRemoteSource({ name: 'farm', origin: { ...origin, options }, context, load })

    await assert.rejects(async () => source.current(), refusal('ERR_S2S_METADATA_INVALID', 'no keys'))
    assert.equal(await source.current(), 'keys')
    advance(100)
    assert.equal(await source.current(), 'keys')
    advance(1000)
    await assert.rejects(async () => source.current(), refusal('ERR_S2S_KEYS_UNREACHABLE'))
    source.close()

    const unavailable = { name: 'keys.unavailable', issuer: 'farm' }
    assert.deepEqual(events, [
      { ...unavailable, outcome: 'unavailable', code: 'ERR_S2S_METADATA_INVALID', reason: 'no keys', time: NOW },
      { name: 'keys.refreshed', outcome: 'notice', issuer: 'farm', time: NOW },
      {
        ...unavailable,
        outcome: 'notice',
        code: 'ERR_S2S_KEYS_UNREACHABLE',
        reason: 'The keys of the issuer cannot be reached.',
        time: NOW + 100,
      },
      {
        ...unavailable,
        outcome: 'unavailable',
        code: 'ERR_S2S_KEYS_UNREACHABLE',
        reason: 'TypeError: a fault of ours',
        time: NOW + 1100,
      },
    ])
  })

  it('refreshes after 600 seconds and serves the last known good for 14,400 by default', async () => {
    const { context } = makeTrustWorld({ clock })
    let calls = 0
    const load = (): Promise<string> => {
      calls += 1
      return calls === 1 ? Promise.resolve('keys') : Promise.reject(new Error('outage'))
    }
    const source = createRemoteSource({ name: 'farm', origin: { ...origin, options: {} }, context, load })
    await source.current()
    advance(479)
    assert.equal(source.current(), 'keys')
    assert.equal(calls, 1)
    advance(121)
    assert.equal(await source.current(), 'keys')
    assert.equal(calls, 2)
    assert.equal(source.failing(), true)
    advance(13_799)
    assert.equal(await source.current(), 'keys')
    advance(1)
    await assert.rejects(async () => source.current(), refusal('ERR_S2S_KEYS_UNREACHABLE'))
    source.close()
  })
})
