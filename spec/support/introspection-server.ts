import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../../lib/foundation/clock.ts'
import type { IntrospectionIssuerOptions } from '../../lib/trust/introspection/introspection-options.ts'
import type { Fault } from './failing-issuer.ts'
import { startHttpsServer } from './https-server.ts'
import { oauthAudience } from './world.ts'

/** One question as it came in. */
export interface Question {
  readonly headers: IncomingMessage['headers']
  readonly form: Readonly<Record<string, string>>
}

/** An issuer of opaque tokens over real TLS that answers what it is told to. */
export interface IntrospectionServer {
  readonly issuer: string
  readonly ca: string
  /** Method and target of every request so far. */
  readonly requests: readonly string[]
  readonly questions: readonly Question[]
  /** Makes a token that is active, with this answer beside the usual members; `undefined` leaves a member out. */
  token(changes?: Readonly<Record<string, unknown>>, prefix?: string): string
  /** The same for a text that is made elsewhere, such as a JWT. */
  activate(token: string, changes?: Readonly<Record<string, unknown>>): void
  /** The usual answer with other members, as JSON. */
  answer(changes?: Readonly<Record<string, unknown>>): string
  revoke(token: string): void
  /** Answers in the endpoint's place; changed while it runs. */
  fault: Fault | undefined
  /** The trust in it; its name is `asked`. */
  trust(changes?: Partial<IntrospectionIssuerOptions>): IntrospectionIssuerOptions
  close(): Promise<void>
}

/** What this server is called at the issuer, and proves it with. */
export const introspectionClient = { id: 'reports', secret: 'a-secret-of-this-run-only' }

/** Starts it; its tokens are for `oauthAudience`, and of the application `billing` on its own. */
export async function startIntrospectionServer(clock: Clock): Promise<IntrospectionServer> {
  const active = new Map<string, string>()
  const questions: Question[] = []
  const server = await startHttpsServer((request, response) => {
    if (request.url === '/.well-known/openid-configuration') {
      sendJson(response, JSON.stringify({ issuer: server.url, introspection_endpoint: `${server.url}/introspect` }))
    } else if (request.url === '/introspect' && request.method === 'POST') {
      void readForm(request).then((form) => {
        questions.push({ headers: request.headers, form })
        if (running.fault?.answer !== undefined) running.fault.answer(request, response)
        else answerQuestion(request, response, active.get(form['token'] ?? ''))
      })
    } else response.writeHead(404).end()
  })

  function answer(changes: Readonly<Record<string, unknown>> = {}): string {
    const now = Math.floor(clock())
    const usual = { active: true, iss: server.url, aud: oauthAudience, client_id: 'billing', sub: 'billing' }
    const rest = { scope: 'reports.read', token_type: 'Bearer', iat: now, exp: now + 600 }
    return JSON.stringify({ ...usual, ...rest, ...changes })
  }

  const running: IntrospectionServer = {
    issuer: server.url,
    ca: server.ca,
    requests: server.requests,
    questions,
    token: (changes = {}, prefix = '') => {
      const token = prefix + randomBytes(32).toString('base64url')
      running.activate(token, changes)
      return token
    },
    activate: (token, changes) => {
      active.set(token, answer(changes))
    },
    answer,
    revoke: (token) => active.delete(token),
    fault: undefined,
    trust: (changes = {}) => ({
      ...{ type: 'introspection', name: 'asked', issuer: server.url, ca: server.ca },
      clientId: introspectionClient.id,
      authentication: { type: 'client_secret_basic', secret: introspectionClient.secret },
      ...changes,
    }),
    close: () => server.close(),
  }
  return running
}

function answerQuestion({ headers }: IncomingMessage, response: ServerResponse, answer: string | undefined): void {
  if (!isOurClient(headers.authorization ?? '')) {
    response.writeHead(401, { 'content-type': 'application/json', 'www-authenticate': 'Basic realm="issuer"' })
    response.end('{"error":"invalid_client"}')
  } else sendJson(response, answer ?? '{"active":false}')
}

/** RFC 6749 section 2.3.1: id and secret are encoded as in a form. */
function isOurClient(authorization: string): boolean {
  const text = Buffer.from(authorization.replace(/^Basic /, ''), 'base64').toString()
  const [id, secret] = text.split(':').map((part) => decodeURIComponent(part.replaceAll('+', ' ')))
  return id === introspectionClient.id && secret === introspectionClient.secret
}

function sendJson(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(body)
}

async function readForm(request: IncomingMessage): Promise<Question['form']> {
  let body = ''
  for await (const chunk of request) body += String(chunk)
  return Object.fromEntries(new URLSearchParams(body))
}
