import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeLocalhostTls } from './certificates.ts'
import { findProgram, startProgram, type ProgramPlace } from './local-program.ts'

/** Where a client reaches one way through a proxy; `sendRaw` and `sendText` take it for a server. */
export interface ProxyEntrance {
  readonly url: string
  readonly port: number
  readonly ca: string
}

/** One configured way to the application, called over plain http and over https. */
export interface ProxyWay {
  readonly http: ProxyEntrance
  readonly https: ProxyEntrance
}

/** A proxy in front of an application. */
export interface Proxy<Name extends string> {
  readonly ways: Readonly<Record<Name, ProxyWay>>
  close(this: void): Promise<void>
}

/** What a way does, in the language of the proxy's configuration; `port` is the application's. */
export type WayConfiguration = (port: number) => readonly string[]

/** How operators configure nginx. */
export const nginxWays = {
  'set $scheme': (port: number): readonly string[] => [
    `proxy_pass http://127.0.0.1:${port};`,
    'proxy_set_header X-Forwarded-Proto $scheme;',
    'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
  ],
  'append to what came': (port: number): readonly string[] => [
    `proxy_pass http://127.0.0.1:${port};`,
    'proxy_set_header X-Forwarded-Proto $appended_scheme;',
    'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
  ],
  'set $scheme, tidy up paths': (port: number): readonly string[] => [
    `proxy_pass http://127.0.0.1:${port}/;`,
    'proxy_set_header X-Forwarded-Proto $scheme;',
  ],
  'from an address that is not trusted': (port: number): readonly string[] => [
    `proxy_pass http://127.0.0.1:${port};`,
    'proxy_bind 127.0.0.3;',
    'proxy_set_header X-Forwarded-Proto $scheme;',
  ],
} as const satisfies Readonly<Record<string, WayConfiguration>>

/** How operators configure haproxy. */
export const haproxyWays = {
  'set-header': (port: number): readonly string[] => [
    'http-request set-header X-Forwarded-Proto https if { ssl_fc }',
    'http-request set-header X-Forwarded-Proto http unless { ssl_fc }',
    `server app 127.0.0.1:${port} source 127.0.0.2`,
  ],
  'add-header': (port: number): readonly string[] => [
    'http-request add-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]',
    `server app 127.0.0.1:${port} source 127.0.0.2`,
  ],
} as const satisfies Readonly<Record<string, WayConfiguration>>

/** The address of the trusted proxies; clients come from 127.0.0.1. */
export const proxyAddress = '127.0.0.2'

/** Where a proxy is, or why it cannot be run here. */
export function findProxy(name: 'nginx' | 'haproxy'): ReturnType<typeof findProgram> {
  if (process.platform !== 'linux') return { missing: `${name} is run on Linux only: it needs all of 127.0.0.0/8` }
  return findProgram(name)
}

/** Starts nginx as the current user: one process, everything it writes in a folder of its own. */
export function startNginx(program: string, applicationPort: number): Promise<Proxy<keyof typeof nginxWays>> {
  return startConfiguredProxy('nginx', program, {
    ways: Object.keys(nginxWays) as (keyof typeof nginxWays)[],
    configure: (place) => nginxServers(place, applicationPort),
  })
}

/** Starts haproxy as the current user. */
export function startHaproxy(program: string, applicationPort: number): Promise<Proxy<keyof typeof haproxyWays>> {
  return startConfiguredProxy('haproxy', program, {
    ways: Object.keys(haproxyWays) as (keyof typeof haproxyWays)[],
    configure: (place) => haproxyListeners(place, applicationPort),
  })
}

/** What a proxy does, by the names of its ways. */
export interface ProxyConfiguration<Name extends string> {
  readonly ways: readonly Name[]
  /** Writes the `server` blocks or sections: each way has two ports, for http and for https. */
  readonly configure: (place: ProgramPlace) => Promise<readonly string[]>
}

/** Starts a proxy whose ways are configured by the caller. */
export function startConfiguredProxy<Name extends string>(
  name: 'nginx' | 'haproxy',
  program: string,
  { ways, configure }: ProxyConfiguration<Name>,
): Promise<Proxy<Name>> {
  return startProxy(ways, {
    name,
    prepare: async (place) => {
      const sections = await configure(place)
      if (name === 'haproxy') {
        return [program, '-db', '-q', '-f', writeProxyFile(place, 'haproxy.cfg', haproxyConfiguration(sections))]
      }
      const file = writeProxyFile(place, 'nginx.conf', nginxConfiguration(place, sections))
      return [program, '-p', place.folder, '-c', file, '-e', 'stderr']
    },
  })
}

async function nginxServers(place: ProgramPlace, applicationPort: number): Promise<readonly string[]> {
  const { certificatePem, privateKeyPem } = await makeLocalhostTls()
  const { ports } = place
  const certificate = writeProxyFile(place, 'server.pem', certificatePem)
  const key = writeProxyFile(place, 'server.key', privateKeyPem)
  return Object.values<WayConfiguration>(nginxWays).map((way, index) => {
    const bind = way(applicationPort).some((line) => line.startsWith('proxy_bind'))
      ? []
      : [`proxy_bind ${proxyAddress};`]
    return [
      'server {',
      `listen 127.0.0.1:${ports[2 * index] ?? 0};`,
      `listen 127.0.0.1:${ports[2 * index + 1] ?? 0} ssl;`,
      `ssl_certificate ${certificate};`,
      `ssl_certificate_key ${key};`,
      'location / {',
      ...way(applicationPort),
      ...bind,
      '} }',
    ].join('\n')
  })
}

function nginxConfiguration({ folder }: ProgramPlace, servers: readonly string[]): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  )
  return [
    'daemon off;',
    'master_process off;',
    `pid ${join(folder, 'nginx.pid')};`,
    'error_log stderr emerg;',
    'events { worker_connections 512; }',
    'http {',
    'access_log off;',
    ...temporary,
    'map $http_x_forwarded_proto $appended_scheme { "" $scheme; default "$http_x_forwarded_proto, $scheme"; }',
    ...servers,
    '}',
  ].join('\n')
}

async function haproxyListeners(place: ProgramPlace, applicationPort: number): Promise<readonly string[]> {
  const { certificatePem, privateKeyPem } = await makeLocalhostTls()
  const certificate = writeProxyFile(place, 'server.pem', `${certificatePem}\n${privateKeyPem}`)
  return Object.values<WayConfiguration>(haproxyWays).map((way, index) =>
    [
      `listen way-${index}`,
      `bind 127.0.0.1:${place.ports[2 * index] ?? 0}`,
      `bind 127.0.0.1:${place.ports[2 * index + 1] ?? 0} ssl crt ${certificate}`,
      ...way(applicationPort),
    ].join('\n  '),
  )
}

function haproxyConfiguration(sections: readonly string[]): string {
  const limits = ['timeout connect 2s', 'timeout client 10s', 'timeout server 10s']
  return [['defaults', 'mode http', ...limits].join('\n  '), ...sections, ''].join('\n')
}

async function startProxy<Name extends string>(
  names: readonly Name[],
  start: Pick<Parameters<typeof startProgram>[0], 'name' | 'prepare'>,
): Promise<Proxy<Name>> {
  const { ports, close } = await startProgram({ ...start, ports: 2 * names.length })
  const { ca } = await makeLocalhostTls()
  const entrance = (scheme: 'http' | 'https', port = 0): ProxyEntrance => ({
    url: `${scheme}://localhost:${port}`,
    port,
    ca,
  })
  const entries = names.map((name, index): [Name, ProxyWay] => [
    name,
    { http: entrance('http', ports[2 * index]), https: entrance('https', ports[2 * index + 1]) },
  ])
  return { ways: Object.fromEntries(entries) as Record<Name, ProxyWay>, close }
}

/** Writes a file into the folder of a proxy, for nobody else to read. */
export function writeProxyFile({ folder }: ProgramPlace, name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text, { mode: 0o600 })
  return file
}
