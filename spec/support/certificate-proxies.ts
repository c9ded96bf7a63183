import assert from 'node:assert/strict'
import { makeCertificate, makeLocalhostTls } from './certificates.ts'
import type { ProgramPlace } from './local-program.ts'
import { startConfiguredProxy, proxyAddress, writeProxyFile, type Proxy } from './proxies.ts'
import { readmeCode } from './readme.ts'

/**
 * The ways of a proxy that asks for client certificates: as the guide says; the same over https to the application, with a
 * certificate of the proxy's own; and (haproxy) one that adds its headers to what came.
 */
export const certificateWays = {
  nginx: ['as the guide says', 're-encrypting'],
  haproxy: ['as the guide says', 're-encrypting', 'adding'],
} as const satisfies Readonly<Record<string, readonly string[]>>

/** Where the proxies find the application: over plain http, and over https. */
export interface ApplicationPorts {
  readonly plain: number
  readonly tls: number
}

/** Starts nginx or haproxy with the configuration of the guide; only addresses and paths are exchanged. */
export async function startCertificateProxy(
  name: 'nginx' | 'haproxy',
  program: string,
  application: ApplicationPorts,
): Promise<Proxy<string>> {
  const [snippet, ...others] = readmeCode(name, 'certificates')
  assert.ok(snippet !== undefined && others.length === 0, `the guide has one ${name} configuration for certificates`)
  const own = await makeCertificate({ commonName: 'proxy', keyType: 'ec256' })
  const ways = certificateWays[name]
  return startConfiguredProxy(name, program, {
    ways,
    configure: async (place) => {
      const files = await writeFiles(place, own)
      return ways.flatMap((way, index) => {
        const [closed = 0, port = 0] = place.ports.slice(2 * index)
        return [write[name](snippet, { way, port, files, application }), closedPort[name](closed)]
      })
    },
  })
}

/** What the guide configures listens for https only. */
const closedPort = {
  nginx: (port: number): string => `server { listen 127.0.0.1:${port}; return 444; }`,
  haproxy: (port: number): string => `listen closed-${port}\n  bind 127.0.0.1:${port}\n  http-request deny`,
} as const

/** What is exchanged in the snippet of the guide for one way. */
interface Exchange {
  readonly way: string
  /** Where the proxy listens. */
  readonly port: number
  readonly files: Files
  readonly application: ApplicationPorts
}

interface Files {
  readonly certificate: string
  readonly key: string
  /** Certificate and key in one. */
  readonly both: string
  /** Certificate and key of the proxy as a client. */
  readonly own: string
}

async function writeFiles(place: ProgramPlace, own: Awaited<ReturnType<typeof makeCertificate>>): Promise<Files> {
  const { certificatePem, privateKeyPem } = await makeLocalhostTls()
  return {
    certificate: writeProxyFile(place, 'server.pem', certificatePem),
    key: writeProxyFile(place, 'server.key', privateKeyPem),
    both: writeProxyFile(place, 'both.pem', `${certificatePem}\n${privateKeyPem}`),
    own: writeProxyFile(place, 'own.pem', `${own.certificatePem}\n${own.privateKeyPem}`),
  }
}

const write = { nginx: writeNginx, haproxy: writeHaproxy } as const

function writeNginx(snippet: string, { way, port, files, application }: Exchange): string {
  const passes =
    way === 're-encrypting'
      ? `proxy_pass https://127.0.0.1:${application.tls}; proxy_ssl_certificate ${files.own}; proxy_ssl_certificate_key ${files.own}; proxy_ssl_server_name on;`
      : `proxy_pass http://127.0.0.1:${application.plain};`
  return exchange(snippet, {
    'listen 443 ssl;': `listen 127.0.0.1:${port} ssl;`,
    '/etc/nginx/server.pem': files.certificate,
    '/etc/nginx/server.key': files.key,
    'proxy_pass http://127.0.0.1:3000;': `${passes} proxy_bind ${proxyAddress};`,
  })
}

function writeHaproxy(snippet: string, { way, port, files, application }: Exchange): string {
  const server =
    way === 're-encrypting'
      ? `server app 127.0.0.1:${application.tls} ssl verify none crt ${files.own}`
      : `server app 127.0.0.1:${application.plain}`
  const written = exchange(snippet, {
    ':443': `127.0.0.1:${port}`,
    '/etc/haproxy/server.pem': files.both,
    '/etc/haproxy/clients.pem': files.certificate,
    'server app 127.0.0.1:3000': `${server} source ${proxyAddress}`,
  })
  // Every way has names of its own.
  const named = written.replaceAll(/^(frontend \w+|backend \w+|  default_backend \w+)$/gm, `$1-${port}`)
  return way === 'adding'
    ? named.replaceAll('set-header X-SSL', 'add-header X-SSL').replaceAll('set-header Client', 'add-header Client')
    : named
}

/** Exchanges texts that must be there: a snippet that changed is noticed. */
function exchange(snippet: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((text, [from, to]) => {
    assert.ok(text.includes(from), `the guide has "${from}"`)
    return text.replaceAll(from, to)
  }, snippet)
}
