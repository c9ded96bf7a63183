import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AuditEvent } from '../../lib/audit/audit-event.ts'
import { createAuditLog } from '../../lib/audit/audit-log.ts'
import type { Clock } from '../../lib/foundation/clock.ts'
import type { SigningKey } from '../../lib/keys/signing-key.ts'
import type { CallingServer } from '../../lib/outgoing/token-source.ts'
import { fixedClock } from './clock.ts'
import { startHttpServer, startHttpsServer, type LocalServer } from './https-server.ts'
import { makeSigningKey } from './signing-keys.ts'

/** Who is called in the stories of the outgoing client. */
export const target = {
  clientId: '00000003-0000-0ff1-ce00-000000000000',
  realm: '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011',
} as const

/** Who calls. */
export const caller = {
  clientId: '4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28',
  realm: '52aa6841-b76b-4ed4-a3d7-a259fce1dfa2',
} as const

/** What a target answers to an empty bearer credential. */
export const challenge = `Bearer realm="${target.realm}",client_id="${target.clientId}"`

/** One request as it arrived, with its whole body. */
export interface ReceivedRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** Answers one request; `received` has it. */
export type Answer = (response: ServerResponse, received: ReceivedRequest) => void

/** A server that remembers everything it was sent. */
export interface RecordingServer extends LocalServer {
  readonly received: readonly ReceivedRequest[]
  /** The bearer tokens that arrived, without the empty credentials of discovery. */
  tokens(): readonly string[]
}

/** Starts an https (or plain http) server that remembers what it is sent and answers everything in one way. */
export async function startRecordingServer(answer: Answer, start = startHttpsServer): Promise<RecordingServer> {
  const received: ReceivedRequest[] = []
  const server = await start((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const arrived = { method, url, headers, body: Buffer.concat(chunks).toString() }
      received.push(arrived)
      answer(response, arrived)
    })
  })
  return { ...server, received, tokens: () => received.flatMap(({ headers }) => tokenOf(headers.authorization)) }
}

/** A plain http server: what must never get anything. */
export function startRecordingHttpServer(answer: Answer): Promise<RecordingServer> {
  return startRecordingServer(answer, startHttpServer)
}

/** A target that says who it is when it is asked, and answers everything else as told. */
export function startTarget(answer: Answer): Promise<RecordingServer> {
  return startRecordingServer((response, received) => {
    if (received.headers.authorization === 'Bearer') sayWho(response)
    else answer(response, received)
  })
}

/** Answers 401 with a challenge. */
export function sayWho(response: ServerResponse, value: string | readonly string[] = challenge): void {
  response.writeHead(401, { 'www-authenticate': typeof value === 'string' ? value : [...value] }).end()
}

function tokenOf(authorization: string | undefined): readonly string[] {
  const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1]
  return token === undefined ? [] : [token]
}

/** A server that calls others, with its audit events. */
export interface Caller {
  readonly server: CallingServer
  readonly key: SigningKey
  readonly events: readonly AuditEvent[]
}

/** Makes a server that calls others, with a key of its own. */
export async function makeCaller(clock: Clock = fixedClock): Promise<Caller> {
  const events: AuditEvent[] = []
  const key = await makeSigningKey({ commonName: 'Spec Caller' })
  const audit = createAuditLog({ clock, onAuditEvent: (event) => events.push(event) })
  return { server: { ...caller, currentKey: () => key, clock, audit }, key, events }
}
