import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js'
import { z } from 'zod'

/** A tool, and what its caller needs. */
interface Tool {
  readonly description: string
  readonly scope: string
  readonly run: (note: string, caller: string) => string
}

/** What is offered and what is guarded come from this one table. */
export const noteTools: Readonly<Record<string, Tool>> = {
  read_note: {
    description: 'Reads a note',
    scope: 'notes.read',
    run: (note, caller) => `note ${note}, read by ${caller}`,
  },
  write_note: {
    description: 'Writes a note',
    scope: 'notes.write',
    run: (note, caller) => `note ${note}, written by ${caller}`,
  },
}

/** An MCP server with these tools; made for each request, so that no two callers share anything. */
export function createToolServer(): McpServer {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  for (const [name, { description, run }] of Object.entries(noteTools)) {
    server.registerTool(name, { description, inputSchema: { note: z.string() } }, ({ note }, { authInfo }) => ({
      content: [{ type: 'text', text: run(note, describe(authInfo)) }],
    }))
  }
  return server
}

function describe(authInfo: AuthInfo | undefined): string {
  if (authInfo === undefined) throw new Error('nobody was authenticated for this call')
  return authInfo.clientId
}
