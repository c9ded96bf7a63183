import assert from 'node:assert/strict'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import express from 'express'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import type { ProvedCertificate } from '../../../lib/binding/presented.ts'
import {
  createProveClientCertificate,
  type CertificateRequest,
} from '../../../lib/express/certificates/prove-client-certificate.ts'
import { makeCertificate, makeLocalhostTls } from '../../support/certificates.ts'

const localhost = await makeLocalhostTls()
const client = await makeCertificate({ commonName: 'client', keyType: 'ec256' })
const another = await makeCertificate({ commonName: 'another', keyType: 'ec256' })
const expired = await makeCertificate({ commonName: 'expired', keyType: 'ec256', notBefore: 1_000_000_000, days: 1 })
const identityOf = ({ certificatePem, privateKeyPem }: typeof client): ConnectionOptions => ({
  cert: certificatePem,
  key: privateKeyPem,
})

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  describe(`the certificate of the connection, ${version}`, () => {
    const prove = createProveClientCertificate({ from: 'socket' })
    let server: Server
    let received: TLSSocket
    before(async () => {
      const tls = { cert: localhost.certificatePem, key: localhost.privateKeyPem, requestCert: true }
      server = createServer(
        { ...tls, rejectUnauthorized: false, minVersion: version, maxVersion: version },
        (request, response) => {
          received = request.socket as unknown as TLSSocket
          response.end(JSON.stringify(prove(request)))
        },
      )
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    })
    after(() => {
      server.closeAllConnections()
      server.close()
    })

    const open = (options: ConnectionOptions): Promise<TLSSocket> => {
      const { port } = server.address() as AddressInfo
      return new Promise((resolve, reject) => {
        const socket = connect({ port, servername: 'localhost', ca: localhost.ca, ...options }, () => {
          resolve(socket)
        })
        socket.once('error', reject)
      })
    }

    const ask = (socket: TLSSocket): Promise<ProvedCertificate> =>
      new Promise((resolve) => {
        socket.once('data', (answer: Buffer) => {
          resolve(JSON.parse(answer.toString().split('\r\n\r\n')[1] ?? '') as ProvedCertificate)
        })
        socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
      })

    async function seen(options: ConnectionOptions): Promise<ProvedCertificate> {
      const socket = await open(options)
      const proved = await ask(socket)
      socket.destroy()
      return proved
    }

    it('is proved by the handshake, whoever signed it', async () => {
      assert.deepEqual(await seen(identityOf(client)), { x5tS256: client.x5tS256 })
      assert.equal(received.authorized, false)
    })

    it('counts when it has expired: dates are for the TLS layer', async () => {
      assert.deepEqual(await seen(identityOf(expired)), { x5tS256: expired.x5tS256 })
    })

    it('is absent when the client has none', async () => {
      const proved = await seen({})
      assert.ok('missing' in proved)
      assert.match(proved.missing, /requestCert: true/)
    })

    it('is the same on a resumed session', async () => {
      const first = await open(identityOf(client))
      const session = new Promise<Buffer>((resolve) => first.once('session', resolve))
      await ask(first)
      const ticket = version === 'TLSv1.2' ? first.getSession() : await session
      first.destroy()
      assert.ok(ticket !== undefined)
      // Without key and certificate: whoever resumes has the secret of the session, which the key has signed for.
      assert.deepEqual(await seen({ session: ticket }), { x5tS256: client.x5tS256 })
      assert.equal(received.isSessionReused(), true)
    })

    it('is not that of an earlier connection when nothing is resumed', async () => {
      await seen(identityOf(client))
      assert.deepEqual(await seen(identityOf(another)), { x5tS256: another.x5tS256 })
      assert.ok('missing' in (await seen({})))
    })

    it('is nothing once the connection is gone', async () => {
      const socket = await open(identityOf(client))
      await ask(socket)
      received.destroy()
      assert.ok('missing' in prove({ socket: received, headers: {}, rawHeaders: [] }))
      socket.destroy()
    })
  })
}

it('a connection without TLS has no certificate', () => {
  const proved = createProveClientCertificate({ from: 'socket' })({
    socket: { remoteAddress: '127.0.0.1' },
    headers: {},
    rawHeaders: [],
  })
  assert.ok('missing' in proved)
  assert.match(proved.missing, /clientCertificates/)
})

interface ForwardedRequest {
  readonly trustProxy?: unknown
  readonly rawHeaders?: readonly string[]
  /** Whose certificate the connection has. */
  readonly onSocket?: typeof client
}

/** A request that came from 127.0.0.2, with Node's reading of its headers. */
function forwarded({ trustProxy, rawHeaders = [], onSocket }: ForwardedRequest): CertificateRequest {
  const app = express()
  if (trustProxy !== undefined) app.set('trust proxy', trustProxy)
  const headers: Record<string, string> = {}
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? ''
    const value = rawHeaders[index + 1] ?? ''
    headers[name] = name in headers ? `${headers[name] ?? ''}, ${value}` : value
  }
  const certificate = onSocket === undefined ? undefined : { raw: Buffer.from(onSocket.derBase64, 'base64') }
  const socket = {
    encrypted: onSocket !== undefined,
    remoteAddress: '127.0.0.2',
    getPeerX509Certificate: () => certificate as ReturnType<TLSSocket['getPeerX509Certificate']>,
  }
  return { app, headers, rawHeaders, socket }
}

describe('the certificate in a header', () => {
  const options = { from: 'header', header: 'X-SSL-Client-DER', encoding: 'base64-der' } as const
  const trustProxy = '127.0.0.2'
  const rawHeaders = ['Host', 'localhost', 'X-SSL-Client-DER', client.derBase64]
  const prove = createProveClientCertificate(options)

  it('is believed from a trusted proxy', () => {
    assert.deepEqual(prove(forwarded({ trustProxy, rawHeaders })), { x5tS256: client.x5tS256 })
  })

  it('is believed in whatever letters the proxy writes its name', () => {
    for (const name of ['x-ssl-client-der', 'X-Ssl-Client-Der']) {
      assert.ok('x5tS256' in prove(forwarded({ trustProxy, rawHeaders: [name, client.derBase64] })))
    }
  })

  for (const trustProxy of [undefined, false, 0, '127.0.0.1', ['10.0.0.0/8'], () => false]) {
    it(`is ignored when trust proxy is ${typeof trustProxy === 'function' ? 'a function that says no' : String(trustProxy)}`, () => {
      const proved = prove(forwarded({ rawHeaders, ...(trustProxy === undefined ? {} : { trustProxy }) }))
      assert.ok('missing' in proved)
      assert.match(proved.missing, /"trust proxy" does not name/)
    })
  }

  it('is ignored without an Express application', () => {
    const { headers, socket } = forwarded({ rawHeaders })
    assert.ok('missing' in prove({ headers, rawHeaders, socket }))
  })

  it('is looked at before the memory of texts that were read: trust is not remembered', () => {
    assert.ok('x5tS256' in prove(forwarded({ trustProxy, rawHeaders })))
    assert.ok('missing' in prove(forwarded({ rawHeaders })))
  })

  const missing: Readonly<Record<string, readonly [rawHeaders: readonly string[], reason: RegExp]>> = {
    'no header': [[], /sent no certificate/],
    'an empty header': [['X-SSL-Client-DER', ''], /sent no certificate/],
    'an underscore in its name': [['X_SSL_Client_DER', client.derBase64], /sent no certificate/],
    'another name': [['Client-Cert', `:${client.derBase64}:`], /sent no certificate/],
    'two headers': [[...rawHeaders, 'X-SSL-Client-DER', another.derBase64], /more than one/],
    'the same header twice': [[...rawHeaders, ...rawHeaders.slice(2)], /more than one/],
    'two headers in different letters': [[...rawHeaders, 'x-ssl-client-der', client.derBase64], /more than one/],
    'an empty second header': [[...rawHeaders, 'X-SSL-Client-DER', ''], /more than one/],
    'another encoding': [['X-SSL-Client-DER', `:${client.derBase64}:`], /does not hold one certificate as base64-der/],
  }
  for (const [name, [headers, reason]] of Object.entries(missing)) {
    it(`is missing with ${name}, also where the proxy has one of its own`, () => {
      for (const more of [{}, { onSocket: client }]) {
        const proved = prove(forwarded({ trustProxy, rawHeaders: headers, ...more }))
        assert.ok('missing' in proved)
        assert.match(proved.missing, reason)
      }
    })
  }

  it('wins over that of the connection, which is the proxy\u2019s own', () => {
    const proved = prove(forwarded({ trustProxy, rawHeaders, onSocket: another }))
    assert.deepEqual(proved, { x5tS256: client.x5tS256 })
  })

  it('counts for nothing where the connection is to have it', () => {
    const onSocket = createProveClientCertificate({ from: 'socket' })
    assert.ok('missing' in onSocket(forwarded({ trustProxy, rawHeaders })))
    assert.deepEqual(onSocket(forwarded({ trustProxy, rawHeaders, onSocket: another })), { x5tS256: another.x5tS256 })
  })

  it('is told apart from others, however many came before', () => {
    const many = createProveClientCertificate({ from: 'header', header: 'XFCC', encoding: 'xfcc' })
    for (let index = 0; index < 1100; index += 1) {
      const hash = index.toString(16).padStart(64, '0')
      const proved = many(forwarded({ trustProxy, rawHeaders: ['XFCC', `Hash=${hash}`] }))
      assert.deepEqual(proved, { x5tS256: Buffer.from(hash, 'hex').toString('base64url') })
    }
  })
})
