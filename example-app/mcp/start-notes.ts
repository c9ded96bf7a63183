import type { RequestListener } from 'node:http'
import { createS2S, type S2S } from 'passport-s2s'
import type { OwnCertificate } from '../certificates.ts'
import { listen } from '../listen.ts'
import type { RunningServer } from '../serve.ts'
import { createNoteServer, noteOptions, type NoteServerOptions } from './note-server.ts'
import type { RequestTrace } from './trace-requests.ts'

/** An MCP server that runs. */
export interface NoteServer extends RunningServer {
  /** The address of its MCP endpoint. */
  readonly resource: string
  readonly s2s: S2S
  /** The certificates that its callers check it and the OpenID provider against. */
  readonly callersCa: readonly string[]
  /** What it and its OpenID provider were asked. */
  readonly trace: RequestTrace
}

interface NoteParts extends Omit<NoteServerOptions, 'resource'> {
  readonly certificate: OwnCertificate
  readonly providerCertificate: OwnCertificate
  readonly trace: RequestTrace
}

/** Starts the note server on a free port, with the keys of the provider fetched. */
export async function startNotes(parts: NoteParts): Promise<NoteServer> {
  const { certificate, providerCertificate, trace, ...options } = parts
  const listener = await listen(certificate)
  const resource = `${listener.url}/mcp`
  const s2s = createS2S(noteOptions({ ...options, resource }))
  await s2s.ready()
  listener.serve(trace.watch(createNoteServer(s2s) as RequestListener))
  const callersCa = [certificate, providerCertificate].map(({ certificatePem }) => certificatePem)
  async function close(): Promise<void> {
    s2s.close()
    await listener.close()
  }
  return { url: listener.url, resource, s2s, callersCa, trace, close }
}
