import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { Agent } from 'node:https'
import { after, before, describe, it } from 'node:test'
import type { OAuthTokenOptions } from '../../lib/outgoing/oauth-options.ts'
import { makeMovableClock } from '../support/clock.ts'
import { startHttpServer, startHttpsServer, type LocalServer } from '../support/https-server.ts'
import { assertCallFails, makeOAuthCaller } from '../support/oauth-caller.ts'
import { sendJson, startScriptedIssuer, type ScriptedIssuer } from '../support/scripted-issuer.ts'

const secret = 'a-secret-of-this-run'
const outage = { code: 'ERR_S2S_TOKEN_ISSUER_UNAVAILABLE', side: 'issuer' } as const
const longestMilliseconds = 4000

let canary: LocalServer
let plainCanary: LocalServer

type Fault = readonly [answer: (response: ServerResponse) => unknown, reason: RegExp]

/** What an issuer does in place of an answer, wherever it is asked. */
const faults: Readonly<Record<string, Fault>> = {
  'a closed connection': [({ socket }) => socket?.destroy(), /cannot be reached \(ECONNRESET\)$/],
  'what is no HTTP': [({ socket }) => socket?.end('220 mail.example.com\r\n'), /cannot be reached \(HPE_/],
  'headers without end': [
    ({ socket }) => socket?.end(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`),
    /cannot be reached \(HPE_HEADER_OVERFLOW\)$/,
  ],
  'half a body': [
    ({ socket }) => socket?.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"issuer"'),
    /cannot be reached \(ECONNRESET\)$/,
  ],
  'bytes that are no text': [(response) => response.end(Buffer.from([0x7b, 0xff, 0x00, 0x7d])), /JSON/],
  'an empty body': [(response) => response.end(), /JSON/],
  'a list': [(response) => response.end('[]'), /JSON/],
  'status 503': [(response) => response.writeHead(503).end('{}'), /status 503$|no metadata/],
  'status 204': [(response) => response.writeHead(204).end(), /status 204$|no metadata/],
  'a redirect to another host': [redirect(() => canary.url), /redirect|no metadata/],
  'a redirect to http': [redirect(() => plainCanary.url), /redirect|no metadata/],
}

/** Only the deadline ends these. */
const slowFaults: Readonly<Record<string, Fault>> = {
  'no answer': [() => undefined, /did not answer in time$/],
  'headers and no body': [headersAlone, /did not answer in time$/],
  'a body that drips': [drip, /did not answer in time$/],
}

describe('an issuer of tokens that fails', () => {
  let target: LocalServer
  const targetCalls: string[] = []
  before(async () => {
    const steal = (_request: unknown, response: ServerResponse): void => {
      sendJson(response, 200, { access_token: 'stolen', token_type: 'Bearer', expires_in: 600 })
    }
    canary = await startHttpsServer(steal)
    plainCanary = await startHttpServer(steal)
    target = await startHttpsServer((request, response) => {
      targetCalls.push(request.headers.authorization ?? '')
      response.end('fine')
    })
  })
  after(async () => {
    await Promise.all([target.close(), canary.close(), plainCanary.close()])
    assert.deepEqual([canary.requests, plainCanary.requests], [[], []], 'something left for a wrong place')
  })

  interface Case {
    readonly issuer: ScriptedIssuer
    readonly reason: RegExp
    readonly timeoutMilliseconds: number
  }

  async function assertFails({ issuer, reason, timeoutMilliseconds }: Case): Promise<void> {
    const options: OAuthTokenOptions = {
      issuer: issuer.url,
      clientId: 'documents',
      authentication: { type: 'client_secret_post', secret },
      ca: issuer.ca,
      timeoutMilliseconds,
    }
    const client = makeOAuthCaller(makeMovableClock().clock).clientFor(target, options)
    const startedAt = performance.now()
    await assertCallFails(client.fetch('/reports/1'), { ...outage, reason, secrets: [secret, 'stolen'] })
    assert.ok(performance.now() - startedAt < longestMilliseconds, 'the deadline was not kept')
    assert.deepEqual(targetCalls, [], 'the target was called')
    await issuer.close()
  }

  function describeFaults(all: typeof faults, timeoutMilliseconds: number): void {
    for (const [name, [answer, reason]] of Object.entries(all)) {
      it(`is an outage of the issuer, and no call without a token: ${name} in place of its metadata`, async () => {
        const issuer = await startScriptedIssuer()
        issuer.metadata = answer
        await assertFails({ issuer, reason, timeoutMilliseconds })
        assert.deepEqual(issuer.tokenRequests, [])
      })

      it(`is an outage of the issuer, and no call without a token: ${name} in place of a token`, async () => {
        const issuer = await startScriptedIssuer()
        issuer.token = answer
        await assertFails({ issuer, reason, timeoutMilliseconds })
        assert.equal(issuer.tokenRequests.length, 1)
      })
    }
  }

  describeFaults(faults, 10_000)
  describe('and is slow', { concurrency: true }, () => {
    describeFaults(slowFaults, 600)
  })
})

describe('a kept token', () => {
  it('serves through an outage of its issuer until it must be renewed, and no call goes without a token then', async () => {
    const time = makeMovableClock()
    const issuer = await startScriptedIssuer()
    const calls: unknown[] = []
    const target = await startHttpsServer((request, response) => {
      calls.push(request.headers.authorization)
      response.end()
    })
    const client = makeOAuthCaller(time.clock).clientFor(target, {
      issuer: issuer.url,
      clientId: 'documents',
      authentication: { type: 'client_secret_post', secret },
      ca: issuer.ca,
    })
    await client.fetch('/')
    issuer.token = (response) => response.writeHead(503).end()
    issuer.metadata = issuer.token
    time.advance(299)
    await client.fetch('/')
    assert.deepEqual(calls, ['Bearer token-1', 'Bearer token-1'])
    time.advance(1)
    await assertCallFails(client.fetch('/'), outage)
    assert.equal(calls.length, 2)
    await Promise.all([issuer.close(), target.close()])
  })
})

/** Where the network itself fails: for the issuer of tokens as for the target. */
describe('a server whose address leads nowhere', () => {
  const nowhere: readonly (readonly [name: string, code: string | undefined, address: string])[] = [
    ['its name is not found', 'ENOTFOUND', ''],
    ['nobody listens', undefined, '127.0.0.9'],
  ]
  for (const [name, code, address] of nowhere) {
    it(`is an outage on its own side: ${name}`, async () => {
      const issuer = await startScriptedIssuer()
      const target = await startHttpsServer((_request, response) => response.end())
      const agent = agentTo(address, code)
      const oauth = {
        issuer: issuer.url,
        clientId: 'documents',
        authentication: { type: 'client_secret_post', secret },
        ca: issuer.ca,
      } as const
      const caller = makeOAuthCaller(makeMovableClock().clock)
      const reason = code === undefined ? /ECONNREFUSED/ : /ENOTFOUND/
      await assertCallFails(caller.clientFor(target, { ...oauth, agent }).fetch('/'), {
        ...outage,
        reason,
        secrets: [secret],
      })
      await assertCallFails(caller.clientFor({ ...target, agent }, oauth).fetch('/'), {
        code: 'ERR_S2S_TARGET_UNREACHABLE',
        side: 'target',
        reason,
        secrets: [secret, 'token-1'],
      })
      assert.deepEqual(target.requests, [])
      await Promise.all([issuer.close(), target.close()])
    })
  }
})

function agentTo(address: string, code: string | undefined): Agent {
  return new Agent({
    lookup: (_hostname, { all }, callback) => {
      const error = code === undefined ? null : Object.assign(new Error('getaddrinfo'), { code })
      process.nextTick(() => {
        if (all === true) callback(error, [{ address, family: 4 }])
        else callback(error, address, 4)
      })
    },
  })
}

function headersAlone(response: ServerResponse): void {
  response.writeHead(200).flushHeaders()
}

function drip(response: ServerResponse): void {
  response.write('{')
  const timer = setInterval(() => response.write(' '), 20)
  response.on('close', () => {
    clearInterval(timer)
  })
}

function redirect(place: () => string): (response: ServerResponse) => void {
  return (response) => {
    response.writeHead(307, { location: `${place()}/token` }).end()
  }
}
