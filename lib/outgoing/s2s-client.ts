import { z } from 'zod'
import { createAuditLog, type AuditLog } from '../audit/audit-log.ts'
import type { Clock } from '../foundation/clock.ts'
import { OutgoingError } from '../foundation/errors.ts'
import { fetchOptionsSchema } from '../foundation/fetch-json.ts'
import { optionsObject, parseOptions } from '../foundation/parse-options.ts'
import type { S2SPrincipal } from '../identity/principal.ts'
import { readTarget, type KnownTarget, type TargetIdentity } from './discover-target.ts'
import { exchange, type ExchangeOptions } from './https-exchange.ts'
import {
  mintAppOnlyToken,
  mintUserToken,
  type MintingKey,
  type OutgoingUser,
  type TokenSpelling,
} from './mint-token.ts'
import { createOutgoingTokenCache, type OutgoingTokenCache, type OutgoingTokenKey } from './outgoing-token-cache.ts'
import { prepareCall, type PreparedCall } from './prepare-call.ts'
import { userOf } from './outgoing-user.ts'

/** Options of an outgoing client. */
export interface S2SClientOptions extends ExchangeOptions, KnownTarget {
  /** https address of the server that is called; only this origin ever gets a token. */
  readonly target: string
  /** Lifetime of minted tokens. Default 3600, at most 43200. */
  readonly lifetimeSeconds?: number
  /** Default `sharepoint`. */
  readonly spelling?: TokenSpelling
}

/** Who calls: this server. */
export interface CallingServer {
  readonly clientId: string
  readonly realm: string
  /** Signs as this id; the same as `clientId` unless this server is a broker. */
  readonly issuerId?: string
  /** The key of now: a roll-over takes effect on the next token. */
  currentKey(this: void): MintingKey
  readonly clock: Clock
  readonly audit?: AuditLog
}

/** What one call may say beyond `fetch`'s own init. */
export interface S2SFetchInit extends RequestInit {
  /** The user the call is made for: a principal this server authenticated, or identifiers. */
  readonly onBehalfOf?: S2SPrincipal | OutgoingUser
}

/** A `fetch` that brings a token for one target. */
export interface S2SClient {
  /**
   * Calls a path (or an address of the target's origin) as this server, or for a user. Gives the answer whatever its
   * status; after a 401 the token is made anew and the call repeated once.
   *
   * @throws OutgoingError; the reason of an aborted `signal`
   */
  fetch(this: void, input: string | URL, init?: S2SFetchInit): Promise<Response>
}

const clientSchema = optionsObject({
  target: z.string(),
  targetClientId: z.string().min(1).optional(),
  targetRealm: z.string().min(1).optional(),
  lifetimeSeconds: z.number().int().min(60).max(43_200).optional(),
  spelling: z.enum(['sharepoint', 'rfc9068']).optional(),
  agent: fetchOptionsSchema.shape.agent,
  ca: fetchOptionsSchema.shape.ca,
  timeoutMilliseconds: z.number().int().min(1).optional(),
  maximumBytes: z.number().int().min(1).optional(),
})

/**
 * Creates a client for one target.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`; OutgoingError `ERR_S2S_TARGET_NOT_HTTPS`
 */
export function createS2SClient(options: S2SClientOptions, server: CallingServer): S2SClient {
  parseOptions(clientSchema, options, 'options')
  const target = URL.canParse(options.target) ? new URL(options.target) : undefined
  if (target?.protocol !== 'https:') {
    throw new OutgoingError('ERR_S2S_TARGET_NOT_HTTPS', `${options.target} is not an https address`, { side: 'ours' })
  }
  const client = new TargetClient(target, options, server)
  return { fetch: (input, init = {}) => client.fetch(input, init) }
}

/** The state of one client: who the target is, and the tokens for it. */
class TargetClient {
  private readonly target: URL
  private readonly options: S2SClientOptions
  private readonly server: CallingServer
  private readonly audit: AuditLog
  private readonly cache: OutgoingTokenCache
  private identity: Promise<TargetIdentity> | undefined

  constructor(target: URL, options: S2SClientOptions, server: CallingServer) {
    this.target = target
    this.options = options
    this.server = server
    this.audit = server.audit ?? createAuditLog({ clock: server.clock })
    this.cache = createOutgoingTokenCache({ clock: server.clock })
  }

  async fetch(input: string | URL, init: S2SFetchInit): Promise<Response> {
    const call = await prepareCall(this.target, input, init)
    const user = init.onBehalfOf === undefined ? undefined : userOf(init.onBehalfOf)
    const first = await this.send(call, user)
    if (first.answer.status !== 401) return first.answer
    // The token may have expired on the way, the key may have rolled over, or the target may have changed its name.
    await this.cache.drop(first.key, first.token)
    this.identity = undefined
    return (await this.send(call, user)).answer
  }

  private async send(
    call: PreparedCall,
    user: OutgoingUser | undefined,
  ): Promise<{ answer: Response; key: OutgoingTokenKey; token: string }> {
    const identity = await this.discover(call)
    const { key, make } = this.describeToken(identity, user)
    const { token } = await this.cache.get(key, make)
    const answer = await call.sendFrom(this.target, async (url, request) => {
      request.headers.set('authorization', `Bearer ${token}`)
      return exchange(url, request, this.options)
    })
    return { answer, key, token }
  }

  /** Asks the target once who it is; a failed attempt is not remembered. */
  private discover(call: PreparedCall): Promise<TargetIdentity> {
    const { targetClientId, targetRealm } = this.options
    if (targetClientId !== undefined && targetRealm !== undefined) {
      return Promise.resolve({ clientId: targetClientId, realm: targetRealm })
    }
    this.identity ??= this.askTarget(call.url).catch((error: unknown) => {
      this.identity = undefined
      throw error
    })
    return this.identity
  }

  private async askTarget(url: URL): Promise<TargetIdentity> {
    const request = {
      method: 'GET',
      headers: new Headers({ authorization: 'Bearer' }),
      body: undefined,
      signal: undefined,
    }
    return readTarget(await exchange(url, request, this.options), this.options, this.issuer)
  }

  private get issuer(): string {
    return `${this.server.issuerId ?? this.server.clientId}@${this.server.realm}`
  }

  private describeToken(
    { clientId, realm }: TargetIdentity,
    user: OutgoingUser | undefined,
  ): { key: OutgoingTokenKey; make: () => ReturnType<typeof mintAppOnlyToken> } {
    const { clock } = this.server
    const signingKey = this.server.currentKey()
    const { lifetimeSeconds, spelling } = this.options
    const application = `${this.server.clientId}@${this.server.realm}`
    const audience = `${clientId}/${this.target.host}@${realm}`
    const input = { issuer: this.issuer, application, audience, clock, ...defined({ lifetimeSeconds, spelling }) }
    const key: OutgoingTokenKey = {
      issuer: this.issuer,
      application,
      audience,
      realm,
      user: user === undefined ? [] : [user.nameid, user.nii, user.upn, user.smtp, user.sip],
      kind: user === undefined ? 'app' : 'user+app',
      keyId: signingKey.kid,
    }
    const make = (): ReturnType<typeof mintAppOnlyToken> => {
      this.auditMint(key)
      return user === undefined ? mintAppOnlyToken(signingKey, input) : mintUserToken(signingKey, input, user)
    }
    return { key, make }
  }

  private auditMint({ issuer, kind, application }: OutgoingTokenKey): void {
    this.audit.emit(() => ({
      name: 'token.minted',
      outcome: 'notice',
      issuer,
      kind,
      application: { id: application },
      resource: this.target.origin,
    }))
  }
}

function defined<T extends object>(values: T): { [Name in keyof T]: NonNullable<T[Name]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}
