import assert from 'node:assert/strict'
import https from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { after, before, describe, it } from 'node:test'
import { OutgoingError } from '../../lib/foundation/errors.ts'
import { exchange, exchangeAnswer, type ExchangeRequest } from '../../lib/outgoing/https-exchange.ts'
import { makeLocalhostTls } from '../support/certificates.ts'
import { refusal } from '../support/refusal.ts'
import { startRecordingServer, type Answer, type RecordingServer } from '../support/target.ts'

function request(more: Partial<ExchangeRequest> = {}): ExchangeRequest {
  return { method: 'GET', headers: new Headers({ 'x-from': 'spec' }), body: undefined, signal: undefined, ...more }
}

const answers: Readonly<Record<string, Answer>> = {
  '/echo': (response, { method, headers, body }) => {
    response.writeHead(200, 'Fine', { 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'] })
    response.end(`${method} ${headers['x-from'] as string} ${body}`)
  },
  '/empty': (response) => response.writeHead(204).end(),
  '/redirect': (response) => response.writeHead(302, { location: '/echo' }).end(),
  '/strange': (response) => response.writeHead(999).end('x'),
  '/cut': (response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('half of it')
    setTimeout(() => response.destroy(), 20)
  },
  '/hang-up': (response) => response.destroy(),
  '/silent': () => undefined,
  '/slow-body': (response) => {
    response.write('.')
    const timer = setInterval(() => response.write('.'), 10)
    response.on('close', () => {
      clearInterval(timer)
    })
  },
  '/endless': (response) => {
    const more = (): void => {
      while (response.write('x'.repeat(1024)));
    }
    response.on('drain', more)
    more()
  },
}

describe('exchange', () => {
  let server: RecordingServer
  let options: { ca: string }
  const at = (path: string): URL => new URL(path, server.url)

  before(async () => {
    server = await startRecordingServer((response, received) => answers[received.url]?.(response, received))
    options = { ca: server.ca }
  })
  after(() => server.close())

  it('gives status, text, headers and body', async () => {
    const answer = await exchange(at('/echo'), request({ method: 'POST', body: Buffer.from('body') }), options)
    assert.deepEqual([answer.status, answer.statusText], [200, 'Fine'])
    assert.deepEqual(answer.headers.getSetCookie(), ['a=1', 'b=2'])
    assert.equal(await answer.text(), 'POST spec body')
  })

  it('gives an answer without a body', async () => {
    const answer = await exchange(at('/empty'), request(), options)
    assert.deepEqual([answer.status, answer.body], [204, null])
  })

  it('gives a redirect as it is', async () => {
    const count = server.received.length
    const answer = await exchange(at('/redirect'), request(), options)
    assert.deepEqual([answer.status, answer.headers.get('location')], [302, '/echo'])
    assert.equal(server.received.length, count + 1)
  })

  it('keeps header lines apart where they matter', async () => {
    const { rawHeaders } = await exchangeAnswer(at('/echo'), request(), options)
    assert.deepEqual(
      rawHeaders.filter((_, index) => rawHeaders[index - 1]?.toLowerCase() === 'set-cookie'),
      ['a=1', 'b=2'],
    )
  })

  it('accepts several authorities', async () => {
    assert.equal((await exchange(at('/echo'), request(), { ca: [server.ca] })).status, 200)
  })

  it('sends nothing to an address without TLS', async () => {
    const count = server.received.length
    const address = new URL('/echo', server.url.replace('https', 'http'))
    await assert.rejects(exchange(address, request(), options), refusal('ERR_S2S_TARGET_NOT_HTTPS'))
    assert.equal(server.received.length, count)
  })

  const failures = [
    ['a status that HTTP does not have', '/strange', 'ERR_S2S_TARGET_UNREACHABLE', /status that HTTP does not have/],
    ['a body that ends early', '/cut', 'ERR_S2S_TARGET_UNREACHABLE', /ECONNRESET/],
    ['no answer', '/hang-up', 'ERR_S2S_TARGET_UNREACHABLE', /ECONNRESET/],
    ['headers that do not come', '/silent', 'ERR_S2S_TARGET_TIMEOUT', /in time/],
    ['a body that drips', '/slow-body', 'ERR_S2S_TARGET_TIMEOUT', /in time/],
    ['a body without end', '/endless', 'ERR_S2S_TARGET_UNREACHABLE', /larger than 100000 bytes/],
  ] as const
  for (const [title, path, code, told] of failures) {
    it(`refuses ${title}`, async () => {
      const limits = { timeoutMilliseconds: 300, maximumBytes: 100_000 }
      await assert.rejects(exchange(at(path), request(), { ...options, ...limits }), (error) => {
        assert.ok(error instanceof OutgoingError)
        assert.equal(error.side, 'target')
        return refusal(code, told)(error)
      })
    })
  }

  it('a certificate of an authority that we do not know is our side to set right', async () => {
    const count = server.received.length
    await assert.rejects(exchange(at('/echo'), request(), {}), (error) => {
      assert.ok(error instanceof OutgoingError)
      assert.equal(error.side, 'ours')
      return refusal('ERR_S2S_TARGET_UNREACHABLE', /set ca/)(error)
    })
    assert.equal(server.received.length, count)
  })

  it('checks certificates whatever the environment says', async () => {
    const count = server.received.length
    const variable = 'NODE_TLS_REJECT_UNAUTHORIZED'
    process.env[variable] = '0'
    try {
      for (const agent of [undefined, new https.Agent()]) {
        const given = agent === undefined ? {} : { agent }
        await assert.rejects(exchange(at('/echo'), request(), given), refusal('ERR_S2S_TARGET_UNREACHABLE'))
      }
    } finally {
      Reflect.deleteProperty(process.env, variable)
    }
    assert.equal(server.received.length, count)
  })

  it('refuses a server that is another one', async () => {
    const answer = exchange(new URL(`https://127.0.0.2:${server.port}/echo`), request(), options)
    await assert.rejects(answer, refusal('ERR_S2S_TARGET_UNREACHABLE'))
  })

  for (const path of ['/silent', '/slow-body']) {
    it(`ends with the reason of the caller's signal: ${path}`, async () => {
      const controller = new AbortController()
      const answer = exchange(at(path), request({ signal: controller.signal }), options)
      setTimeout(() => {
        controller.abort(new Error('enough'))
      }, 50)
      await assert.rejects(answer, { message: 'enough' })
    })
  }

  it('sends nothing when the signal is aborted already', async () => {
    const count = server.received.length
    await assert.rejects(exchange(at('/echo'), request({ signal: AbortSignal.abort() }), options), {
      name: 'AbortError',
    })
    assert.equal(server.received.length, count)
  })
})

describe('a kept connection that the server closed', () => {
  const agent = new https.Agent({ keepAlive: true })
  let port: number
  let stop: () => Promise<void>
  let ca: string
  const requests: string[] = []

  /** Answers the first request of each connection, and closes it when a second one comes. */
  before(async () => {
    const tls = await makeLocalhostTls()
    ca = tls.ca
    const sockets = new Set<Socket>()
    const server = createTlsServer({ cert: tls.certificatePem, key: tls.privateKeyPem }, (socket: TLSSocket) => {
      let count = 0
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('data', (data: Buffer) => {
        const line = data.toString().split('\r\n')[0] ?? ''
        count += 1
        requests.push(`${line.split(' ')[0] ?? ''} ${count}`)
        if (count > 1) socket.destroy()
        else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    port = (server.address() as AddressInfo).port
    stop = async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    }
  })
  after(async () => {
    agent.destroy()
    await stop()
  })

  const send = async (method: string): Promise<string> => {
    const answer = await exchange(new URL(`https://localhost:${port}/`), request({ method }), { agent, ca })
    return answer.text()
  }

  it('is replaced by another one for a GET', async () => {
    assert.equal(await send('GET'), 'ok')
    assert.equal(await send('GET'), 'ok')
    assert.deepEqual(requests, ['GET 1', 'GET 2', 'GET 1'])
  })

  it('is an error for a POST, which may have been acted upon', async () => {
    requests.length = 0
    await assert.rejects(send('POST'), refusal('ERR_S2S_TARGET_UNREACHABLE', /ECONNRESET/))
    assert.deepEqual(requests, ['POST 2'])
  })

  it('a server that is gone altogether is an error', async () => {
    await stop()
    await assert.rejects(send('GET'), refusal('ERR_S2S_TARGET_UNREACHABLE', /ECONNREFUSED/))
    await assert.rejects(
      new Promise((resolve, reject) => connect(port, 'localhost', resolve as never).on('error', reject)),
    )
  })
})
