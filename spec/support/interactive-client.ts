// A program of its own: the client of the MCP SDK for an application with a user in front of it. It brings a token, and
// tells where the SDK would send the user for another one.
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'

interface Instructions {
  readonly url: string
  readonly tool: string
  readonly issuer: string
  readonly clientId: string
  readonly accessToken: string
}

const { url, tool, issuer, clientId, accessToken } = JSON.parse(process.env['ASSISTANT'] ?? '{}') as Instructions
const asked: string[] = []
const authProvider: OAuthClientProvider = {
  redirectUrl: 'https://assistant.example/callback',
  clientMetadata: { redirect_uris: ['https://assistant.example/callback'] },
  clientInformation: () => ({ client_id: clientId, issuer }),
  tokens: () => ({ access_token: accessToken, token_type: 'Bearer', issuer }),
  saveTokens: () => undefined,
  saveCodeVerifier: () => undefined,
  codeVerifier: () => '',
  redirectToAuthorization: (address) => {
    asked.push(address.href)
  },
}
const client = new Client({ name: 'interactive', version: '1.0.0' })
try {
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { authProvider }))
  await client.callTool({ name: tool, arguments: { note: '7' } })
} catch (error) {
  console.log(JSON.stringify({ failed: (error as Error).message, asked }))
} finally {
  await client.close()
}
