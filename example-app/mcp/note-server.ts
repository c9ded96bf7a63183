import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import express, { type Express, type RequestHandler } from 'express'
import type { S2S, S2SPrincipal, S2SServerOptions } from 'passport-s2s'
import { createToolServer, noteTools } from './note-tools.ts'

/** Who the note server is, and whom it believes. */
export interface NoteServerOptions {
  readonly common: Pick<S2SServerOptions, 'ca' | 'clock' | 'correlationIdHeader' | 'onAuditEvent'>
  /** The address of the MCP endpoint: callers know it, and authorization servers write it into `aud`. */
  readonly resource: string
  readonly openIdIssuer: string
}

/** How passport-s2s is wired for the note server. */
export function noteOptions({ common, resource, openIdIssuer }: NoteServerOptions): S2SServerOptions {
  return {
    ...common,
    audience: resource,
    trustedIssuers: [{ type: 'openid', name: 'openid provider', issuer: openIdIssuer }],
    resourceMetadata: { advertise: ['openid provider'], challengeScopes: ['notes.read'], name: 'Notes' },
  }
}

/** An MCP server on one path: who may call at all is said by the table, who may use which tool by the tool. */
export function createNoteServer(s2s: S2S): Express {
  const app = express()
  app.disable('x-powered-by')
  app.use(s2s.resourceMetadataRouter(), s2s.protect({ 'ALL /mcp': 'notes.read' }))
  // The body is read only when the caller is known.
  app.post('/mcp', express.json(), createToolGuard(s2s), async (request, response) => {
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true })
    const server = createToolServer()
    response.on('close', () => {
      void server.close()
    })
    await server.connect(transport)
    const auth = authInfoOf(s2s.principalOf(request))
    await transport.handleRequest(Object.assign(request, { auth }), response, request.body)
  })
  app.all('/mcp', (_request, response) => {
    response.status(405).set('Allow', 'POST').end()
  })
  app.use(s2s.errorResponder())
  return app
}

interface ToolCall {
  readonly method?: unknown
  readonly params?: { readonly name?: unknown }
}

/**
 * Which tool is called stands in the body: a rule for it can only be asked when that has been read. A body that was not
 * read here must go no further, for the transport would read it.
 */
function createToolGuard(s2s: S2S): RequestHandler {
  const guards = new Map<unknown, RequestHandler>(
    Object.entries(noteTools).map(([name, { scope }]) => [name, s2s.requirePermission(scope)]),
  )
  return (request, response, next) => {
    const message: unknown = request.body
    if (typeof message !== 'object' || message === null || Array.isArray(message)) {
      response.status(400).json({ error: 'invalid_request', error_description: 'One JSON message at a time.' })
      return
    }
    const { method, params }: ToolCall = message
    const guard = method === 'tools/call' ? guards.get(params?.name) : undefined
    if (guard === undefined) next()
    else void guard(request, response, next)
  }
}

/** What tools see of the caller. The SDK has a place for the token in it: tools have no use for it. */
function authInfoOf({ application, permissions, token }: S2SPrincipal): AuthInfo {
  return { token: '', clientId: application.id, scopes: [...permissions], expiresAt: token.expiresAt }
}
