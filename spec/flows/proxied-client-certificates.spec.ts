import assert from 'node:assert/strict'
import { Agent, get } from 'node:https'
import { TLSSocket } from 'node:tls'
import { after, before, describe, it } from 'node:test'
import type { S2SOptions } from 'passport-s2s'
import { certificateWays, startCertificateProxy } from '../support/certificate-proxies.ts'
import { makeCertificate } from '../support/certificates.ts'
import { forms, startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { findProxy, proxyAddress, type Proxy, type ProxyEntrance } from '../support/proxies.ts'
import { sendRaw, type RawAnswer, type RawRequest } from '../support/send-raw.ts'
import { makeWorld } from '../support/world.ts'

/**
 * nginx and haproxy, configured as the guide says, end TLS with client certificates in front of a guarded application that
 * trusts 127.0.0.2, from where they call it. Clients call from 127.0.0.1: through the proxy, or past it.
 */

const { oauth, options } = await makeWorld()
const owner = await makeCertificate({ commonName: 'owner', keyType: 'ec256' })
const thief = await makeCertificate({ commonName: 'thief', keyType: 'rsa2048' })
const bound = await oauth.token({ claims: { scope: 'reports.read', cnf: { 'x5t#S256': owner.x5tS256 } } })
const unbound = await oauth.token({ claims: { scope: 'reports.read' } })

type Header = readonly [name: string, value: string]
type Certificate = typeof owner

interface ProxiedHeader {
  readonly from: NonNullable<S2SOptions['clientCertificates']> & { readonly from: 'header' }
  readonly write: (certificate: Certificate) => string
}

const headersOf: Readonly<Record<'nginx' | 'haproxy', readonly ProxiedHeader[]>> = {
  nginx: [
    {
      from: { from: 'header', header: 'X-SSL-Client-Cert', encoding: 'escaped-pem' },
      write: ({ certificatePem }) => encodeURIComponent(certificatePem),
    },
  ],
  haproxy: [
    {
      from: { from: 'header', header: 'X-SSL-Client-DER', encoding: 'base64-der' },
      write: ({ derBase64 }) => derBase64,
    },
    {
      from: { from: 'header', header: 'Client-Cert', encoding: 'rfc9440' },
      write: ({ derBase64 }) => `:${derBase64}:`,
    },
  ],
}

/** What a client writes that knows the certificate of the owner and the header of the proxy. */
const forgeriesOf = (name: string, value: string): Readonly<Record<string, readonly Header[]>> => ({
  'the header of the proxy': [[name, value]],
  'it in capitals': [[name.toUpperCase(), value]],
  'it in small letters': [[name.toLowerCase(), value]],
  'it twice': [
    [name, value],
    [name, value],
  ],
  'it in two spellings': [
    [name, value],
    [name.toLowerCase(), value],
  ],
  'it with underscores': [[name.replaceAll('-', '_'), value]],
  'it, as one that the proxy is to take away': [
    [name, value],
    ['Connection', `close, ${name}`],
  ],
  'it, with the address of the proxy': [
    [name, value],
    ['X-Forwarded-For', proxyAddress],
    ['X-Real-IP', proxyAddress],
  ],
})

/** The request of the owner; the agent keeps no connection, and the session of each for the next. */
function sendOnNewConnection(
  { port, ca }: ProxyEntrance,
  agent: Agent,
): Promise<{ readonly status: number | undefined; readonly isResumed: boolean }> {
  const headers = { Authorization: `Bearer ${bound}` }
  const tls = { ca, servername: 'localhost', cert: owner.certificatePem, key: owner.privateKeyPem }
  return new Promise((resolve, reject) => {
    const sent = get({ host: '127.0.0.1', port, path: '/reports/1', headers, agent, ...tls }, (response) => {
      const isResumed = response.socket instanceof TLSSocket && response.socket.isSessionReused()
      response.resume().on('end', () => {
        resolve({ status: response.statusCode, isResumed })
      })
    })
    sent.on('error', reject)
  })
}

for (const name of ['nginx', 'haproxy'] as const) {
  const found = findProxy(name)
  for (const [index, { from, write }] of headersOf[name].entries()) {
    // Both forms read certificates by the same few lines; their own specs hold them together.
    const form = forms[index] ?? 'protect'
    describe(`${from.header} of ${name} (${form})`, { skip: 'missing' in found ? found.missing : false }, () => {
      let plain: GuardedApp
      let tls: GuardedApp
      let proxy: Proxy<string>
      before(async () => {
        assert.ok('path' in found)
        const s2s: S2SOptions = { ...options, clientCertificates: from }
        const resources = { 'GET /reports/:id': 'reports.read' }
        const common = { form, s2s, resources, trustProxy: proxyAddress }
        plain = await startGuardedApp({ ...common, plainHttp: true })
        tls = await startGuardedApp({ ...common, requestCert: true })
        proxy = await startCertificateProxy(name, found.path, { plain: plain.port, tls: tls.port })
      })
      after(async () => {
        await proxy.close()
        await Promise.all([plain.close(), tls.close()])
      })

      function entranceOf(way: string): ProxyEntrance {
        const entrance = proxy.ways[way]?.https
        assert.ok(entrance !== undefined)
        return entrance
      }

      const behind = (way: string): GuardedApp => (way === 're-encrypting' ? tls : plain)

      function send(entrance: ProxyEntrance, token: string, request: RawRequest = {}): Promise<RawAnswer> {
        const headers: readonly Header[] = [['Authorization', `Bearer ${token}`], ...(request.headers ?? [])]
        return sendRaw(entrance, { ...request, headers })
      }

      async function isRefused(app: GuardedApp, entrance: ProxyEntrance, request: RawRequest): Promise<void> {
        const calls = app.handlerCalls()
        const firstEvent = app.events.length
        const answer = await send(entrance, bound, request)
        assert.equal(app.handlerCalls(), calls, 'the handler ran')
        assert.equal(answer.status, 401, answer.body)
        assert.equal(answer.headers['x-handler'], undefined)
        assert.deepEqual(
          app.events.slice(firstEvent).map(({ code }) => code),
          ['ERR_S2S_TOKEN_BOUND'],
        )
        assert.deepEqual(app.failures, [])
      }

      for (const way of certificateWays[name]) {
        it(`${way}: the owner of a bound token is believed`, async () => {
          const answer = await send(entranceOf(way), bound, { certificate: owner })
          assert.equal(answer.status, 200, answer.body + JSON.stringify(behind(way).events.at(-1)))
          assert.deepEqual(behind(way).lastCaller()?.token.provedBy, ['mtls'])
        })

        it(`${way}: so it is when the TLS session between client and proxy is resumed`, async () => {
          const agent = new Agent({ keepAlive: false })
          assert.deepEqual(await sendOnNewConnection(entranceOf(way), agent), { status: 200, isResumed: false })
          assert.deepEqual(await sendOnNewConnection(entranceOf(way), agent), { status: 200, isResumed: true })
        })

        it(`${way}: a token that is bound to nothing needs no certificate`, async () => {
          assert.equal((await send(entranceOf(way), unbound)).status, 200)
          assert.equal(behind(way).lastCaller()?.token.provedBy, undefined)
        })

        it(`${way}: without a certificate, or with another, a bound token is refused`, async () => {
          await isRefused(behind(way), entranceOf(way), {})
          await isRefused(behind(way), entranceOf(way), { certificate: thief })
        })

        for (const [forgery, headers] of Object.entries(forgeriesOf(from.header, write(owner)))) {
          it(`${way}: a client that sends ${forgery} is not believed`, async () => {
            await isRefused(behind(way), entranceOf(way), { headers })
            await isRefused(behind(way), entranceOf(way), { headers, certificate: thief })
          })
        }

        it(`${way}: what the client writes there does not keep its own certificate from being seen`, async () => {
          const headers: readonly Header[] = [[from.header, write(thief)]]
          const { status } = await send(entranceOf(way), bound, { headers, certificate: owner })
          // A proxy that adds leaves two headers, and nobody can tell which one is its own.
          assert.equal(status, way === 'adding' ? 401 : 200)
        })
      }

      for (const [forgery, headers] of Object.entries(forgeriesOf(from.header, write(owner)))) {
        it(`past the proxy: a client that sends ${forgery} is not believed`, async () => {
          await isRefused(tls, tls, { headers })
          await isRefused(tls, tls, { headers, certificate: thief })
        })
      }

      it('past the proxy: even the owner is not believed, whose certificate only the connection has', async () => {
        await isRefused(tls, tls, { certificate: owner })
      })
    })
  }
}
