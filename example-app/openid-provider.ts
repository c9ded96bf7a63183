import { generateKeyPairSync, randomUUID } from 'node:crypto'
import type { RequestListener } from 'node:http'
import Provider from 'oidc-provider'
import { call } from './call.ts'
import type { OwnCertificate } from './certificates.ts'
import { listen } from './listen.ts'
import type { RunningServer } from './serve.ts'

/** A real OpenID provider, for OAuth tokens beside the S2S ones. */
export interface OpenIdProvider extends RunningServer {
  /** Programs with the MCP SDK: one proves itself with a secret, the other signs for itself (RFC 7523). */
  readonly assistants: Assistants
  /** Asks for an access token with the client's secret (RFC 6749 section 4.4) for one resource (RFC 8707). */
  token(resource: string, scope: string): Promise<string>
}

const client = { id: 'billing', secret: 'a secret of this run only' }
/** Clients that may use notes. */
export interface Assistants {
  readonly withSecret: { readonly clientId: string; readonly clientSecret: string }
  readonly withKey: { readonly clientId: string; readonly privateKeyPem: string }
}

const scopes = ['documents.read', 'documents.write', 'notes.read', 'notes.write']

/**
 * Starts the provider; its keys and secrets live as long as this process.
 *
 * @param watch is given what serves its requests, and gives what shall serve them
 */
export async function startOpenIdProvider(
  certificate: OwnCertificate,
  watch: (listener: RequestListener) => RequestListener = (listener) => listener,
): Promise<OpenIdProvider> {
  // The provider must know its own address, so it is made after its server listens.
  const server = await listen(certificate)
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const assistants: Assistants = {
    withSecret: { clientId: 'assistant', clientSecret: randomUUID() },
    withKey: {
      clientId: 'keyed-assistant',
      privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    },
  }
  const keyed = { jwks: { keys: [publicKey.export({ format: 'jwk' })] }, token_endpoint_auth_method: 'private_key_jwt' }
  const handle = new Provider(server.url, {
    ...createConfiguration(),
    clients: [
      machineClient({ client_id: client.id, client_secret: client.secret }),
      machineClient({ client_id: assistants.withSecret.clientId, client_secret: assistants.withSecret.clientSecret }),
      machineClient({ client_id: assistants.withKey.clientId, ...keyed }),
    ],
  }).callback()
  server.serve(watch((request, response) => void handle(request, response)))
  return {
    ...server,
    assistants,
    token: (resource, scope) => requestToken(server.url, certificate, { resource, scope }),
  }
}

function machineClient(metadata: object): object {
  return { grant_types: ['client_credentials'], redirect_uris: [], response_types: [], ...metadata }
}

function createConfiguration(): object {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    scopes,
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({ scope: scopes.join(' '), accessTokenFormat: 'jwt' }),
      },
    },
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'first' }] },
    cookies: { keys: ['unused: nobody signs in here'] },
    ttl: { ClientCredentials: 600 },
  }
}

async function requestToken(
  providerUrl: string,
  certificate: OwnCertificate,
  request: { readonly resource: string; readonly scope: string },
): Promise<string> {
  const { status, body } = await call(`${providerUrl}/token`, {
    ca: certificate.certificatePem,
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${client.id}:${encodeURIComponent(client.secret)}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...request }).toString(),
  })
  if (status !== 200) throw new Error(`the provider refused the client: ${body}`)
  return (JSON.parse(body) as { access_token: string }).access_token
}
