import assert from 'node:assert/strict'
import https from 'node:https'
import { after, afterEach, beforeEach, describe, it } from 'node:test'
import type { S2SClientOptions } from '../../lib/outgoing/client-options.ts'
import { createS2SClient, type S2SClient } from '../../lib/outgoing/s2s-client.ts'
import { makeMovableClock } from '../support/clock.ts'
import { refusal } from '../support/refusal.ts'
import { makeCaller, startTarget, type Answer, type Caller, type RecordingServer } from '../support/target.ts'
import { readClaims } from '../support/tokens.ts'

const time = makeMovableClock()
const { server: callingServer, events }: Caller = await makeCaller(time.clock)

/** Answers with what it was sent. */
const echo: Answer = (response, { method, url, body }) => response.end(`${method} ${url} ${body}`)

/** Refuses the first token it sees, whatever it is. */
function refuseFirst(): Answer {
  let refused: string | undefined
  return (response, received) => {
    refused ??= received.headers.authorization
    if (received.headers.authorization !== refused) {
      echo(response, received)
      return
    }
    // A token of the same second would be the same to the letter.
    time.advance(1)
    response.writeHead(401).end('no, and here is a body')
  }
}

describe('createS2SClient', () => {
  const clients: S2SClient[] = []
  const servers: RecordingServer[] = []
  let answer: Answer = echo
  let target: RecordingServer

  const clientOf = (options: Partial<S2SClientOptions> = {}): S2SClient => {
    const client = createS2SClient({ target: target.url, ca: target.ca, ...options }, callingServer)
    clients.push(client)
    return client
  }
  const text = async (call: Promise<Response>): Promise<string> => (await call).text()

  beforeEach(async () => {
    answer = echo
    target = await startTarget((response, received) => {
      answer(response, received)
    })
    servers.push(target)
  })
  afterEach(async () => {
    for (const client of clients.splice(0)) client.close()
    await Promise.all(servers.splice(0).map((server) => server.close()))
  })
  after(() => {
    assert.equal(clients.length, 0)
  })

  it('checks its options', () => {
    assert.throws(() => clientOf({ target: 'http://localhost' }), refusal('ERR_S2S_TARGET_NOT_HTTPS'))
    assert.throws(() => clientOf({ lifetime: 1 } as never), refusal('ERR_S2S_OPTION_UNKNOWN'))
  })

  it('asks who the target is, then calls it with a token', async () => {
    assert.equal(await text(clientOf().fetch('/a?b=c')), 'GET /a?b=c ')
    assert.deepEqual(target.requests, ['GET /a', 'GET /a?b=c'])
    assert.equal(target.tokens().length, 1)
  })

  it('sends method, headers and body', async () => {
    const headers = { 'content-type': 'application/json', 'x-own': 'yes' }
    assert.equal(await text(clientOf().fetch('/a', { method: 'post', body: '{}', headers })), 'POST /a {}')
    const sent = target.received.at(-1)?.headers
    assert.deepEqual([sent?.['content-length'], sent?.['x-own'], sent?.host], ['2', 'yes', `localhost:${target.port}`])
    assert.equal(sent?.['transfer-encoding'], undefined)
  })

  it('uses a token again, also for other paths', async () => {
    const client = clientOf()
    await client.fetch('/a')
    await client.fetch('/b')
    assert.equal(new Set(target.tokens()).size, 1)
    assert.equal(target.tokens().length, 2)
  })

  it('keeps the tokens of users and of the application apart', async () => {
    const client = clientOf()
    for (const onBehalfOf of [{ upn: 'dana' }, { upn: 'erin' }, { upn: 'dana' }])
      await client.fetch('/', { onBehalfOf })
    await client.fetch('/')
    assert.deepEqual(
      target.tokens().map((token) => readClaims(token)['upn']),
      ['dana', 'erin', 'dana', undefined],
    )
    assert.equal(new Set(target.tokens()).size, 3)
  })

  it('sends only the attributes of a user that are wanted', async () => {
    await clientOf({ userAttributes: ['smtp'] }).fetch('/', { onBehalfOf: { upn: 'dana', smtp: 'dana@x' } })
    const claims = readClaims(target.tokens()[0] ?? '')
    assert.deepEqual([claims['upn'], claims['smtp']], [undefined, 'dana@x'])
  })

  for (const init of [{ onBehalfOf: undefined }, { onBehalfOf: {} }, { subjectToken: 'x' }, { integrity: 'x' }]) {
    it(`refuses ${JSON.stringify(init)} (${Object.keys(init).join()}) before anything is sent`, async () => {
      await assert.rejects(clientOf().fetch('/', init as never), refusal('ERR_S2S_OUTGOING_REQUEST_INVALID'))
      assert.deepEqual(target.requests, [])
    })
  }

  it('makes a new token before the old one expires', async () => {
    const client = clientOf()
    await client.fetch('/')
    time.advance(3301)
    await client.fetch('/')
    assert.equal(new Set(target.tokens()).size, 2)
  })

  for (const [title, body, init] of [
    ['a text', 'text', {}],
    ['a stream', () => new Response('text').body, { duplex: 'half' }],
  ] as const) {
    it(`makes a new token after a 401 and sends ${title} again`, async () => {
      answer = refuseFirst()
      const client = clientOf()
      const given = typeof body === 'function' ? (body() as ReadableStream) : body
      assert.equal(await text(client.fetch('/a', { method: 'POST', body: given, ...init })), 'POST /a text')
      assert.deepEqual(
        target.received.filter(({ url, method }) => url === '/a' && method === 'POST').map(({ body: sent }) => sent),
        ['text', 'text'],
      )
    })
  }

  it('gives the second 401 as it is, and says so', async () => {
    answer = (response) => {
      time.advance(1)
      response.writeHead(401).end('never')
    }
    const count = events.length
    const refused = await clientOf().fetch('/a')
    assert.deepEqual([refused.status, await refused.text()], [401, 'never'])
    assert.equal(target.tokens().length, 2)
    assert.deepEqual(
      events.slice(count).map(({ name, outcome }) => `${name} ${outcome}`),
      ['token.minted notice', 'token.minted notice', 'call.failed refused'],
    )
  })

  it('does not send the same token twice', async () => {
    answer = (response) => response.writeHead(401).end('never')
    assert.equal(await text(clientOf().fetch('/a')), 'never')
    assert.equal(target.tokens().length, 1)
    assert.deepEqual([events.at(-1)?.name, events.at(-1)?.outcome], ['call.failed', 'refused'])
  })

  for (const status of [400, 403, 404, 500, 503]) {
    it(`gives an answer ${status} as it is`, async () => {
      answer = (response) => response.writeHead(status).end()
      assert.equal((await clientOf().fetch('/')).status, status)
      assert.equal(target.tokens().length, 1)
    })
  }

  it('brings the token to every step of a redirect within the target', async () => {
    answer = (response, received) => {
      if (received.url === '/a') response.writeHead(302, { location: '/b' }).end()
      else echo(response, received)
    }
    assert.equal(await text(clientOf().fetch('/a')), 'GET /b ')
    assert.equal(target.tokens().length, 2)
  })

  it('has one deadline for all steps together', async () => {
    answer = (response, { url }) => {
      setTimeout(() => response.writeHead(302, { location: `${url}x` }).end(), 60)
    }
    const start = performance.now()
    await assert.rejects(clientOf({ timeoutMilliseconds: 150 }).fetch('/a'), refusal('ERR_S2S_TARGET_TIMEOUT'))
    assert.ok(performance.now() - start < 1000)
    assert.equal(events.at(-1)?.code, 'ERR_S2S_TARGET_TIMEOUT')
  })

  it("ends with the reason of the caller's signal, which is nobody's failure", async () => {
    const controller = new AbortController()
    answer = () => {
      controller.abort(new Error('enough'))
    }
    const count = events.length
    await assert.rejects(clientOf().fetch('/', { signal: controller.signal }), { message: 'enough' })
    assert.deepEqual(
      events.slice(count).map(({ name }) => name),
      ['token.minted'],
    )
  })

  it('keeps its connection', async () => {
    const ports = new Set<number | undefined>()
    answer = (response) => {
      ports.add(response.socket?.remotePort)
      response.end()
    }
    const client = clientOf()
    for (let count = 0; count < 5; count += 1) await client.fetch('/')
    assert.equal(ports.size, 1)
  })

  it('uses a given agent and leaves it open', async () => {
    const agent = new https.Agent({ keepAlive: true, ca: target.ca })
    const client = createS2SClient({ target: target.url, agent }, callingServer)
    await client.fetch('/')
    client.close()
    assert.ok(Object.keys(agent.freeSockets).length > 0)
    agent.destroy()
  })

  it('refuses calls once it is closed, and ends those under way', async () => {
    answer = () => undefined
    const client = clientOf()
    const underWay = client.fetch('/')
    setTimeout(client.close, 50)
    const closed = refusal('ERR_S2S_OUTGOING_REQUEST_INVALID', 'the client is closed')
    await assert.rejects(underWay, closed)
    const count = target.requests.length
    await assert.rejects(client.fetch('/'), closed)
    assert.equal(target.requests.length, count)
  })

  it('warns of no listener leak when many calls share one signal', async () => {
    const warnings: string[] = []
    const listen = ({ name }: Error): void => void warnings.push(name)
    process.on('warning', listen)
    const { signal } = new AbortController()
    const client = clientOf()
    await Promise.all(Array.from({ length: 30 }, () => client.fetch('/', { signal })))
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', listen)
    assert.deepEqual(warnings, [])
  })
})
