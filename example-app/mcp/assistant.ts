// A program of its own: the client of the MCP SDK as it is shipped, with nothing of passport-s2s and nothing of this
// example in it. It is told where the notes are and who it is; where to get a token it finds out.
import { ClientCredentialsProvider, PrivateKeyJwtProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'

interface Instructions {
  readonly url: string
  readonly tool: string
  /** The authorization server that the assistant knows: its secret is sent to no other. */
  readonly issuer: string
  readonly clientId: string
  readonly scope: string
  readonly clientSecret?: string
  readonly privateKeyPem?: string
}

const {
  url,
  tool,
  issuer,
  clientId,
  scope,
  clientSecret = '',
  privateKeyPem,
} = JSON.parse(process.env['ASSISTANT'] ?? '{}') as Instructions

const known = { clientId, scope, expectedIssuer: issuer }
const authProvider =
  privateKeyPem === undefined
    ? new ClientCredentialsProvider({ ...known, clientSecret })
    : new PrivateKeyJwtProvider({ ...known, privateKey: privateKeyPem, algorithm: 'ES256' })
const client = new Client({ name: 'assistant', version: '1.0.0' })
try {
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { authProvider }))
  const { tools } = await client.listTools()
  const { content } = await client.callTool({ name: tool, arguments: { note: '7' } })
  console.log(JSON.stringify({ tools: tools.map(({ name }) => name), content }))
} catch (error) {
  const { code, message } = error as { readonly code?: number; readonly message: string }
  console.log(JSON.stringify({ failed: message, code }))
} finally {
  await client.close()
}
