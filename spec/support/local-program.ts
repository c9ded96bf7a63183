import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/**
 * Where an installed server program is, or why it cannot be run: give that to `skip`, and the run lists it, or fails where
 * nothing may be skipped (`REQUIRE_ALL=1`). Programs for administrators are often not on everybody's PATH.
 */
export function findProgram(
  name: string,
  description = name,
): { readonly path: string } | { readonly missing: string } {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  const folders = [...onPath, '/usr/sbin', '/usr/local/sbin', '/usr/libexec']
  const path = folders.map((folder) => join(folder, name)).find((file) => existsSync(file))
  return path === undefined ? { missing: `${description} is not installed` } : { path }
}

/** Where a program may write, and the free ports of 127.0.0.1 that it was given. */
export interface ProgramPlace {
  readonly folder: string
  readonly ports: readonly number[]
}

/** A server program of this run, as the current user. */
export interface RunningProgram extends ProgramPlace {
  /** Stops and continues the process: a server that accepts connections and does not answer. */
  pause(this: void): void
  resume(this: void): void
  /** Ends the process by its id; its folder and its ports stay its own. */
  stop(this: void, signal: NodeJS.Signals): Promise<void>
  /** Starts it again, with the same folder and ports. */
  start(this: void): Promise<void>
  /** Ends the process by its id and removes its folder. */
  close(this: void): Promise<void>
}

/** What is to be run. */
export interface ProgramStart {
  /** In messages, and in the name of its folder. */
  readonly name: string
  /** How many ports it listens on. Default 1. */
  readonly ports?: number
  /** Writes the configuration; gives the program and its arguments. It must stay in the foreground. */
  readonly prepare: (place: ProgramPlace) => Promise<readonly [program: string, ...rest: string[]]>
}

/** Starts a program and waits until it listens on its ports. */
export async function startProgram({ name, ports: count = 1, prepare }: ProgramStart): Promise<RunningProgram> {
  const folder = mkdtempSync(join(tmpdir(), `${name}-`))
  const place = { folder, ports: await freePorts(count) }
  const [program, ...rest] = await prepare(place)
  let server: ChildProcess | undefined
  const kill = (): void => void server?.kill('SIGKILL')
  process.once('exit', kill)
  const close = async (): Promise<void> => {
    process.off('exit', kill)
    await endProcess(server, 'SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  const start = async (): Promise<void> => {
    server = spawn(program, rest, { stdio: ['ignore', 'ignore', 'pipe'] })
    await waitUntilListening(server, { name, ports: place.ports })
  }
  try {
    await start()
  } catch (error) {
    await close()
    throw error
  }
  return {
    ...place,
    close,
    start,
    stop: (signal) => endProcess(server, signal),
    pause: () => server?.kill('SIGSTOP'),
    resume: () => server?.kill('SIGCONT'),
  }
}

/** Free ports of 127.0.0.1, all at once, so that no two are the same. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}

async function waitUntilListening(
  server: ChildProcess,
  { name, ports }: { readonly name: string; readonly ports: readonly number[] },
): Promise<void> {
  let told = ''
  server.stderr?.on('data', (chunk: Buffer) => {
    told += chunk.toString()
  })
  for (let attempt = 0; attempt < 500; attempt += 1) {
    if (server.exitCode !== null) break
    if ((await Promise.all(ports.map(accepts))).every(Boolean)) return
    await wait(20)
  }
  throw new Error(`${name} does not listen: ${told === '' ? 'it says nothing' : told}`)
}

/** Whether somebody listens on a port of 127.0.0.1. */
export function accepts(port: number): Promise<boolean> {
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

/** SIGKILL also when it was stopped. */
async function endProcess(server: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  if (server === undefined || server.exitCode !== null || server.signalCode !== null) return
  server.kill(signal)
  await once(server, 'exit')
}
