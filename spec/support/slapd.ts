import { randomBytes } from 'node:crypto'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client, type Attribute } from 'ldapts'
import { makeLocalhostTls } from './certificates.ts'
import { findProgram, startProgram } from './local-program.ts'

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

/** Where slapd is, or why it cannot be run. */
export function findSlapd(): ReturnType<typeof findProgram> {
  return findProgram('slapd', 'slapd (OpenLDAP)')
}

/** Starts slapd as the current user, on a free port of 127.0.0.1, in a folder of its own. */
export async function startDirectory(slapd: string, options: DirectoryOptions): Promise<Directory> {
  const password = randomBytes(16).toString('hex')
  let ca = ''
  const { ports, close, pause, resume } = await startProgram({
    name: 'slapd',
    prepare: async ({ folder, ports: [port = 0] }) => {
      // A copy: some systems hold the installed program to its own folders.
      const program = join(folder, 'slapd')
      copyFileSync(slapd, program)
      ca = await writeConfiguration(folder, { ...options, password })
      return [program, '-d', '0', '-h', `ldaps://127.0.0.1:${port}/`, '-f', join(folder, 'slapd.conf')]
    },
  })
  const url = `ldaps://127.0.0.1:${ports[0] ?? 0}`
  try {
    await addEntries({ url, ca, password }, options)
  } catch (error) {
    await close()
    throw error
  }
  return { url, ca, password, close, pause, resume }
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
