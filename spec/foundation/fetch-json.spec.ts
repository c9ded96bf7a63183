import assert from 'node:assert/strict'
import http, { type RequestListener } from 'node:http'
import https from 'node:https'
import { after, before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { ConfigurationError, UnavailableError } from '../../lib/foundation/errors.ts'
import { fetchJson, fetchOptionsSchema, type FetchJsonOptions } from '../../lib/foundation/fetch-json.ts'
import { parseOptions } from '../../lib/foundation/parse-options.ts'
import { makeCertificate } from '../support/certificates.ts'
import { startHttpServer, startHttpsServer, type LocalServer } from '../support/https-server.ts'

const document = { issuer: 'https://login.example.com', keys: [{ kid: 'a' }] }
const headersSeen: http.IncomingHttpHeaders[] = []
const connections = new Set<number | undefined>()
let drips = 0

/** Every way in which a server can answer. */
const answers: Readonly<Record<string, RequestListener>> = {
  '/good': (request, response) => {
    headersSeen.push(request.headers)
    connections.add(request.socket.remotePort)
    response.end(JSON.stringify(document))
  },
  '/bom': (_request, response) => response.end(`\ufeff${JSON.stringify(document)}`),
  '/identity': (_request, response) => {
    response.setHeader('content-encoding', 'Identity')
    response.end(JSON.stringify(document))
  },
  '/exact-size': (_request, response) => response.end(`{"a":"${'x'.repeat(1000 - 8)}"}`),
  '/redirect': (_request, response) => response.writeHead(302, { location: '/good' }).end(JSON.stringify(document)),
  '/redirect-without-location': (_request, response) => response.writeHead(308).end(JSON.stringify(document)),
  '/not-found': (_request, response) => response.writeHead(404).end(JSON.stringify(document)),
  '/no-content': (_request, response) => response.writeHead(204).end(),
  '/broken': (_request, response) => response.writeHead(500).end('x'.repeat(100_000)),
  '/html': (_request, response) => response.end('<!doctype html><p>Welcome to the guest network'),
  '/list': (_request, response) => response.end('[]'),
  '/null': (_request, response) => response.end('null'),
  '/empty': (_request, response) => response.end(),
  '/duplicate': (_request, response) => response.end('{"issuer":"a","issuer":"b"}'),
  '/latin1': (_request, response) => response.end(Buffer.from('{"name":"M\xfcller"}', 'latin1')),
  '/gzip': (_request, response) => {
    response.setHeader('content-encoding', 'gzip')
    response.end(gzipSync(JSON.stringify(document)))
  },
  '/announced-oversize': (_request, response) => response.end(`{"a":"${'x'.repeat(2000)}"}`),
  '/endless': (_request, response) => {
    response.write('{"a":"')
    const fill = (): void => {
      while (!response.destroyed && response.write('x'.repeat(16_384)));
    }
    response.on('drain', fill)
    fill()
  },
  '/drip': (_request, response) => {
    response.write('{"a":"')
    const timer = setInterval(() => {
      drips++
      response.write('x')
    }, 10)
    response.on('close', () => {
      clearInterval(timer)
    })
  },
  '/hang': () => undefined,
  '/hang-in-body': (_request, response) => void response.write('{'),
  '/cut': (_request, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('{"a":1')
    setTimeout(() => response.destroy(), 10)
  },
  '/reset': (request) => request.socket.destroy(),
  '/upgrade': (request) =>
    request.socket.end('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
  '/garbage': (request) => request.socket.end('hello\r\n\r\n'),
}

let server: LocalServer
let plain: LocalServer

before(async () => {
  server = await startHttpsServer((request, response) => answers[request.url?.split('?')[0] ?? '']?.(request, response))
  plain = await startHttpServer((_request, response) => response.end(JSON.stringify(document)))
})

after(async () => {
  await server.close()
  await plain.close()
})

function look(path: string, options: FetchJsonOptions = {}): Promise<unknown> {
  return fetchJson(`${server.url}${path}`, { ca: server.ca, timeoutMilliseconds: 5000, ...options })
}

/** Asserts the refusal and its code, and gives its reason. */
async function reasonOf(fetching: Promise<unknown>, code: string): Promise<string> {
  const error: unknown = await fetching.then(
    () => assert.fail('accepted'),
    (thrown: unknown) => thrown,
  )
  assert.ok(error instanceof UnavailableError, String(error))
  assert.equal(error.code, code, error.reason)
  assert.equal(error.status, 503)
  return error.reason ?? ''
}

/** The developer's own fetch: Node's http client cannot be used without its TLS, so this speaks through our server. */
function ownFetch(change: (response: Response) => Response = (response) => response): typeof globalThis.fetch {
  return async function fetchThroughHttps(input, init) {
    assert.equal(init?.redirect, 'error')
    const { status, headers, body } = await getOverHttps(input as string, init.signal ?? undefined)
    return change(new Response(status === 204 ? null : new Uint8Array(body), { status, headers }))
  }
}

function getOverHttps(
  url: string,
  signal: AbortSignal | undefined,
): Promise<{ status: number; headers: Record<string, string>; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const request = https.get(url, { ca: server.ca, ...(signal ? { signal } : {}) }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const encoding = response.headers['content-encoding']
        const headers = encoding === undefined ? {} : { 'content-encoding': encoding }
        resolve({ status: response.statusCode ?? 0, headers, body: Buffer.concat(chunks) })
      })
    })
    request.on('error', reject)
  })
}

const unreachable = 'ERR_S2S_KEYS_UNREACHABLE'
const invalid = 'ERR_S2S_METADATA_INVALID'

const refusals = [
  {
    name: 'a redirect, also within one server',
    path: '/redirect',
    code: unreachable,
    reason: /redirect, which is never followed/,
  },
  { name: 'a redirect to nowhere', path: '/redirect-without-location', code: unreachable, reason: /redirect/ },
  { name: 'status 404', path: '/not-found', code: unreachable, reason: /answered with status 404$/ },
  { name: 'status 204', path: '/no-content', code: unreachable, reason: /status 204$/ },
  { name: 'status 500 with a body', path: '/broken', code: unreachable, reason: /status 500$/ },
  { name: 'a web page', path: '/html', code: invalid, reason: /did not send one JSON object$/ },
  { name: 'a JSON list', path: '/list', code: invalid, reason: /did not send one JSON object$/ },
  { name: 'JSON null', path: '/null', code: invalid, reason: /did not send one JSON object$/ },
  { name: 'an empty body', path: '/empty', code: invalid, reason: /did not send one JSON object$/ },
  { name: 'duplicate members', path: '/duplicate', code: invalid, reason: /did not send one JSON object$/ },
  { name: 'text that is not UTF-8', path: '/latin1', code: invalid, reason: /did not send one JSON object$/ },
  { name: 'a compressed body', path: '/gzip', code: invalid, reason: /compressed/ },
  {
    name: 'a body above the limit',
    path: '/announced-oversize',
    code: unreachable,
    reason: /sent more than 1000 bytes$/,
    limit: 1000,
  },
] as const

describe('fetchJson', () => {
  it('brings one JSON object', async () => {
    assert.deepEqual(await look('/good?x=1'), document)
  })

  it('asks once, for JSON, uncompressed and without credentials', async () => {
    headersSeen.length = 0
    const before = server.requests.length
    await look('/good')
    assert.equal(server.requests.length - before, 1)
    const { accept, 'accept-encoding': encoding, ...rest } = headersSeen[0] ?? {}
    assert.deepEqual([accept, encoding], ['application/json', 'identity'])
    assert.deepEqual(Object.keys(rest).sort(), ['connection', 'host', 'user-agent'])
  })

  it('does not mind a byte order mark or a content-encoding of identity', async () => {
    assert.deepEqual(await look('/bom'), document)
    assert.deepEqual(await look('/identity'), document)
  })

  it('takes a body of exactly the greatest size', async () => {
    assert.ok(await look('/exact-size', { maximumBytes: 1000 }))
    await reasonOf(look('/exact-size', { maximumBytes: 999 }), unreachable)
  })

  for (const refusal of refusals) {
    const { name, path, code, reason } = refusal
    const limits = 'limit' in refusal ? { maximumBytes: refusal.limit } : {}

    it(`refuses ${name}`, async () => {
      const before = server.requests.length
      const why = await reasonOf(look(path, limits), code)
      assert.match(why, reason)
      assert.equal(server.requests.length - before, 1)
    })

    it(`refuses ${name} through the developer's own fetch`, async () => {
      await reasonOf(look(path, { ...limits, fetch: ownFetch() }), code)
    })
  }

  it('stops reading a body without end at 512 KiB', async () => {
    assert.match(await reasonOf(look('/endless'), unreachable), /sent more than 524288 bytes$/)
  })

  for (const path of ['/hang', '/hang-in-body', '/drip']) {
    it(`keeps its deadline although the server does not: ${path}`, async () => {
      const start = Date.now()
      const why = await reasonOf(look(path, { timeoutMilliseconds: 150 }), unreachable)
      assert.match(why, /did not answer in full within 150 ms$/)
      assert.ok(Date.now() - start < 1500)
    })
  }

  it('closes the connection of a server it gave up', async () => {
    await reasonOf(look('/drip', { timeoutMilliseconds: 100 }), unreachable)
    await new Promise((resolve) => setTimeout(resolve, 50))
    const before = drips
    await new Promise((resolve) => setTimeout(resolve, 100))
    assert.equal(drips, before)
  })

  for (const path of ['/cut', '/reset', '/upgrade', '/garbage']) {
    it(`survives a connection that breaks: ${path}`, async () => {
      const why = await reasonOf(look(path, { timeoutMilliseconds: 2000 }), unreachable)
      assert.match(why, /(?:could not be reached \((?:ECONNRESET|HPE_\w+)\)|closed the connection without an answer)$/)
    })
  }

  it('survives a server that is not there', async () => {
    const gone = await startHttpsServer(() => undefined)
    await gone.close()
    assert.match(await reasonOf(fetchJson(`${gone.url}/`, { ca: gone.ca }), unreachable), /ECONNREFUSED/)
  })

  it('names the place in the reason without its query', async () => {
    const why = await reasonOf(look('/not-found?key=secret'), unreachable)
    assert.equal(why, `${server.url}/not-found answered with status 404`)
  })
})

describe('fetchJson, before any traffic, refuses', () => {
  for (const { name, address } of [
    { name: 'http', address: () => plain.url },
    { name: 'a file', address: () => 'file:///etc/hosts' },
    { name: 'data', address: () => 'data:application/json,{}' },
    { name: 'javascript', address: () => 'javascript:0' },
    { name: 'a relative address', address: () => '/keys' },
    { name: 'an empty address', address: () => '' },
    { name: 'credentials in the address', address: () => server.url.replace('//', '//user:secret@') },
    { name: 'a user in the address', address: () => server.url.replace('//', '//user@') },
    { name: 'a password in the address', address: () => server.url.replace('//', '//:secret@') },
  ]) {
    it(name, async () => {
      const before = plain.requests.length + server.requests.length
      const why = await reasonOf(
        fetchJson(address(), { ca: server.ca, fetch: () => assert.fail('fetched') }),
        unreachable,
      )
      await reasonOf(fetchJson(address(), { ca: server.ca }), unreachable)
      assert.equal(why, 'only https addresses without credentials are fetched')
      assert.equal(plain.requests.length + server.requests.length, before)
    })
  }
})

describe('fetchJson and TLS', () => {
  it('refuses a server of an unknown authority', async () => {
    const why = await reasonOf(fetchJson(`${server.url}/good`), unreachable)
    assert.match(why, /could not be reached \((?:UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_)\w+\)$/)
  })

  it('refuses a server of another authority than the one given', async () => {
    const other = await makeCertificate({ commonName: 'Other Authority', keyType: 'ec256' })
    await reasonOf(look('/good', { ca: other.certificatePem }), unreachable)
    assert.deepEqual(await look('/good', { ca: [other.certificatePem, server.ca] }), document)
  })

  it('refuses a server whose certificate is for another name', async () => {
    const url = `${server.url.replace('localhost', '127.0.0.2')}/good`
    await reasonOf(fetchJson(url, { ca: server.ca, timeoutMilliseconds: 2000 }), unreachable)
  })

  it('checks certificates although NODE_TLS_REJECT_UNAUTHORIZED says not to', async () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
    try {
      await reasonOf(fetchJson(`${server.url}/good`), unreachable)
      await reasonOf(fetchJson(`${server.url}/good`, { agent: new https.Agent() }), unreachable)
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
    }
  })

  it('checks certificates although the global agent does not', async () => {
    https.globalAgent.options.rejectUnauthorized = false
    try {
      await reasonOf(fetchJson(`${server.url}/good`), unreachable)
    } finally {
      delete https.globalAgent.options.rejectUnauthorized
    }
  })

  it('uses the agent given and keeps its connection', async () => {
    const agent = new https.Agent({ ca: server.ca, keepAlive: true, maxSockets: 1 })
    connections.clear()
    for (let call = 0; call < 3; call++) {
      assert.deepEqual(await fetchJson(`${server.url}/good`, { agent }), document)
    }
    agent.destroy()
    assert.equal(connections.size, 1)
  })

  it('gives the certificates to an agent that has none', async () => {
    const agent = new https.Agent({ rejectUnauthorized: true })
    assert.deepEqual(await look('/good', { agent }), document)
  })

  for (const rejectUnauthorized of [false, undefined, 0, null]) {
    it(`refuses an agent whose rejectUnauthorized is ${String(rejectUnauthorized)}`, async () => {
      const agent = new https.Agent({ rejectUnauthorized } as unknown as https.AgentOptions)
      const before = server.requests.length
      await assert.rejects(fetchJson(`${server.url}/good`, { agent }), (error) => {
        assert.ok(error instanceof ConfigurationError)
        assert.equal(error.code, 'ERR_S2S_OPTION_INVALID')
        return /^agent has rejectUnauthorized switched off/.test(error.message)
      })
      assert.equal(server.requests.length, before)
    })
  }
})

describe("fetchJson with the developer's own fetch", () => {
  it('brings one JSON object', async () => {
    assert.deepEqual(await look('/good', { fetch: ownFetch() }), document)
  })

  it('refuses an answer that was redirected all the same', async () => {
    const fetch = ownFetch((response) => Object.defineProperty(response, 'redirected', { value: true }))
    assert.match(await reasonOf(look('/good', { fetch }), unreachable), /redirect/)
  })

  it('keeps its deadline although the fetch ignores the signal', async () => {
    const fetch = (): Promise<Response> => new Promise(() => undefined)
    assert.match(await reasonOf(look('/good', { fetch, timeoutMilliseconds: 50 }), unreachable), /within 50 ms/)
  })

  it('bounds a body whose chunks have no length', async () => {
    const body = new ReadableStream<string>({
      pull: (controller) => {
        controller.enqueue('x')
      },
    })
    const fetch = (): Promise<Response> =>
      Promise.resolve({ status: 200, redirected: false, headers: new Headers(), body } as unknown as Response)
    assert.match(await reasonOf(look('/good', { fetch }), unreachable), /sent more than/)
  })

  it('keeps what it threw as the cause', async () => {
    const cause = new TypeError('fetch failed')
    await assert.rejects(look('/good', { fetch: () => Promise.reject(cause) }), { name: 'UnavailableError', cause })
  })
})

describe('the options of fetchJson', () => {
  it('are accepted as documented', () => {
    const agent = new https.Agent()
    const options = { agent, ca: ['a'], fetch: globalThis.fetch, timeoutMilliseconds: 100, maximumBytes: 1024 }
    assert.deepEqual(parseOptions(fetchOptionsSchema, options, ''), options)
    assert.deepEqual(parseOptions(fetchOptionsSchema, { ca: 'a' }, ''), { ca: 'a' })
    assert.deepEqual(parseOptions(fetchOptionsSchema, {}, ''), {})
  })

  for (const { name, options, message } of [
    {
      name: 'an agent that checks nothing',
      options: { agent: new https.Agent({ rejectUnauthorized: false }) },
      message: /^agent has rejectUnauthorized switched off, so that anybody could hand us keys; set ca instead$/,
    },
    {
      name: 'an agent for plain http',
      options: { agent: new http.Agent() },
      message: /^agent must be an https.Agent$/,
    },
    { name: 'the options of an agent', options: { agent: { ca: 'a' } }, message: /^agent must be an https.Agent$/ },
    { name: 'a fetch that is not a function', options: { fetch: 'fetch' }, message: /^fetch must be a function$/ },
    {
      name: 'a deadline of nothing',
      options: { timeoutMilliseconds: 0 },
      message: /^timeoutMilliseconds must be at least 1$/,
    },
    { name: 'a limit of nothing', options: { maximumBytes: 0 }, message: /^maximumBytes must be at least 1$/ },
    { name: 'no authority at all', options: { ca: [] }, message: /^ca must not be empty$/ },
    {
      name: 'an unknown option',
      options: { timeout: 5 },
      message: /^timeout is unknown; known here: agent, ca, fetch, timeoutMilliseconds, maximumBytes$/,
    },
  ]) {
    it(`refuse ${name}`, () => {
      assert.throws(() => parseOptions(fetchOptionsSchema, options, ''), { name: 'ConfigurationError', message })
    })
  }
})
