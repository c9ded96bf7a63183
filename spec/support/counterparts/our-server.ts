import express, { type Express } from 'express'
import assert from 'node:assert/strict'
import type { AuditEvent } from '../../../lib/audit/audit-event.ts'
import { createS2S, type S2S } from '../../../lib/create-s2s.ts'
import type { S2SOptions } from '../../../lib/express/authenticate-request.ts'
import type { MetadataRouterOptions } from '../../../lib/express/metadata-router.ts'
import type { Clock } from '../../../lib/foundation/clock.ts'
import type { ErrorCode } from '../../../lib/foundation/error-codes.ts'
import type { S2SPrincipal } from '../../../lib/identity/principal.ts'
import type { S2SClientOptions } from '../../../lib/outgoing/client-options.ts'
import type { S2SClient } from '../../../lib/outgoing/s2s-client.ts'
import { makeCertificate } from '../certificates.ts'
import { startHttpsServer, type LocalServer } from '../https-server.ts'
import { sendRaw } from '../send-raw.ts'
import type { NamedUser, TokenTarget } from './counterpart.ts'

/** Our names in the stories with other products. */
export const ourSelf = {
  clientId: '5e2f1a90-7c44-4d0b-9a6e-3f8b1d27c605',
  realm: '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011',
} as const

/** The user the stories are about. */
export const dana: NamedUser = {
  sid: 's-1-5-21-1111111111-2222222222-333333333-1107',
  upn: 'dana@fabrikam.example',
  smtp: 'dana.smith@fabrikam.example',
  sip: 'dana.sip@fabrikam.example',
}

/** Dana as a call of ours names her. */
export const onBehalfOfDana = {
  nameid: dana.sid,
  nii: 'urn:office:idp:activedirectory',
  upn: dana.upn,
  smtp: dana.smtp,
  sip: dana.sip,
} as const

/** This library's server in a story with another product. */
export interface OurServer extends LocalServer {
  readonly events: readonly AuditEvent[]
  /** Who reached the handler. */
  readonly callers: readonly S2SPrincipal[]
  /** For tokens that others make for us. */
  readonly target: TokenTarget
  /** Believes these issuers from now on; the handler asks for `documents.read`. */
  configure(options: Pick<S2SOptions, 'trustedIssuers' | 'grants'>): Promise<S2S>
  /** A client that signs with our key. */
  client(options: S2SClientOptions): S2SClient
  /** Sends a token; gives the status. */
  send(token: string): Promise<number>
  /** Sends a token that must be refused with this code, before any handler runs. */
  assertRefused(token: string, status: number, code: ErrorCode): Promise<void>
}

/** Starts our server: metadata at the products' paths, and one guarded resource. */
export async function startOurServer(
  clock: Clock,
  products: NonNullable<MetadataRouterOptions['products']>,
): Promise<OurServer> {
  const { privateKeyPem, certificatePem } = await makeCertificate({ commonName: 'Our server' })
  const signingKeys = { current: { privateKey: privateKeyPem, certificate: certificatePem } }
  const events: AuditEvent[] = []
  const callers: S2SPrincipal[] = []
  let app: Express = express()
  const server = await startHttpsServer((request, response) => {
    app(request, response)
  })
  const host = `localhost:${server.port}`
  const self = { ...ourSelf, hosts: [host], advertise: true, signingKeys }

  function serve(options: Pick<S2SOptions, 'trustedIssuers' | 'grants'>): S2S {
    const configured = createS2S({
      ...options,
      self,
      clock,
      ca: server.ca,
      userRights: () => ['documents.read'],
      onAuditEvent: (event) => events.push(event),
    })
    app = express()
    app.use(configured.metadataRouter({ products }))
    app.use(configured.protect({ 'GET /documents/:id': 'documents.read' }))
    app.get('/documents/:id', (request, response) => {
      callers.push(configured.principalOf(request))
      response.json({ document: request.params.id })
    })
    return configured
  }

  let s2s = serve({ trustedIssuers: [] })

  async function send(token: string): Promise<number> {
    const headers = [['Authorization', `Bearer ${token}`]] as const
    return (await sendRaw(server, { path: '/documents/1', headers })).status
  }

  return {
    ...server,
    events,
    callers,
    target: { ...ourSelf, host },
    configure: async (options) => {
      s2s.close()
      s2s = serve(options)
      await s2s.ready()
      return s2s
    },
    client: (options) => s2s.client({ ca: server.ca, ...options }),
    send,
    assertRefused: async (token, status, code) => {
      const [calls, before] = [callers.length, events.length]
      assert.equal(await send(token), status)
      assert.equal(events.slice(before).find((event) => event.outcome === 'refused')?.code, code)
      assert.equal(callers.length, calls, 'the handler ran')
    },
    close: () => {
      s2s.close()
      return server.close()
    },
  }
}
