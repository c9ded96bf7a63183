import { randomBytes } from 'node:crypto'
import { systemClock, type Clock } from '../foundation/clock.ts'
import { openIdMetadataUrls } from '../metadata/openid-metadata.ts'
import type { IntrospectionIssuerOptions } from '../trust/introspection/introspection-options.ts'
import { createDocumentFetch } from './document-fetch.ts'
import type { IntrospectionTestIssuerOptions } from './test-issuer-options.ts'
import type { Members } from './token-changes.ts'

/** What differs from the usual answer about a token. */
export interface IntrospectedTokenChanges {
  /** Written to `scope`, with spaces between. Default: none. */
  readonly scopes?: readonly string[]
  /** `client_id`. Default: the issuer's `application`. */
  readonly application?: string
  /** Members of the answer; `undefined` leaves one out. */
  readonly claims?: Members
}

/** What differs from the usual answer about a token for a user. */
export interface IntrospectedUserTokenChanges extends IntrospectedTokenChanges {
  /** `sub`. Default `test-user`. */
  readonly user?: string
}

/** An OAuth issuer in memory that is asked about its opaque tokens (RFC 7662). */
export interface IntrospectionTestIssuer {
  readonly protocol: 'oauth'
  /** For `trustedIssuers` of `createS2S`. */
  readonly options: IntrospectionIssuerOptions
  /** `iss` in its answers. */
  readonly issuer: string
  readonly audience: string
  /** `client_id` in its answers. */
  readonly application: string
  readonly clock: Clock
  /** Addresses that the server asked for, in turn. */
  readonly requests: readonly string[]
  /** A token of the application on its own (`sub` is `client_id`), active for ten minutes. */
  appToken(this: void, changes?: IntrospectedTokenChanges): string
  /** A token of the application for a user, active for ten minutes. */
  userToken(this: void, changes?: IntrospectedUserTokenChanges): string
  /** From now on the token is not active. */
  revoke(this: void, token: string): void
}

/** @internal See `createTestIssuer`. */
export function createIntrospectionTestIssuer(options: IntrospectionTestIssuerOptions): IntrospectionTestIssuer {
  const { issuer = 'https://issuer.test', application = 'test-application', clock = systemClock, audience } = options
  const active = new Map<string, Members>()
  const client = { id: 'test-server', secret: randomBytes(32).toString('hex') }
  const { fetch, requests } = answerInMemory(issuer, client, (token) => answerOf(active.get(token), clock()))
  const prefix = options.trust?.tokenPrefix ?? ''

  function token(sub: string, { scopes, application: id = application, claims }: IntrospectedTokenChanges): string {
    const iat = Math.floor(clock())
    const text = prefix + randomBytes(32).toString('hex')
    const scope = scopes === undefined ? {} : { scope: scopes.join(' ') }
    const who = { iss: issuer, aud: audience, sub, client_id: id, ...scope }
    active.set(text, { active: true, ...who, token_type: 'Bearer', iat, exp: iat + 600, ...claims })
    return text
  }

  const name = options.name === undefined ? {} : { name: options.name }
  const authentication = { type: 'client_secret_basic', secret: client.secret } as const
  return {
    protocol: 'oauth',
    options: { type: 'introspection', ...name, clientId: client.id, authentication, ...options.trust, issuer, fetch },
    ...{ issuer, audience, application, clock, requests },
    appToken: (changes = {}) => token(changes.application ?? application, changes),
    userToken: ({ user = 'test-user', ...changes } = {}) => token(user, changes),
    revoke: (text) => active.delete(text),
  }
}

function answerOf(answer: Members | undefined, now: number): Members {
  return answer === undefined || Number(answer['exp']) <= now ? { active: false } : answer
}

interface TestClient {
  readonly id: string
  readonly secret: string
}

/** Discovery, and the introspection endpoint for one client. */
function answerInMemory(
  issuer: string,
  client: TestClient,
  answer: (token: string) => Members,
): ReturnType<typeof createDocumentFetch> {
  const endpoint = `${issuer.replace(/\/$/, '')}/introspect`
  const [discovery = ''] = openIdMetadataUrls(issuer)
  const documents = createDocumentFetch({
    [discovery]: () => ({ issuer, introspection_endpoint: endpoint }),
    [endpoint]: () => ({}),
  })
  const expected = `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString('base64')}`
  return {
    requests: documents.requests,
    fetch: async (input, init) => {
      const response = await documents.fetch(input, init)
      if (documents.requests.at(-1) !== endpoint) return response
      const authorization = new Headers(init?.headers).get('authorization') ?? ''
      if (decodeURIComponent(atob(authorization.slice(6))) !== atob(expected.slice(6))) {
        return Response.json({ error: 'invalid_client' }, { status: 401 })
      }
      const form = new URLSearchParams(typeof init?.body === 'string' ? init.body : '')
      return Response.json(answer(form.get('token') ?? ''))
    },
  }
}
