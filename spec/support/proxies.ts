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
  return startProxy(nginxWays, {
    name: 'nginx',
    prepare: async (place) => {
      const file = write(place, 'nginx.conf', await nginxConfiguration(place, applicationPort))
      return [program, '-p', place.folder, '-c', file, '-e', 'stderr']
    },
  })
}

/** Starts haproxy as the current user. */
export function startHaproxy(program: string, applicationPort: number): Promise<Proxy<keyof typeof haproxyWays>> {
  return startProxy(haproxyWays, {
    name: 'haproxy',
    prepare: async (place) => {
      const file = write(place, 'haproxy.cfg', await haproxyConfiguration(place, applicationPort))
      return [program, '-db', '-q', '-f', file]
    },
  })
}

async function nginxConfiguration({ folder, ports }: ProgramPlace, applicationPort: number): Promise<string> {
  const { certificatePem, privateKeyPem } = await makeLocalhostTls()
  const files = { folder, ports }
  const certificate = write(files, 'server.pem', certificatePem)
  const key = write(files, 'server.key', privateKeyPem)
  const servers = Object.values<WayConfiguration>(nginxWays).map((way, index) => {
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

async function haproxyConfiguration(place: ProgramPlace, applicationPort: number): Promise<string> {
  const { certificatePem, privateKeyPem } = await makeLocalhostTls()
  const certificate = write(place, 'server.pem', `${certificatePem}\n${privateKeyPem}`)
  const listeners = Object.values<WayConfiguration>(haproxyWays).map((way, index) =>
    [
      `listen way-${index}`,
      `bind 127.0.0.1:${place.ports[2 * index] ?? 0}`,
      `bind 127.0.0.1:${place.ports[2 * index + 1] ?? 0} ssl crt ${certificate}`,
      ...way(applicationPort),
    ].join('\n  '),
  )
  const limits = ['timeout connect 2s', 'timeout client 10s', 'timeout server 10s']
  return [['defaults', 'mode http', ...limits].join('\n  '), ...listeners, ''].join('\n')
}

async function startProxy<Name extends string>(
  ways: Readonly<Record<Name, WayConfiguration>>,
  start: Pick<Parameters<typeof startProgram>[0], 'name' | 'prepare'>,
): Promise<Proxy<Name>> {
  const names = Object.keys(ways) as Name[]
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

function write({ folder }: ProgramPlace, name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text, { mode: 0o600 })
  return file
}
