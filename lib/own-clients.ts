import { isDeepStrictEqual } from 'node:util'
import type { OwnKeyHealth } from './audit/health.ts'
import type { S2SOptions, S2SServer } from './express/authenticate-request.ts'
import { ConfigurationError } from './foundation/errors.ts'
import type { SigningKey } from './keys/signing-key.ts'
import type { SigningKeys } from './keys/signing-keys.ts'
import type { S2SClientOptions } from './outgoing/client-options.ts'
import { readClientCertificates } from './outgoing/client-certificates.ts'
import { createReplaceableClient, type ReplaceableClient } from './outgoing/replaceable-client.ts'
import { createS2SClient, type S2SClient } from './outgoing/s2s-client.ts'
import type { CallingServer } from './outgoing/token-source.ts'
import { daysUntil } from './trust/issuer-health.ts'
import type { SelfOptions } from './trust/self.ts'
import type { ClientCertificate } from './oauth/client-certificate.ts'

/** Options of clients by name, so that they can change while the server runs. */
export type NamedClients = Readonly<Record<string, S2SClientOptions>>

/** One configuration, as far as it is about calls to others. */
export interface CallingConfiguration {
  readonly server: S2SServer
  readonly clients: NamedClients
}

/** The clients of one server, across its configurations. */
export interface OwnClients {
  /**
   * A client with these options, or with those that the configuration has under this name.
   *
   * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`; OutgoingError `ERR_S2S_TARGET_NOT_HTTPS`
   */
  open(this: void, given: S2SClientOptions | string): S2SClient
  /**
   * Makes of every open client what it is under the next configuration, and gives the step that puts all of them in place.
   *
   * @throws as `open` does; then nothing has changed
   */
  prepare(this: void, next: CallingConfiguration): () => void
  /** How long the TLS client certificates of open clients are good for; each once. */
  keys(this: void): readonly OwnKeyHealth[]
  close(this: void): void
}

interface OpenClient {
  readonly given: S2SClientOptions | string
  readonly client: ReplaceableClient
  /** All that decides how it calls. */
  basis: readonly unknown[]
  certificate: ClientCertificate | undefined
}

interface ClientChange extends Pick<OpenClient, 'basis' | 'certificate'> {
  readonly opened: OpenClient
  readonly made: S2SClient
}

/** Creates the register of clients of one server. */
export function createOwnClients(first: CallingConfiguration): OwnClients {
  let current = first
  const clients = new Set<OpenClient>()
  checkNamedClients(first)

  function open(given: S2SClientOptions | string): S2SClient {
    const client = createReplaceableClient(buildClient(given, current))
    const certificate = certificateOf(given, current)
    const opened: OpenClient = { given, client, basis: basisOf(given, current), certificate }
    clients.add(opened)
    return {
      fetch: client.fetch,
      close: () => {
        clients.delete(opened)
        client.close()
      },
    }
  }

  function prepare(next: CallingConfiguration): () => void {
    checkNamedClients(next)
    const changed = [...clients].flatMap((opened) => changeOf(opened, next))
    return () => {
      current = next
      for (const { opened, basis, certificate, made } of changed) {
        Object.assign(opened, { basis, certificate })
        opened.client.replace(made)
      }
    }
  }

  function close(): void {
    for (const { client } of clients) client.close()
  }

  return { open, prepare, keys: () => keysOf(clients, current.server.clock()), close }
}

/** What an open client becomes under the next configuration; nothing where it stays as it is. */
function changeOf(opened: OpenClient, next: CallingConfiguration): readonly ClientChange[] {
  const basis = basisOf(opened.given, next)
  if (isDeepStrictEqual(basis, opened.basis)) return []
  return [{ opened, basis, certificate: certificateOf(opened.given, next), made: buildClient(opened.given, next) }]
}

function keysOf(clients: Iterable<OpenClient>, now: number): readonly OwnKeyHealth[] {
  const shown = [...clients].flatMap(({ certificate }) => certificate ?? [])
  const certificates = new Map(shown.map(({ x5t, notAfter }) => [x5t, notAfter]))
  return [...certificates].map(([thumbprint, notAfter]) =>
    Object.freeze({ role: 'client', thumbprint, daysLeft: daysUntil(notAfter, now) }),
  )
}

/** What is wrong with one of them is said at once, and not by its first call. */
function checkNamedClients(configuration: CallingConfiguration): void {
  for (const name of Object.keys(configuration.clients)) buildClient(name, configuration).close()
}

function optionsOf(given: S2SClientOptions | string, { clients }: CallingConfiguration): S2SClientOptions {
  if (typeof given !== 'string') return given
  const options = Object.hasOwn(clients, given) ? clients[given] : undefined
  if (options !== undefined) return options
  const path = `clients['${given}']`
  throw new ConfigurationError('ERR_S2S_OPTION_INVALID', `${path} is missing; set it to { target: 'https://...' }`, {
    path,
  })
}

function basisOf(given: S2SClientOptions | string, configuration: CallingConfiguration): readonly unknown[] {
  const { server } = configuration
  const { self, agent, ca } = server.options
  return [optionsOf(given, configuration), self?.clientId, self?.realm, server.signingKeys, agent, ca]
}

function buildClient(given: S2SClientOptions | string, configuration: CallingConfiguration): S2SClient {
  const { server } = configuration
  const { agent, ca } = server.options
  const options = optionsOf(given, configuration)
  const tls = { ...(agent === undefined ? {} : { agent }), ...(ca === undefined ? {} : { ca }) }
  return createS2SClient({ ...tls, ...lifetimeOf(options, server.options), ...options }, callingServer(options, server))
}

function certificateOf(
  given: S2SClientOptions | string,
  configuration: CallingConfiguration,
): ClientCertificate | undefined {
  const { oauth } = optionsOf(given, configuration)
  return oauth === undefined ? undefined : readClientCertificates(oauth).issuer
}

/** Who we are, and our keys. */
export interface Ourselves {
  readonly self: SelfOptions
  readonly keys: SigningKeys
}

/**
 * Who this server is, for what needs our own keys.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` without `self.signingKeys`
 */
export function ourselvesOf({ options: { self }, signingKeys }: S2SServer): Ourselves {
  if (self !== undefined && signingKeys !== undefined) return { self, keys: signingKeys }
  throw new ConfigurationError(
    'ERR_S2S_OPTION_INVALID',
    'self.signingKeys is missing; set self: { ..., signingKeys: { current: { privateKey, certificate } } }',
  )
}

/** Tokens of an OAuth issuer need no key of ours, unless one is to prove who we are. */
function callingServer({ oauth }: S2SClientOptions, server: S2SServer): CallingServer {
  const { clock, context } = server
  if (
    oauth !== undefined &&
    (oauth.authentication.type !== 'private_key_jwt' || oauth.authentication.key !== undefined)
  ) {
    const currentKey = (): SigningKey => ourselvesOf(server).keys.current()
    return { clientId: oauth.clientId, realm: '', currentKey, clock, audit: context.audit }
  }
  const { self, keys } = ourselvesOf(server)
  return { clientId: self.clientId, realm: self.realm, currentKey: keys.current, clock, audit: context.audit }
}

/** A key is retired when its longest token has ended: no token may live longer than that. */
function lifetimeOf(
  { oauth, lifetimeSeconds }: S2SClientOptions,
  { self }: S2SOptions,
): Pick<S2SClientOptions, 'lifetimeSeconds'> {
  const longest = self?.signingKeys?.longestTokenSeconds
  if (oauth !== undefined || longest === undefined) return {}
  if (lifetimeSeconds === undefined) return { lifetimeSeconds: Math.min(longest, 3600) }
  if (lifetimeSeconds <= longest) return {}
  throw new ConfigurationError(
    'ERR_S2S_OPTION_INVALID',
    `lifetimeSeconds must be at most self.signingKeys.longestTokenSeconds (${longest}): a key is retired after that time`,
  )
}
