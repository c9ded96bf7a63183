import { OutgoingError } from '../foundation/errors.ts'
import { createCallAudit, type CallAudit } from './call-audit.ts'
import { chooseIssuer, type ChosenIssuer } from './choose-issuer.ts'
import { untilAborted } from './deadline.ts'
import { discoverTarget, type KnownTarget, type TargetIdentity } from './discover-target.ts'
import type { ExchangeOptions } from './https-exchange.ts'
import { mintAppOnlyToken, mintUserToken, type MintInput, type TokenSpelling } from './mint-token.ts'
import type { OutgoingToken, OutgoingTokenKey } from './outgoing-token-cache.ts'
import type { CallingServer, DescribedToken, TokenRequest, TokenSource } from './token-source.ts'

/** What tokens we sign for one target look like. */
export interface S2STokenOptions extends ExchangeOptions, KnownTarget {
  /**
   * The path that is asked who the target is, such as `/_vti_bin/client.svc` of SharePoint. Default: the path of the call
   * that comes first, without its query; give one where some paths are open to everybody.
   */
  readonly discoveryPath?: string
  /** Lifetime of minted tokens. Default 3600, at most 43200. */
  readonly lifetimeSeconds?: number
  /** Default `sharepoint`. With `rfc9068` the target is never asked who it is, and calls name no user. */
  readonly spelling?: TokenSpelling
  /** Only with `rfc9068`: what the target wants in `aud`. Default: its origin. */
  readonly audience?: string
  /** Only with `rfc9068`: what the target knows us by in `iss`, such as the `issuerUrl` of our metadata. Default: `id@realm`. */
  readonly issuer?: string
}

/**
 * Creates a source of tokens that this server signs itself. Asks the target once who it is, for all calls together, and
 * again after a 401; a failed attempt is not remembered.
 */
export function createS2STokenSource(options: S2STokenOptions, server: CallingServer): TokenSource {
  const source = new S2STokenSource(options, server)
  return {
    describe: (request) => source.describe(request),
    forget: (refused) => {
      source.forget(refused)
    },
  }
}

type TokenNames = ChosenIssuer & Pick<MintInput, 'audience'> & { readonly realm: string }

class S2STokenSource {
  private readonly options: S2STokenOptions
  private readonly server: CallingServer
  private readonly audit: CallAudit
  private discovery: Promise<TargetIdentity> | undefined
  /** From what was known of the target a token was described. */
  private readonly discoveryOf = new WeakMap<DescribedToken, Promise<TargetIdentity>>()

  constructor(options: S2STokenOptions, server: CallingServer) {
    this.options = options
    this.server = server
    this.audit = createCallAudit(server)
  }

  /** When another call has asked again in the meantime, what it learnt is kept: many refused calls ask once. */
  forget(refused?: DescribedToken): void {
    if (refused === undefined || this.discoveryOf.get(refused) === this.discovery) this.discovery = undefined
  }

  async describe(request: TokenRequest): Promise<DescribedToken> {
    this.checkRequest(request)
    if (this.options.spelling === 'rfc9068') return this.describeToken(this.accessTokenNames(request), request)
    const discovery = (this.discovery ??= this.discover(request))
    const names = this.s2sNames(request, await untilAborted(discovery, request.signal))
    const described = this.describeToken(names, request)
    this.discoveryOf.set(described, discovery)
    return described
  }

  private checkRequest({ user, subjectToken, signal }: TokenRequest): void {
    signal?.throwIfAborted()
    if (subjectToken !== undefined) throw impossible('subjectToken is for clients with the option oauth')
    if (user !== undefined && this.options.spelling === 'rfc9068') {
      throw impossible('an RFC 9068 token of ours names no user; use the option oauth and subjectToken')
    }
  }

  /** Not bound to the signal of the call that happens to come first: others wait for the same answer. */
  private discover({ target, url }: TokenRequest): Promise<TargetIdentity> {
    const { targetClientId, targetRealm, discoveryPath } = this.options
    if (targetClientId !== undefined && targetRealm !== undefined) {
      return Promise.resolve({ clientId: targetClientId, realm: targetRealm, trustedIssuers: undefined })
    }
    // Never resolved against the target: a path that begins with // would name another host.
    const asked = new URL(target)
    asked.pathname = discoveryPath ?? url.pathname
    asked.search = ''
    const discovery = discoverTarget(asked, this.options, this.options)
    discovery.catch(() => {
      if (this.discovery === discovery) this.discovery = undefined
    })
    return discovery
  }

  private s2sNames({ target }: TokenRequest, identity: TargetIdentity): TokenNames {
    const { clientId, realm } = identity
    return { ...chooseIssuer(identity, this.server), audience: `${clientId}/${target.host}@${realm}`, realm }
  }

  private accessTokenNames({ target }: TokenRequest): TokenNames {
    const { clientId, issuerId = clientId, realm } = this.server
    const { audience = target.origin, issuer = `${issuerId}@${realm}` } = this.options
    return { issuer, application: clientId, audience, realm: '' }
  }

  private describeToken({ realm, ...names }: TokenNames, { target, user }: TokenRequest): DescribedToken {
    const signingKey = this.server.currentKey()
    const { lifetimeSeconds = 3600, spelling = 'sharepoint' } = this.options
    const input: MintInput = { ...names, clock: this.server.clock, lifetimeSeconds, spelling }
    const key: OutgoingTokenKey = {
      ...names,
      realm,
      user: user === undefined ? [] : [user.nameid, user.nii, user.upn, user.smtp, user.sip],
      kind: user === undefined ? 'app' : 'user+app',
      keyId: signingKey.kid,
    }
    const make = async (): Promise<OutgoingToken> => {
      const made = await (user === undefined
        ? mintAppOnlyToken(signingKey, input)
        : mintUserToken(signingKey, input, user))
      this.audit.minted(made.token, { key, user, target })
      return made
    }
    return { key, make }
  }
}

function impossible(reason: string): OutgoingError {
  return new OutgoingError('ERR_S2S_OUTGOING_REQUEST_INVALID', reason, { side: 'ours' })
}
