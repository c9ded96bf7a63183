import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Client, type Attribute } from 'ldapts'
import { makeLocalhostTls } from './certificates.ts'

/** An entry: its distinguished name and its attributes. */
export type DirectoryEntry = readonly [name: string, attributes: readonly Attribute[]]

/** A directory server of this run: OpenLDAP, over TLS only. */
export interface Directory {
  /** `ldaps://127.0.0.1:port` */
  readonly url: string
  readonly ca: string
  /** Of the only account that may read. */
  readonly password: string
  /** Stops and continues the process: a server that accepts connections and does not answer. */
  pause(): void
  resume(): void
  close(): Promise<void>
}

export interface DirectoryOptions {
  /** `dc=fabrikam,dc=example` */
  readonly base: string
  /** Who may read; nobody else sees anything. */
  readonly reader: string
  readonly entries: readonly DirectoryEntry[]
}

/** Where slapd is, or why it cannot be run. It is a program for administrators: often not on everybody's PATH. */
export function findSlapd(): { readonly path: string } | { readonly missing: string } {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  const folders = [...onPath, '/usr/sbin', '/usr/local/sbin', '/usr/libexec']
  const path = folders.map((folder) => join(folder, 'slapd')).find((file) => existsSync(file))
  return path === undefined ? { missing: 'slapd (OpenLDAP) is not installed' } : { path }
}

/** Starts slapd as the current user, on a free port of 127.0.0.1, in a folder of its own. */
export async function startDirectory(slapd: string, options: DirectoryOptions): Promise<Directory> {
  const folder = mkdtempSync(join(tmpdir(), 'directory-'))
  // A copy: some systems hold the installed program to its own folders.
  const program = join(folder, 'slapd')
  copyFileSync(slapd, program)
  const password = randomBytes(16).toString('hex')
  const ca = await writeConfiguration(folder, { ...options, password })
  const port = await freePort()
  const url = `ldaps://127.0.0.1:${port}`
  const server = spawn(program, ['-d', '0', '-h', `${url}/`, '-f', join(folder, 'slapd.conf')])
  const kill = (): boolean => server.kill('SIGKILL')
  process.once('exit', kill)
  const close = async (): Promise<void> => {
    process.off('exit', kill)
    await endProcess(server)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await waitUntilListening(server, port)
    await addEntries({ url, ca, password }, options)
  } catch (error) {
    await close()
    throw error
  }
  const pause = (): boolean => server.kill('SIGSTOP')
  return { url, ca, password, close, pause, resume: () => server.kill('SIGCONT') }
}

/** Writes the configuration file beside its certificates; gives the authority that clients must trust. */
async function writeConfiguration(
  folder: string,
  { base, reader, password }: DirectoryOptions & { readonly password: string },
): Promise<string> {
  const tls = await makeLocalhostTls()
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 })
    return join(folder, name)
  }
  mkdirSync(join(folder, 'data'))
  const lines = [
    `include ${join(import.meta.dirname, 'active-directory.schema')}`,
    `TLSCertificateFile ${write('server.pem', tls.certificatePem)}`,
    `TLSCertificateKeyFile ${write('server.key', tls.privateKeyPem)}`,
    'database ldif',
    `directory ${join(folder, 'data')}`,
    `suffix "${base}"`,
    `rootdn "${writerOf(base)}"`,
    `rootpw ${password}`,
    `access to attrs=userPassword by anonymous auth by * none`,
    `access to * by dn.exact="${reader}" read by * none`,
  ]
  write('slapd.conf', `${lines.join('\n')}\n`)
  return tls.ca
}

function writerOf(base: string): string {
  return `cn=writer,${base}`
}

async function addEntries(
  { url, ca, password }: Pick<Directory, 'url' | 'ca' | 'password'>,
  { base, reader, entries }: DirectoryOptions,
): Promise<void> {
  const client = new Client({ url, tlsOptions: { ca } })
  await client.bind(writerOf(base), password)
  await client.add(base, { objectClass: 'domainDNS' })
  await client.add(reader, { objectClass: 'user', userPassword: password })
  for (const [name, attributes] of entries) await client.add(name, [...attributes])
  await client.unbind()
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function waitUntilListening(server: ChildProcess, port: number): Promise<void> {
  let told = ''
  server.stderr?.on('data', (chunk: Buffer) => {
    told += chunk.toString()
  })
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (server.exitCode !== null) break
    if (await accepts(port)) return
    await wait(50)
  }
  throw new Error(`slapd does not listen: ${told === '' ? 'it says nothing' : told}`)
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => {
      resolve(false)
    })
  })
}

/** Ends the process that was started here, by its id, also when it was stopped. */
async function endProcess(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  server.kill('SIGKILL')
  await once(server, 'exit')
}
