import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { OutgoingError, type S2SOptions } from 'passport-s2s'
import { makeMovableClock } from '../support/clock.ts'
import { startGuardedApp } from '../support/guarded-app.ts'
import { makeOutgoingCaller } from '../support/outgoing-caller.ts'
import { sendRaw } from '../support/send-raw.ts'
import {
  challenge,
  caller,
  sayWho,
  startRecordingHttpServer,
  startRecordingServer,
  startTarget,
  target as honest,
  type Answer,
  type RecordingServer,
} from '../support/target.ts'
import { readClaims } from '../support/tokens.ts'

type Client = ReturnType<Awaited<ReturnType<typeof makeOutgoingCaller>>['s2s']['client']>
type ClientOptions = Parameters<Awaited<ReturnType<typeof makeOutgoingCaller>>['s2s']['client']>[0]

const time = makeMovableClock()
const { s2s, certificate, issuerName, events } = await makeOutgoingCaller(time.clock)
const secret = 'secret-of-the-target'

/** The wrong origins: whatever arrives here is an attack that worked. */
let wrong: RecordingServer
let wrongHttp: RecordingServer
let target: RecordingServer | undefined
let client: Client | undefined

/** A client for a target that answers its calls so. */
async function callerOf(answer: Answer, options: Partial<ClientOptions> = {}): Promise<Client> {
  return clientOf(await startTarget(answer), options)
}

/** A client for a target that answers everything so, discovery too. */
async function strangerOf(answer: Answer, options: Partial<ClientOptions> = {}): Promise<Client> {
  return clientOf(await startRecordingServer(answer), options)
}

function clientOf(server: RecordingServer, options: Partial<ClientOptions>): Client {
  target = server
  client = s2s.client({ target: server.url, ca: server.ca, ...options })
  return client
}

/** For `assert.rejects`: the code, and that nothing the target said is in the error. */
function refused(code: string): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof OutgoingError, String(error))
    assert.equal(error.code, code, error.reason)
    assert.ok(!`${error.message} ${error.reason ?? ''} ${JSON.stringify(error)}`.includes(secret))
    return true
  }
}

function tokens(): readonly string[] {
  return target?.tokens() ?? []
}

describe('a hostile target', () => {
  before(async () => {
    wrong = await startRecordingServer((response) => response.end('stolen'))
    wrongHttp = await startRecordingHttpServer((response) => response.end('stolen'))
  })
  afterEach(async () => {
    client?.close()
    await target?.close()
    assert.deepEqual([wrong.received, wrongHttp.received], [[], []], 'something arrived at a wrong origin')
    for (const event of events) for (const token of tokens()) assert.ok(!JSON.stringify(event).includes(token))
  })
  after(() => Promise.all([wrong.close(), wrongHttp.close()]))

  const places: readonly (readonly [title: string, location: () => string])[] = [
    ['another origin', () => `${wrong.url}/`],
    ['another port of the same host', () => `https://localhost:${wrong.port}/reports`],
    ['another name of the same machine', () => `https://127.0.0.1:${wrong.port}/`],
    ['http', () => `${wrongHttp.url}/`],
    ['http on its own port', () => (target?.url ?? '').replace('https', 'http')],
    ['another origin without a scheme', () => `//localhost:${wrong.port}/`],
    ['another origin behind backslashes', () => `\\\\localhost:${wrong.port}/`],
    ['another origin behind its own name', () => `https://localhost@localhost:${wrong.port}/`],
    ['its own origin with credentials', () => (target?.url ?? '').replace('https://', 'https://user:secret@')],
  ]
  for (const [title, location] of places) {
    for (const [method, status] of [
      ['GET', 302],
      ['HEAD', 301],
      ['POST', 307],
      ['PUT', 308],
      ['DELETE', 303],
    ] as const) {
      it(`gets nobody to follow ${method} to ${title} (${status})`, async () => {
        const calling = await callerOf((response) => response.writeHead(status, { location: location() }).end(secret))
        const body = method === 'POST' || method === 'PUT' ? { body: 'body' } : {}
        await assert.rejects(calling.fetch('/', { method, ...body }), refused('ERR_S2S_TARGET_REDIRECT'))
        assert.equal(tokens().length, 1)
      })
    }
  }

  it('gets no token for a wrong origin by a redirect that comes later', async () => {
    const calling = await callerOf((response, { url }) => {
      response.writeHead(302, { location: url === '/1' ? '/2' : `${wrong.url}/` }).end()
    })
    await assert.rejects(calling.fetch('/1'), refused('ERR_S2S_TARGET_REDIRECT'))
  })

  it('gets nobody to run in circles within its own origin', async () => {
    const calling = await callerOf((response, { url }) => response.writeHead(302, { location: `${url}x` }).end())
    await assert.rejects(calling.fetch('/'), refused('ERR_S2S_TARGET_REDIRECT'))
    assert.equal(tokens().length, 6)
  })

  it('gets no token by other headers that name places', async () => {
    const calling = await callerOf((response) => {
      const place = `${wrong.url}/`
      response.writeHead(200, { location: place, refresh: `0;url=${place}`, 'alt-svc': `h2="localhost:${wrong.port}"` })
      response.end('fine')
    })
    for (let count = 0; count < 2; count += 1) assert.equal(await (await calling.fetch('/')).text(), 'fine')
    assert.equal(tokens().length, 2)
  })

  for (const [title, status, location] of [
    ['to a wrong origin', 302, () => `${wrong.url}/`],
    ['to http', 307, () => `${wrongHttp.url}/`],
    ['within its origin', 302, () => '/elsewhere'],
  ] as const) {
    it(`gets nobody to follow a redirect of discovery ${title}`, async () => {
      const calling = await strangerOf((response) =>
        response.writeHead(status, { location: location(), 'www-authenticate': challenge }).end(),
      )
      await assert.rejects(calling.fetch('/a'), refused('ERR_S2S_TARGET_CHALLENGE'))
      assert.deepEqual([target?.requests, tokens()], [['GET /a'], []])
    })
  }

  it('is not called over http at all', () => {
    assert.throws(() => s2s.client({ target: wrongHttp.url }), refused('ERR_S2S_TARGET_NOT_HTTPS'))
  })

  const addresses: readonly (readonly [title: string, address: () => string])[] = [
    ['another origin', () => `${wrong.url}/`],
    ['http', () => `${wrongHttp.url}/`],
    ['a path that is a host', () => `//localhost:${wrong.port}/`],
    ['a path that is a host behind a backslash', () => `/\\localhost:${wrong.port}/`],
    ['a host behind a name', () => `https://localhost@localhost:${wrong.port}/`],
    ['a host behind a tab', () => `\thttps://localhost:${wrong.port}/`],
  ]
  for (const [title, address] of addresses) {
    it(`whoever chooses the path chooses no server: ${title}`, async () => {
      const calling = await callerOf((response) => response.end())
      await assert.rejects(calling.fetch(address()), refused('ERR_S2S_OUTGOING_REQUEST_INVALID'))
      assert.deepEqual(target?.requests, [])
    })
  }

  it('whoever chooses the path chooses no server: a path that would be a host if it were resolved again', async () => {
    const calling = await callerOf((response) => response.end('here'))
    assert.equal(await (await calling.fetch(`/.//localhost:${wrong.port}/`)).text(), 'here')
    const path = `GET //localhost:${wrong.port}/`
    assert.deepEqual(target?.requests, [path, path])
  })

  it('with another certificate than a trusted one gets nothing', async () => {
    const calling = await callerOf((response) => response.end(), { ca: certificate.certificatePem })
    await assert.rejects(calling.fetch('/'), refused('ERR_S2S_TARGET_UNREACHABLE'))
    assert.deepEqual(target?.received, [])
  })

  const readable: readonly (readonly [title: string, lines: readonly string[]])[] = [
    [
      'six schemes on one line',
      [`Negotiate, NTLM, Basic realm="${secret}", Digest realm="x", nonce="y", ${challenge}, PoP`],
    ],
    ['six lines', ['Negotiate', 'NTLM', `Basic realm="${secret}"`, 'Digest realm="x", nonce="y"', challenge, 'PoP']],
    ['a line that nobody can read', [`Basic realm="${secret}`, challenge]],
    ['a realm of Basic behind it', [`${challenge}, Basic realm="${secret}"`]],
  ]
  for (const [title, lines] of readable) {
    it(`is understood all the same with ${title}`, async () => {
      const calling = await strangerOf((response, { headers }) => {
        if (headers.authorization === 'Bearer') sayWho(response, lines)
        else response.end()
      })
      await calling.fetch('/')
      const audience = `${honest.clientId}/localhost:${target?.port ?? 0}@${honest.realm}`
      assert.deepEqual(
        tokens().map((token) => readClaims(token)['aud']),
        [audience],
      )
    })
  }

  const unreadable: readonly (readonly [title: string, lines: readonly string[]])[] = [
    ['no challenge', []],
    ['a challenge within the realm of another scheme', [`Basic realm="${challenge.replaceAll('"', '\\"')}"`]],
    ['a realm twice', [`${challenge}, realm="${secret}"`]],
    ['two challenges that contradict each other', [challenge, challenge.replace(honest.realm, secret)]],
    ['an audience in the client id', [`Bearer realm="${secret}", client_id="victim/victim.example@victim"`]],
    ['a realm with more behind it', [`Bearer realm="${secret}@x", client_id="victim"`]],
    ['any realm', [`Bearer realm="*", client_id="${secret}"`]],
    ['a line end that is escaped', [`Bearer realm="a\\ b", client_id="${secret}"`]],
    ['nine thousand characters', [`${challenge}, x="${'a'.repeat(9000)}"`]],
  ]
  for (const [title, lines] of unreadable) {
    it(`gets no token with ${title}`, async () => {
      const calling = await strangerOf((response) => {
        sayWho(response, lines)
      })
      await assert.rejects(calling.fetch('/'), refused('ERR_S2S_TARGET_CHALLENGE'))
      assert.deepEqual(tokens(), [])
      assert.deepEqual([events.at(-1)?.name, events.at(-1)?.code], ['call.failed', 'ERR_S2S_TARGET_CHALLENGE'])
    })
  }

  it('that trusts others gets no token', async () => {
    const calling = await strangerOf((response) => {
      sayWho(response, `${challenge}, trusted_issuers="${secret}@*"`)
    })
    await assert.rejects(calling.fetch('/'), refused('ERR_S2S_TARGET_DOES_NOT_TRUST_US'))
    assert.deepEqual(tokens(), [])
  })

  it('that calls itself by the name of a victim gets no token that the victim takes', async () => {
    const victim = { clientId: '5e2f1a90-7c44-4d0b-9a6e-3f8b1d27c605', realm: 'c3ab8885-458f-4864-8804-1608145e2ac4' }
    const calling = await strangerOf((response, { headers }) => {
      if (headers.authorization === 'Bearer')
        sayWho(response, `Bearer realm="${victim.realm}", client_id="${victim.clientId}"`)
      else response.end()
    })
    await calling.fetch('/', { onBehalfOf: { upn: 'dana@fabrikam.example' } })
    await calling.fetch('/')
    const options: S2SOptions = {
      self: { ...victim, hosts: ['victim.example'] },
      clock: time.clock,
      trustedIssuers: [
        {
          type: 's2s-certificate',
          name: 'caller',
          registeredIssuerName: issuerName,
          certificates: certificate.certificatePem,
          allowDelegation: { applications: [caller.clientId] },
        },
      ],
      grants: [{ issuer: 'caller', application: caller.clientId, permissions: ['reports.read'], appOnly: true }],
      userRights: () => ['reports.read'],
    }
    const app = await startGuardedApp({ form: 'protect', s2s: options, resources: { 'GET /': 'reports.read' } })
    try {
      for (const token of tokens()) {
        const { status } = await sendRaw(app, { path: '/', headers: [['authorization', `Bearer ${token}`]] })
        assert.equal(status, 401)
        assert.equal(app.events.at(-1)?.code, 'ERR_S2S_AUDIENCE_MISMATCH')
      }
      assert.deepEqual([tokens().length, app.handlerCalls()], [2, 0])
    } finally {
      await app.close()
    }
  })

  it('that answers 401 for ever is asked twice and called twice, not for ever', async () => {
    const calling = await callerOf((response) => {
      time.advance(1)
      sayWho(response)
    })
    const answer = await calling.fetch('/', { method: 'POST', body: 'body' })
    assert.equal(answer.status, 401)
    assert.deepEqual(target?.requests, ['GET /', 'POST /', 'GET /', 'POST /'])
  })

  it('that changes its name all the time is asked twice and called twice, not for ever', async () => {
    let count = 0
    const calling = await strangerOf((response) => {
      count += 1
      sayWho(response, challenge.replace(honest.realm, `realm-${count}`))
    })
    assert.equal((await calling.fetch('/')).status, 401)
    assert.equal(count, 4)
  })

  const slow: readonly (readonly [title: string, code: string, answer: Answer])[] = [
    ['slow headers', 'ERR_S2S_TARGET_TIMEOUT', () => undefined],
    [
      'a slow body',
      'ERR_S2S_TARGET_TIMEOUT',
      (response) => {
        response.write('.')
        const timer = setInterval(() => response.write('.'), 20)
        response.on('close', () => {
          clearInterval(timer)
        })
      },
    ],
    [
      'a body without end',
      'ERR_S2S_TARGET_UNREACHABLE',
      (response) => {
        const more = (): void => {
          while (response.write('x'.repeat(65_536)));
        }
        response.on('drain', more)
        more()
      },
    ],
    [
      'a body that is longer than it says',
      'ERR_S2S_TARGET_UNREACHABLE',
      (response) => response.socket?.end('HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nxxHTTP/1.1 200 OK'),
    ],
    [
      'a body that is shorter than it says',
      'ERR_S2S_TARGET_UNREACHABLE',
      (response) => response.socket?.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx'),
    ],
    ['no HTTP', 'ERR_S2S_TARGET_UNREACHABLE', (response) => response.socket?.end('220 smtp.example\r\n')],
    [
      'headers without end',
      'ERR_S2S_TARGET_UNREACHABLE',
      (response) => response.socket?.end(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}\r\n\r\n`),
    ],
  ]
  for (const [title, code, answer] of slow) {
    it(`with ${title} holds nobody up`, async () => {
      const calling = await callerOf(answer, { timeoutMilliseconds: 500, maximumBytes: 1_000_000 })
      const start = performance.now()
      const outcome = calling.fetch('/').then((response) => response.text())
      if (title.includes('longer')) assert.equal(await outcome, 'x')
      else await assert.rejects(outcome, refused(code))
      assert.ok(performance.now() - start < 5000)
    })

    if (!title.includes('longer')) {
      it(`with ${title} in its answer to discovery holds nobody up`, async () => {
        const calling = await strangerOf(answer, { timeoutMilliseconds: 500, maximumBytes: 1_000_000 })
        await assert.rejects(calling.fetch('/'), refused(code))
        assert.deepEqual(tokens(), [])
      })
    }
  }

  it('cannot make one call end in another: where a message ends is for the client to say', async () => {
    const calling = await callerOf((response) => response.end())
    for (const name of ['content-length', 'transfer-encoding', 'connection', 'host', 'authorization', 'expect']) {
      const init = { method: 'POST', body: 'GET /admin HTTP/1.1\r\n\r\n', headers: { [name]: '0' } }
      await assert.rejects(calling.fetch('/', init), refused('ERR_S2S_OUTGOING_REQUEST_INVALID'))
    }
    assert.deepEqual(target?.requests, [])
  })
})
