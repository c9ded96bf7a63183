import { z } from 'zod'
import { optionsObject } from '../foundation/parse-options.ts'
import { secretTextOrFileSchema, textOrFileSchema, type TextOrFile } from '../foundation/text-or-file.ts'
import { signingKeySchema, type SigningKeyOptions } from '../keys/signing-key.ts'
import { knownAlgorithms, type KnownAlgorithm } from '../keys/verification-key.ts'

/** This server proves who it is with a secret that the issuer gave it (RFC 6749 section 2.3.1). */
export interface ClientSecretAuthentication {
  /** Whether the secret goes in the `Authorization` header or in the form. Prefer `client_secret_basic`. */
  readonly type: 'client_secret_basic' | 'client_secret_post'
  /** A line break at the end is taken off. */
  readonly secret: TextOrFile
}

/** This server signs an assertion (RFC 7523 section 2.2); the issuer knows its certificate or its JWKS address. */
export interface PrivateKeyAuthentication {
  readonly type: 'private_key_jwt'
  /** The key that signs. Default: this server's own signing key of the moment, so that a roll-over is followed. */
  readonly key?: SigningKeyOptions
  /** The `kid` by which the issuer finds the key. Default: the SHA-1 thumbprint of the certificate, as our JWKS has it. */
  readonly keyId?: string
  /** JWS algorithm; must fit the key. Default: RS256, or by the curve of the key. Entra documents PS256. */
  readonly algorithm?: KnownAlgorithm
  /** What stands in `aud`. Default `issuer`; Entra documents `token-endpoint`. */
  readonly assertionAudience?: 'issuer' | 'token-endpoint'
  /** Lifetime of an assertion. Default 60, at most 300. */
  readonly assertionLifetimeSeconds?: number
}

/** A TLS client certificate and its key, read once. */
export interface TlsClientCertificate {
  /** PEM; with the authorities in between, when there are any. */
  readonly certificate: TextOrFile
  /** PEM, not encrypted. */
  readonly privateKey: TextOrFile
}

/**
 * This server shows a TLS client certificate (RFC 8705 section 2), to the issuer only. When the issuer binds its tokens to
 * that certificate, the target must see it too: a client of `s2s.client` needs `mtls: true` beside it.
 */
export interface MutualTlsAuthentication extends TlsClientCertificate {
  readonly type: 'mtls'
}

/** How this server proves to an OAuth issuer who it is. */
export type OAuthAuthentication = ClientSecretAuthentication | PrivateKeyAuthentication | MutualTlsAuthentication

const text = z.string().min(1, 'is empty')

/**
 * Members of the schema of `TlsClientCertificate`.
 *
 * @internal
 */
export const clientCertificateShape = { certificate: textOrFileSchema, privateKey: secretTextOrFileSchema }

/**
 * Schema of `OAuthAuthentication`.
 *
 * @internal
 */
export const clientAuthenticationSchema = z.discriminatedUnion('type', [
  optionsObject({ type: z.enum(['client_secret_basic', 'client_secret_post']), secret: secretTextOrFileSchema }),
  optionsObject({
    type: z.literal('private_key_jwt'),
    key: signingKeySchema.optional(),
    keyId: text.optional(),
    algorithm: z.enum(knownAlgorithms, `must be one of ${knownAlgorithms.join(', ')}`).optional(),
    assertionAudience: z.enum(['issuer', 'token-endpoint']).optional(),
    assertionLifetimeSeconds: z.number().int().min(1).max(300).optional(),
  }),
  optionsObject({ type: z.literal('mtls'), ...clientCertificateShape }),
])
