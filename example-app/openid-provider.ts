import { generateKeyPairSync } from 'node:crypto'
import Provider from 'oidc-provider'
import { call } from './call.ts'
import type { OwnCertificate } from './certificates.ts'
import { serveHttps, type RunningServer } from './serve.ts'

/** A real OpenID provider with one client, for OAuth tokens beside the S2S ones. */
export interface OpenIdProvider extends RunningServer {
  /** Asks for an access token with the client's secret (RFC 6749 section 4.4) for one resource (RFC 8707). */
  token(resource: string, scope: string): Promise<string>
}

const client = { id: 'billing', secret: 'a secret of this run only' }

/** Starts the provider; its keys live as long as this process. */
export async function startOpenIdProvider(certificate: OwnCertificate): Promise<OpenIdProvider> {
  // The provider must know its own address, so it is made after its server listens.
  const provider: { handle?: ReturnType<Provider['callback']> } = {}
  const server = await serveHttps(certificate, (request, response) => {
    void provider.handle?.(request, response)
  })
  provider.handle = new Provider(server.url, createConfiguration()).callback()
  return { ...server, token: (resource, scope) => requestToken(server.url, certificate, { resource, scope }) }
}

function createConfiguration(): object {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  return {
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    scopes: ['documents.read', 'documents.write'],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({ scope: 'documents.read documents.write', accessTokenFormat: 'jwt' }),
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
