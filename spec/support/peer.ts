import express, { type Express } from 'express'
import type { AuditEvent } from '../../lib/audit/audit-event.ts'
import { createS2S, type S2S } from '../../lib/create-s2s.ts'
import { createMetadataRouter } from '../../lib/express/metadata-router.ts'
import type { Clock } from '../../lib/foundation/clock.ts'
import type { SigningKey } from '../../lib/keys/signing-key.ts'
import { createSigningKeys, type SigningKeys } from '../../lib/keys/signing-keys.ts'
import { createS2SClient, type S2SClient } from '../../lib/outgoing/s2s-client.ts'
import type { S2SMetadataIssuerOptions } from '../../lib/trust/issuer-options.ts'
import { startHttpsServer, type LocalServer } from './https-server.ts'

export interface PeerOptions {
  readonly name: string
  readonly clientId: string
  readonly realm: string
  readonly key: SigningKey
  readonly clock: Clock
}

/** A server that others can call, and that calls others; it believes nobody before it is paired. */
export interface Peer extends LocalServer {
  readonly name: string
  readonly clientId: string
  readonly keys: SigningKeys
  readonly events: readonly AuditEvent[]
  /** Who called the handlers, in the order of the calls. */
  readonly callers: readonly unknown[]
  /** Believes the peers through their metadata documents alone. */
  trust(peers: readonly TrustedPeer[]): Promise<S2S>
  /** A client for another peer, which signs with this peer's key of now. */
  clientFor(other: Peer): S2SClient
}

export interface TrustedPeer {
  readonly peer: Peer
  /** What this trust has besides name, address and delegation. */
  readonly options?: Partial<S2SMetadataIssuerOptions>
}

/** Where every peer publishes. */
export const metadataPath = '/_layouts/15/metadata/json/1'

/** Starts a peer over real TLS. Its metadata is there at once, its guarded resources when it trusts somebody. */
export async function startPeer({ name, clientId, realm, key, clock }: PeerOptions): Promise<Peer> {
  const events: AuditEvent[] = []
  const callers: unknown[] = []
  const keys = createSigningKeys({ current: key, clock })
  let app: Express = express()
  let s2s: S2S | undefined
  const server = await startHttpsServer((request, response) => {
    app(request, response)
  })
  const self = { clientId, realm, hosts: [`localhost:${server.port}`], advertise: true }

  function configure(peers: readonly TrustedPeer[]): S2S {
    const configured = createS2S({
      self,
      clock,
      ca: server.ca,
      trustedIssuers: peers.map(({ peer, options }) => ({
        type: 's2s-metadata',
        name: peer.name,
        metadataEndpoint: peer.url + metadataPath,
        ...options,
      })),
      grants: peers.map(({ peer }) => ({
        issuer: peer.name,
        application: peer.clientId,
        permissions: ['reports.read'],
        appOnly: true,
      })),
      userRights: () => ['reports.read'],
      onAuditEvent: (event) => events.push(event),
    })
    app = express()
    app.use(createMetadataRouter({ self, keys, context: configured.strategy._running.current.context }))
    app.use(configured.protect({ 'GET /reports/:id': 'reports.read' }))
    app.get('/reports/:id', (request, response) => {
      callers.push(configured.principalOf(request))
      response.json({ report: request.params.id })
    })
    return configured
  }

  s2s = configure([])
  return {
    ...server,
    name,
    clientId,
    keys,
    events,
    callers,
    trust: async (peers) => {
      s2s?.close()
      s2s = configure(peers)
      await s2s.ready()
      return s2s
    },
    clientFor: (other) =>
      createS2SClient({ target: other.url, ca: server.ca }, { clientId, realm, currentKey: keys.current, clock }),
    close: () => {
      s2s?.close()
      return server.close()
    },
  }
}
