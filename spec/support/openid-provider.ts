import { randomBytes, type JsonWebKey } from 'node:crypto'
import { createServer, request as httpsRequest, type Server, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { RequestListener } from 'node:http'
import type { TLSSocket } from 'node:tls'
import Provider from 'oidc-provider'
import { makeLocalhostTls, type TestCertificate } from './certificates.ts'
import { makeKeyPair, type KeyType } from './key-pairs.ts'

/** How an access token of the provider is signed; `opaque` is no JWT at all. */
export type TokenStyle = 'RS256' | 'ES256' | 'PS256' | 'opaque'

/** A released OpenID provider (oidc-provider) on https, that can be stopped, started again and given new keys. */
export interface RunningOpenIdProvider {
  readonly issuer: string
  readonly ca: string
  /** Method and target of every request so far. */
  readonly requests: readonly string[]
  /** An access token for the client `billing` (RFC 6749 section 4.4), for one resource (RFC 8707). */
  token(style: TokenStyle, scope?: string): Promise<string>
  /** Whether proofs for its token endpoint must carry a nonce of its own. Default `false`. */
  wantsNonces: boolean
  /** The provider goes on with new keys and new key ids. */
  rotateKeys(): void
  /** Closes the port: from now on nobody answers. */
  stop(): Promise<void>
  /** Listens on the same port again. */
  start(): Promise<void>
}

/** What a provider knows besides `billing`. */
export interface OpenIdProviderOptions {
  /** Client metadata of RFC 7591; each is one that may ask for tokens of its own. */
  readonly clients?: readonly object[]
  /** Certificates (PEM) whose TLS clients `tls_client_auth` believes. Self-signed ones are looked at in any case. */
  readonly clientAuthorities?: readonly string[]
}

const client = { id: 'billing', secret: 'a-secret-of-this-run-only' }
const keyTypes: Readonly<Record<Exclude<TokenStyle, 'opaque'>, KeyType>> = {
  RS256: 'rsa2048',
  ES256: 'ec256',
  PS256: 'rsa2048',
}
/** RSA keys cost about 100 ms: the algorithm that is there to be refused has one for all. */
const refusedKeyPair = makeKeyPair('rsa2048')

/** Starts the provider; its tokens carry `audience` in `aud` and live ten minutes. */
export async function startOpenIdProvider(
  audience: string,
  options: OpenIdProviderOptions = {},
): Promise<RunningOpenIdProvider> {
  const tls = await makeLocalhostTls()
  const requests: string[] = []
  const current: { handle?: RequestListener } = {}
  const serverOptions = { cert: tls.certificatePem, key: tls.privateKeyPem, ...mutualTlsOf(options) }
  const server = createServer(serverOptions, (request, response) => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`)
    current.handle?.(request, response)
  })
  const port = await listen(server, 0)
  const issuer = `https://localhost:${port}`
  let generation = 0
  const makeHandle = (): void => {
    const { clients, ...others } = configuration(audience, generation, () => provider.wantsNonces)
    const all = { ...others, clients: [...clients, ...(options.clients ?? []).map(machineClient)] }
    const handle = new Provider(issuer, all).callback()
    current.handle = (request, response) => void handle(request, response)
    generation += 1
  }
  const provider: RunningOpenIdProvider = {
    issuer,
    ca: tls.ca,
    requests,
    wantsNonces: false,
    token: (style, scope = 'reports.read') =>
      requestToken(`${issuer}/token`, tls.ca, {
        grant_type: 'client_credentials',
        resource: `urn:reports:${style}`,
        scope,
      }),
    rotateKeys: makeHandle,
    stop: () => stop(server),
    start: async () => {
      await listen(server, port)
    },
  }
  makeHandle()
  return provider
}

/** The provider asks for a certificate and judges it itself: a client without one may have a secret. */
function mutualTlsOf({ clientAuthorities = [] }: OpenIdProviderOptions): ServerOptions {
  return { requestCert: true, rejectUnauthorized: false, ca: [...clientAuthorities] }
}

/** A client that is known by certificates of its own, and whose tokens are bound to the one it shows. */
export function certificateClient(client_id: string, ...certificates: readonly TestCertificate[]): object {
  return {
    client_id,
    token_endpoint_auth_method: 'self_signed_tls_client_auth',
    tls_client_certificate_bound_access_tokens: true,
    jwks: {
      keys: certificates.map(({ publicKey, derBase64 }, index) => {
        return { ...publicKey.export({ format: 'jwk' }), kid: String(index), use: 'sig', x5c: [derBase64] }
      }),
    },
  }
}

function machineClient(metadata: object): object {
  return { grant_types: ['client_credentials'], redirect_uris: [], response_types: [], ...metadata }
}

/** What oidc-provider asks of TLS; it hands over its Koa context. */
interface TlsContext {
  readonly req: { readonly socket: TLSSocket }
}

const clientAuthMethods = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'tls_client_auth',
  'self_signed_tls_client_auth',
]

const mutualTls = {
  enabled: true,
  tlsClientAuth: true,
  selfSignedTlsClientAuth: true,
  certificateBoundAccessTokens: true,
  getCertificate: ({ req }: TlsContext) => req.socket.getPeerX509Certificate(),
  certificateAuthorized: ({ req }: TlsContext) => req.socket.authorized,
  certificateSubjectMatches: ({ req }: TlsContext, _property: string, expected: string) =>
    req.socket.getPeerX509Certificate()?.subject === expected,
}

interface ProviderConfiguration {
  readonly clients: readonly object[]
  readonly [option: string]: unknown
}

function configuration(audience: string, generation: number, wantsNonces: () => boolean): ProviderConfiguration {
  const scope = 'reports.read reports.write'
  return {
    clients: [machineClient({ client_id: client.id, client_secret: client.secret })],
    scopes: scope.split(' '),
    clientAuthMethods,
    features: {
      mTLS: mutualTls,
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: wantsNonces },
      introspection: { enabled: true },
      devInteractions: { enabled: false },
      revocation: { enabled: true },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context: unknown, resource: string) => {
          const style = resource.slice('urn:reports:'.length)
          if (style === 'opaque') return { scope, audience, accessTokenFormat: 'opaque' }
          return { scope, audience, accessTokenFormat: 'jwt', jwt: { sign: { alg: style } } }
        },
      },
    },
    jwks: { keys: Object.entries(keyTypes).map(([alg, type]) => makeJwk(alg, type, generation)) },
    cookies: { keys: ['unused: nobody signs in here'] },
    ttl: { ClientCredentials: 600 },
  }
}

function makeJwk(alg: string, type: KeyType, generation: number): JsonWebKey {
  const { privateKey } = alg === 'PS256' ? refusedKeyPair : makeKeyPair(type)
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg, kid: `${alg}-${generation}` }
}

function requestToken(url: string, ca: string, form: Readonly<Record<string, string>>): Promise<string> {
  const headers = {
    authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`,
    'content-type': 'application/x-www-form-urlencoded',
  }
  return new Promise((resolve, reject) => {
    const request = httpsRequest(url, { method: 'POST', headers, ca, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
      })
      response.on('error', reject)
      response.on('end', () => {
        const answer = JSON.parse(body) as { access_token?: string; error?: string }
        if (answer.access_token === undefined) reject(new Error(`the provider refused: ${body}`))
        else resolve(answer.access_token)
      })
    })
    request.on('error', reject)
    request.end(new URLSearchParams(form).toString())
  })
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return (server.address() as AddressInfo).port
}

async function stop(server: Server): Promise<void> {
  if (!server.listening) return
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}
