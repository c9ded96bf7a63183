import https from 'node:https'
import { callChannel } from '../audit/diagnostics-channels.ts'
import { OutgoingError } from '../foundation/errors.ts'
import type { S2SPrincipal } from '../identity/principal.ts'
import { createCallAudit, type CallAudit } from './call-audit.ts'
import { readTargetAddress, type S2SClientOptions } from './client-options.ts'
import { untilAborted, withDeadline } from './deadline.ts'
import { followRedirects } from './follow-redirects.ts'
import { defaultTimeoutMilliseconds, lateError } from './https-exchange.ts'
import type { OutgoingUser } from './mint-token.ts'
import { createOutgoingTokenCache, type OutgoingTokenCache } from './outgoing-token-cache.ts'
import { userOfCall } from './outgoing-user.ts'
import { prepareCall, type CallInit, type PreparedCall } from './prepare-call.ts'
import type { TokenSender } from './token-sender.ts'
import { createTokenWays } from './token-ways.ts'
import { traceCall } from './trace-call.ts'
import type { CallingServer, DescribedToken, TokenRequest, TokenSource } from './token-source.ts'

/** What one call may say: of `fetch`'s own init what `CallInit` has, and for whom it is made. */
export interface S2SFetchInit extends CallInit {
  /**
   * The user the call is made for: a principal this server authenticated, or identifiers. Without it the call is made as
   * the application itself; a member that is there but `undefined` is refused, so that no user call becomes one by mistake.
   */
  readonly onBehalfOf?: S2SPrincipal | OutgoingUser
  /** Only with the option `oauth`: the token of the incoming call, which is exchanged for one that names the same user. */
  readonly subjectToken?: string
}

/** A `fetch` that brings a token for one target. */
export interface S2SClient {
  /**
   * Calls a path (or an address of the target's origin) as this server, or for a user. Gives the answer whatever its
   * status; after a 401 the token is made anew and the call repeated once, and with DPoP each of the two once more when the
   * target wants its nonce in the proof. The body is read into memory first, and so is
   * the answer's. Redirects of GET and HEAD are followed within the target's origin only. Cookies are neither kept nor sent
   * unless the call has a `Cookie` header.
   *
   * @throws OutgoingError whose `side` says who must act; the reason of an aborted `signal`
   */
  fetch(this: void, input: string | URL, init?: S2SFetchInit): Promise<Response>
  /** Ends what is under way with an error, closes kept connections (but not those of a given `agent`), and refuses further calls. */
  close(this: void): void
}

/** Idle connections are closed before Node's servers do so (5 s), so that no call meets one that is closing. */
const idleMilliseconds = 4000
/** Further calls wait: a handshake costs both sides more than most calls do. */
const maximumConnections = 50

/**
 * Creates a client for one target. It keeps tokens until shortly before they expire, and at most fifty connections (unless
 * an `agent` is given) until they are idle for four seconds; further calls wait for one within their time.
 *
 * Does not check that the target trusts us: the first call finds out.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` (also an agent that checks no certificates), `ERR_S2S_OPTION_UNKNOWN`;
 * OutgoingError `ERR_S2S_TARGET_NOT_HTTPS`
 */
export function createS2SClient(options: S2SClientOptions, server: CallingServer): S2SClient {
  const target = readTargetAddress(options)
  const client = new TargetClient(target, options, server)
  return {
    fetch: (input, init = {}) => client.fetch(input, init),
    close: () => {
      client.close()
    },
  }
}

type CallRequest = Required<Pick<TokenRequest, 'signal'>> & Pick<TokenRequest, 'user' | 'subjectToken'>

/** The state of one client: where its tokens come from, those that are kept, and its connections. */
class TargetClient {
  private readonly target: URL
  private readonly options: S2SClientOptions
  private readonly ownAgent = new https.Agent({
    keepAlive: true,
    timeout: idleMilliseconds,
    maxSockets: maximumConnections,
    rejectUnauthorized: true,
  })
  private readonly closing = new AbortController()
  private readonly audit: CallAudit
  private readonly cache: OutgoingTokenCache
  private readonly source: TokenSource
  private readonly sender: TokenSender
  /** What messages of the call channel carry. */
  private readonly channelSource: object

  constructor(target: URL, options: S2SClientOptions, server: CallingServer) {
    this.target = target
    this.options = { ...options }
    this.audit = createCallAudit(server)
    this.channelSource = server.audit?.source ?? Object.freeze({})
    this.cache = createOutgoingTokenCache({ clock: server.clock })
    const ways = createTokenWays({ ...options, agent: options.agent ?? this.ownAgent }, server)
    this.source = ways.source
    this.sender = ways.sender
  }

  close(): void {
    const closed = new OutgoingError('ERR_S2S_OUTGOING_REQUEST_INVALID', 'the client is closed', { side: 'ours' })
    this.closing.abort(closed)
    this.ownAgent.destroy()
  }

  fetch(input: string | URL, init: S2SFetchInit): Promise<Response> {
    if (!callChannel.hasSubscribers) return this.callAudited(input, init)
    const call = (): Promise<Response> => this.callAudited(input, init)
    return traceCall({ source: this.channelSource, target: this.target, method: init.method ?? 'GET', call })
  }

  private async callAudited(input: string | URL, init: S2SFetchInit): Promise<Response> {
    try {
      return await this.call(input, init)
    } catch (error) {
      this.audit.failed(error, this.target)
      throw error
    }
  }

  private async call(input: string | URL, init: S2SFetchInit): Promise<Response> {
    const user = userOfCall(init, this.options.userAttributes)
    const { subjectToken } = init
    const call = await prepareCall(this.target, input, init)
    const deadline = {
      milliseconds: this.options.timeoutMilliseconds ?? defaultTimeoutMilliseconds,
      signals: [init.signal ?? undefined, this.closing.signal],
      late: () => lateError(this.target.origin),
    }
    return withDeadline(deadline, (signal) =>
      this.sendTwice(call, {
        signal,
        ...(user === undefined ? {} : { user }),
        ...(subjectToken === undefined ? {} : { subjectToken }),
      }),
    )
  }

  /** The token may have expired on the way, the key may have rolled over, or the target may have changed its name. */
  private async sendTwice(call: PreparedCall, request: CallRequest): Promise<Response> {
    const first = await this.obtainToken(call, request)
    const answer = await this.send(call, first.token, request)
    if (answer.status !== 401) return answer
    if (this.sender.isAboutNonce(answer)) {
      this.audit.refused({ key: first.described.key, user: request.user, target: this.target }, nonceRefused)
      return answer
    }
    this.cache.drop(first.described.key, first.token)
    this.source.forget(first.described)
    const second = await this.obtainToken(call, request)
    // The same token (made within one second) would get the same answer.
    const last = second.token === first.token ? answer : await this.send(call, second.token, request)
    if (last.status === 401) {
      this.audit.refused({ key: second.described.key, user: request.user, target: this.target })
    }
    return last
  }

  private async obtainToken(
    { url }: PreparedCall,
    request: CallRequest,
  ): Promise<{ described: DescribedToken; token: string }> {
    const described = await this.source.describe({ target: this.target, url, ...request })
    const { token } = await untilAborted(this.cache.get(described.key, described.make), request.signal)
    return { described, token }
  }

  private send(call: PreparedCall, token: string, { signal }: CallRequest): Promise<Response> {
    return followRedirects(call, (url, message) => this.sender.send(token, url, { ...message, signal }))
  }
}

const nonceRefused = 'the target answered 401 to a proof with the nonce that it had just asked for'
