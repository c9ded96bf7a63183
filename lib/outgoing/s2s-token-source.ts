import type { OutgoingTokenKey } from './outgoing-token-cache.ts'
import { readTarget, type KnownTarget, type TargetIdentity } from './discover-target.ts'
import { exchange, type ExchangeOptions } from './https-exchange.ts'
import { mintAppOnlyToken, mintUserToken, type TokenSpelling } from './mint-token.ts'
import type { CallingServer, DescribedToken, TokenRequest, TokenSource } from './token-source.ts'

/** What tokens we sign for one target look like. */
export interface S2STokenOptions extends ExchangeOptions, KnownTarget {
  /** Lifetime of minted tokens. Default 3600, at most 43200. */
  readonly lifetimeSeconds?: number
  /** Default `sharepoint`. */
  readonly spelling?: TokenSpelling
}

/** Creates a source of tokens that this server signs itself, for a target that says who it is. */
export function createS2STokenSource(options: S2STokenOptions, server: CallingServer): TokenSource {
  const source = new S2STokenSource(options, server)
  return {
    describe: (request) => source.describe(request),
    forget: () => {
      source.forget()
    },
  }
}

class S2STokenSource {
  private readonly options: S2STokenOptions
  private readonly server: CallingServer
  private identity: Promise<TargetIdentity> | undefined

  constructor(options: S2STokenOptions, server: CallingServer) {
    this.options = options
    this.server = server
  }

  forget(): void {
    this.identity = undefined
  }

  async describe(request: TokenRequest): Promise<DescribedToken> {
    const { target, user } = request
    const { clientId, realm } = await this.discover(request.url)
    const { clock } = this.server
    const signingKey = this.server.currentKey()
    const { lifetimeSeconds, spelling } = this.options
    const application = `${this.server.clientId}@${this.server.realm}`
    const audience = `${clientId}/${target.host}@${realm}`
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
    return {
      key,
      make: () => (user === undefined ? mintAppOnlyToken(signingKey, input) : mintUserToken(signingKey, input, user)),
    }
  }

  /** Asks the target once who it is; a failed attempt is not remembered. */
  private discover(url: URL): Promise<TargetIdentity> {
    const { targetClientId, targetRealm } = this.options
    if (targetClientId !== undefined && targetRealm !== undefined) {
      return Promise.resolve({ clientId: targetClientId, realm: targetRealm })
    }
    this.identity ??= this.askTarget(url).catch((error: unknown) => {
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
}

function defined<T extends object>(values: T): { [Name in keyof T]: NonNullable<T[Name]> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never
}
