import assert from 'node:assert/strict'
import { Agent, createServer } from 'node:https'
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { systemClock } from '../../../lib/foundation/clock.ts'
import {
  makeCertificate,
  makeLocalhostTls,
  type CertificateOptions,
  type TestCertificate,
} from '../../support/certificates.ts'
import { startHttpServer } from '../../support/https-server.ts'
import { holdTrustFault, makePlace, type TrustFault, type TrustPlace } from '../../support/trust-faults.ts'

const day = 86_400
const now = systemClock()
const authority = await makeCertificate({ commonName: 'Authority', keyType: 'ec256' })
const stranger = await makeCertificate({ commonName: 'Strange Authority', keyType: 'ec256' })

/** A server certificate for localhost with one thing changed. */
const tls = (changes: Partial<CertificateOptions>): Promise<TestCertificate> =>
  makeCertificate({ commonName: 'Issuer', keyType: 'ec256', hosts: ['localhost'], signedBy: authority, ...changes })

interface TlsFault extends TrustFault {
  /** Where the issuer is; gives its address. */
  readonly start: () => Promise<string>
}

const open: Server[] = []

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push(server)
  return `https://localhost:${(server.address() as AddressInfo).port}`
}

/** An issuer over real TLS; its documents are in order. */
async function startIssuer(certificate: TestCertificate): Promise<string> {
  const documents = { place: undefined as TrustPlace | undefined }
  const server = createServer(
    { cert: certificate.certificatePem, key: certificate.privateKeyPem },
    (request, response) => {
      const { oauth } = documents.place ?? assert.fail()
      response.end(JSON.stringify(request.url === '/jwks' ? oauth.jwks() : oauth.metadata()))
    },
  )
  const url = await listen(server)
  documents.place = await makePlace(url)
  return url
}

async function closedPort(): Promise<string> {
  const server = createTcpServer()
  const url = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return url
}

async function plainHttp(): Promise<string> {
  const server = await startHttpServer((_request, response) => response.end('{}'))
  after(() => server.close())
  return `https://localhost:${server.port}`
}

const hangUp = (): Promise<string> => listen(createTcpServer((socket: Socket) => socket.destroy()))
const unknownName = new Agent({
  lookup: (_name, _options, callback) => {
    callback(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }), '', 4)
  },
})
const code = 'ERR_S2S_KEYS_UNREACHABLE'
const place = '<url>/.well-known/openid-configuration'

const faults: readonly TlsFault[] = [
  {
    name: 'TLS name mismatch',
    start: async () => startIssuer(await tls({ hosts: ['login.example.com'] })),
    kind: 'tls-name',
    sentence: `${place} shows a certificate of another name.`,
    fix: 'Use the name that stands in the certificate, or have the issuer get one for this name.',
    code,
  },
  {
    name: 'unknown CA',
    start: async () => startIssuer(await tls({ signedBy: stranger })),
    kind: 'tls-unknown-authority',
    sentence: `${place} shows a certificate of an authority that is not known here (private or self-signed).`,
    fix: 'Give the certificate of the authority (PEM) as ca.',
    code,
  },
  {
    name: 'self-signed TLS certificate',
    start: async () =>
      startIssuer(await makeCertificate({ commonName: 'localhost', keyType: 'ec256', hosts: ['localhost'] })),
    kind: 'tls-unknown-authority',
    sentence: `${place} shows a certificate of an authority that is not known here (private or self-signed).`,
    fix: 'Give the certificate of the authority (PEM) as ca.',
    code,
  },
  {
    name: 'expired TLS certificate',
    start: async () => startIssuer(await tls({ days: 30 })),
    kind: 'tls-expired',
    sentence: `${place} shows an expired TLS certificate.`,
    fix: 'Have the issuer renew it; when it is good elsewhere, the clock of this server is ahead.',
    code,
  },
  {
    name: 'TLS certificate that is not valid yet',
    start: async () => startIssuer(await tls({ notBefore: now + day })),
    kind: 'tls-not-yet-valid',
    sentence: `${place} shows a TLS certificate that is not valid yet.`,
    fix: 'Set the clock of this server by NTP, or wait until the certificate is valid.',
    code,
  },
  {
    name: 'TLS certificate that ends within a week',
    start: async () => startIssuer(await tls({ notBefore: now - 10 * day, days: 15 })),
    kind: 'tls-ends-7',
    severity: 'warning',
    sentence: 'The TLS certificate ends in 5 days (<time>).',
    fix: 'Have the issuer renew it, and configure the new one here where certificates are configured.',
  },
  {
    name: 'DNS failure',
    start: () => Promise.resolve('https://login.example.com'),
    issuer: () => ({ agent: unknownName }),
    kind: 'dns',
    sentence: `${place} is not found by name (DNS).`,
    fix: 'Check the spelling of the host, and the name server.',
    code,
  },
  {
    name: 'connection refused',
    start: closedPort,
    kind: 'connection-refused',
    sentence: `${place} refuses connections: nobody listens there.`,
    fix: 'Check the address, the firewall, and whether an agent for a proxy is needed.',
    code,
  },
  {
    name: 'connection that is closed',
    start: hangUp,
    kind: 'connection-closed',
    sentence: `${place} closed the connection.`,
    fix: 'Check the address, the firewall, and whether an agent for a proxy is needed.',
    code,
  },
  {
    name: 'plain http at the address',
    start: plainHttp,
    kind: 'not-tls',
    sentence: `${place} does not speak TLS: perhaps it is plain http.`,
    fix: 'Check the port of the address.',
    code,
  },
]

describe('checkTrust: the way to issuers', () => {
  let ca = ''
  before(async () => {
    ca = `${(await makeLocalhostTls()).ca}\n${authority.certificatePem}`
  })
  after(() => {
    for (const server of open) server.close()
  })

  for (const fault of faults) {
    it(`names the cause: ${fault.name}`, async () => {
      await holdTrustFault(fault, await makePlace(await fault.start()), ca)
    })
  }
})
