import type https from 'node:https'
import { z } from 'zod'
import { fetchOptionsSchema } from '../foundation/fetch-json.ts'
import { isHttpsAddress } from '../foundation/read-url.ts'
import { clientAuthenticationSchema, type OAuthAuthentication } from '../oauth/client-authentication-options.ts'

/** Tokens for outgoing calls that an OAuth 2.0 issuer makes, instead of this server itself. */
export interface OAuthTokenOptions {
  /** https address of the issuer, to the letter as its metadata spells it (RFC 8414, OpenID Connect Discovery). */
  readonly issuer: string
  /** This server's name at the issuer. */
  readonly clientId: string
  readonly authentication: OAuthAuthentication
  /** What is asked for; the issuer may give less. Default: whatever the issuer gives unasked. */
  readonly scope?: string | readonly string[]
  /** The server that is called, as the issuer knows it (RFC 8707). */
  readonly resource?: string | readonly string[]
  /** The server that is called, for issuers that have `audience` instead (Auth0; RFC 8693 with token exchange). */
  readonly audience?: string
  /**
   * How a call with `subjectToken` gets its token: by token exchange (RFC 8693) or by Entra's on-behalf-of flow. Default
   * `token-exchange`.
   */
  readonly delegation?: 'token-exchange' | 'entra-obo'
  /**
   * Origins, other than the issuer's own, where its metadata may have the token endpoint (`https://tokens.example`). Secrets
   * and subject tokens go nowhere else. Default: none.
   */
  readonly tokenEndpointOrigins?: readonly string[]
  /** For calls to the issuer; not together with `mtls`. Must check certificates. Default: none. */
  readonly agent?: https.Agent
  /** Certificates (PEM) to trust for the issuer INSTEAD of the well-known authorities. Default: the well-known ones. */
  readonly ca?: string | readonly string[]
  /** For each of the calls to the issuer, including the body. Default 10000. */
  readonly timeoutMilliseconds?: number
}

const text = z.string().min(1, 'is empty')
const scope = z.string().regex(/^[!#-[\]-~]+( [!#-[\]-~]+)*$/, 'must be scopes with one space between them')

/**
 * Members of the schema of `OAuthTokenOptions`.
 *
 * @internal
 */
export const oauthTokenShape = {
  issuer: z.string().refine(isIssuer, 'must be an https address without credentials, query or fragment'),
  clientId: text,
  authentication: clientAuthenticationSchema,
  scope: z.union([scope, z.array(scope).min(1)]).optional(),
  resource: z.union([text, z.array(text).min(1)]).optional(),
  audience: text.optional(),
  delegation: z.enum(['token-exchange', 'entra-obo']).optional(),
  tokenEndpointOrigins: z
    .array(z.string().refine(isOrigin, 'must be an https origin such as https://a.example'))
    .optional(),
  agent: fetchOptionsSchema.shape.agent,
  ca: fetchOptionsSchema.shape.ca,
  timeoutMilliseconds: fetchOptionsSchema.shape.timeoutMilliseconds,
}

function isIssuer(value: string): boolean {
  return isHttpsAddress(value) && !/[?#]/.test(value)
}

function isOrigin(value: string): boolean {
  return isIssuer(value) && new URL(value).origin === value
}
