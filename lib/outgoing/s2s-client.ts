import { z } from 'zod'
import { createAuditLog, type AuditLog } from '../audit/audit-log.ts'
import { OutgoingError } from '../foundation/errors.ts'
import { fetchOptionsSchema } from '../foundation/fetch-json.ts'
import { optionsObject, parseOptions } from '../foundation/parse-options.ts'
import type { S2SPrincipal } from '../identity/principal.ts'
import { exchange } from './https-exchange.ts'
import type { OutgoingUser } from './mint-token.ts'
import { createOutgoingTokenCache, type OutgoingTokenCache, type OutgoingTokenKey } from './outgoing-token-cache.ts'
import { userOf } from './outgoing-user.ts'
import { prepareCall, type PreparedCall } from './prepare-call.ts'
import { createS2STokenSource, type S2STokenOptions } from './s2s-token-source.ts'
import type { CallingServer, DescribedToken, TokenSource } from './token-source.ts'

/** Options of an outgoing client. */
export interface S2SClientOptions extends S2STokenOptions {
  /** https address of the server that is called; only this origin ever gets a token. */
  readonly target: string
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

/** The state of one client: where its tokens come from, and those that are kept. */
class TargetClient {
  private readonly target: URL
  private readonly options: S2SClientOptions
  private readonly audit: AuditLog
  private readonly cache: OutgoingTokenCache
  private readonly source: TokenSource

  constructor(target: URL, options: S2SClientOptions, server: CallingServer) {
    this.target = target
    this.options = options
    this.audit = server.audit ?? createAuditLog({ clock: server.clock })
    this.cache = createOutgoingTokenCache({ clock: server.clock })
    this.source = createS2STokenSource(options, server)
  }

  async fetch(input: string | URL, init: S2SFetchInit): Promise<Response> {
    const call = await prepareCall(this.target, input, init)
    const user = init.onBehalfOf === undefined ? undefined : userOf(init.onBehalfOf)
    const first = await this.send(call, user)
    if (first.answer.status !== 401) return first.answer
    // The token may have expired on the way, the key may have rolled over, or the target may have changed its name.
    await this.cache.drop(first.key, first.token)
    this.source.forget()
    return (await this.send(call, user)).answer
  }

  private async send(
    call: PreparedCall,
    user: OutgoingUser | undefined,
  ): Promise<{ answer: Response; key: OutgoingTokenKey; token: string }> {
    const described = await this.source.describe({
      target: this.target,
      url: call.url,
      ...(user === undefined ? {} : { user }),
    })
    const { token } = await this.cache.get(described.key, () => this.make(described))
    const answer = await call.sendFrom(this.target, async (url, request) => {
      request.headers.set('authorization', `Bearer ${token}`)
      return exchange(url, request, this.options)
    })
    return { answer, key: described.key, token }
  }

  private make({ key, make }: DescribedToken): ReturnType<DescribedToken['make']> {
    const { issuer, kind, application } = key
    this.audit.emit(() => ({
      name: 'token.minted',
      outcome: 'notice',
      issuer,
      kind,
      application: { id: application },
      resource: this.target.origin,
    }))
    return make()
  }
}
