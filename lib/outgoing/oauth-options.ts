import { KeyObject } from 'node:crypto'
import type https from 'node:https'
import { z } from 'zod'
import { fetchOptionsSchema } from '../foundation/fetch-json.ts'
import { optionsObject } from '../foundation/parse-options.ts'
import { isHttpsAddress } from '../foundation/read-url.ts'
import { secretTextOrFileSchema, type TextOrFile } from '../foundation/text-or-file.ts'
import { knownAlgorithms, type KnownAlgorithm } from '../keys/verification-key.ts'
import {
  clientAuthenticationSchema,
  clientCertificateShape,
  type OAuthAuthentication,
  type TlsClientCertificate,
} from '../oauth/client-authentication-options.ts'

/** How possession of the key is proved to which tokens are bound. */
export interface DpopClientOptions {
  /**
   * JWS algorithm of the proofs; must fit the key. Default: ES256, or by the kind of the given key. The issuer says in
   * `dpop_signing_alg_values_supported` of its metadata which it takes.
   */
  readonly algorithm?: KnownAlgorithm
  /**
   * Private key: PEM (not encrypted) or a key object. Default: a new one for each client, which is kept in memory only, so
   * that nothing that is stolen from a disk can use the tokens.
   */
  readonly privateKey?: TextOrFile | KeyObject
}

/** Tokens for outgoing calls that an OAuth 2.0 issuer makes, instead of this server itself. */
export interface OAuthTokenOptions {
  /** https address of the issuer, to the letter as its metadata spells it (RFC 8414, OpenID Connect Discovery). */
  readonly issuer: string
  /** This server's name at the issuer. */
  readonly clientId: string
  readonly authentication: OAuthAuthentication
  /**
   * Tokens are bound to a key of this client (DPoP, RFC 9449): whoever steals one cannot use it. A token that the issuer
   * does not bind is not used. Default: none, Bearer tokens.
   */
  readonly dpop?: true | DpopClientOptions
  /**
   * Tokens are bound to a TLS client certificate (RFC 8705 section 3), which is shown to the issuer and to the target:
   * `true` for that of `authentication`, or one for this alone. The issuer must know that this client wants bound tokens
   * (`tls_client_certificate_bound_access_tokens`). Not together with `dpop`. Default: none.
   */
  readonly mtls?: true | TlsClientCertificate
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
  /** For calls to the issuer; with a client certificate it must have none of its own. Must check certificates. Default: none. */
  readonly agent?: https.Agent
  /** Certificates (PEM) to trust for the issuer INSTEAD of the well-known authorities. Default: the well-known ones. */
  readonly ca?: string | readonly string[]
  /** For each of the calls to the issuer, including the body. Default 10000. */
  readonly timeoutMilliseconds?: number
}

const text = z.string().min(1, 'is empty')
const scope = z.string().regex(/^[!#-[\]-~]+( [!#-[\]-~]+)*$/, 'must be scopes with one space between them')

const privateKeyObject = z.custom<KeyObject>(
  (value) => value instanceof KeyObject && value.type === 'private',
  'must be a private key: PEM, { file } or a key object',
)
const dpop = optionsObject({
  algorithm: z.enum(knownAlgorithms, `must be one of ${knownAlgorithms.join(', ')}`).optional(),
  privateKey: z.union([secretTextOrFileSchema, privateKeyObject]).optional(),
})

/**
 * Members of the schema of `OAuthTokenOptions`.
 *
 * @internal
 */
export const oauthTokenShape = {
  issuer: z.string().refine(isIssuer, 'must be an https address without credentials, query or fragment'),
  clientId: text,
  authentication: clientAuthenticationSchema,
  dpop: z.union([z.literal(true), dpop]).optional(),
  mtls: z.union([z.literal(true), optionsObject(clientCertificateShape)]).optional(),
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
