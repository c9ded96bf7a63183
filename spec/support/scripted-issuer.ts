import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { startHttpsServer, type LocalServer } from './https-server.ts'

/** What a token endpoint answers: a document, or whatever the function does to the response. */
export type ScriptedAnswer = object | ((response: ServerResponse, form: URLSearchParams) => void)

/** An issuer that answers whatever it is told to; the answers may be changed while it runs. */
export interface ScriptedIssuer extends LocalServer {
  /** Default: the issuer and its token endpoint. */
  metadata: ScriptedAnswer
  /** Default: a Bearer token for ten minutes, another one each time (`token-1`). */
  token: ScriptedAnswer
  /** What came to the token endpoint. */
  readonly tokenRequests: readonly { readonly form: URLSearchParams; readonly headers: IncomingHttpHeaders }[]
}

/** Starts an issuer without keys: what it gives out are not JWTs. */
export async function startScriptedIssuer(): Promise<ScriptedIssuer> {
  const tokenRequests: { form: URLSearchParams; headers: IncomingHttpHeaders }[] = []
  const server = await startHttpsServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk
    })
    request.on('end', () => {
      const form = new URLSearchParams(body)
      if (request.url === '/token') {
        tokenRequests.push({ form, headers: request.headers })
        answer(issuer.token, response, form)
      } else if (request.url === '/.well-known/openid-configuration') {
        answer(issuer.metadata, response, form)
      } else response.writeHead(404).end()
    })
  })
  const issuer: ScriptedIssuer = {
    ...server,
    metadata: { issuer: server.url, token_endpoint: `${server.url}/token` },
    token: (response) => {
      const access_token = `token-${tokenRequests.length}`
      sendJson(response, 200, { access_token, token_type: 'Bearer', expires_in: 600 })
    },
    tokenRequests,
  }
  return issuer
}

function answer(scripted: ScriptedAnswer, response: ServerResponse, form: URLSearchParams): void {
  if (typeof scripted === 'function') (scripted as (...parameters: unknown[]) => void)(response, form)
  else sendJson(response, 200, scripted)
}

/** Sends a document as issuers do. */
export function sendJson(response: ServerResponse, status: number, document: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(document))
}
