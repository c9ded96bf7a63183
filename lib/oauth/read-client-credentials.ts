import { createPublicKey } from 'node:crypto'
import { ConfigurationError } from '../foundation/errors.ts'
import { readTextOrFile, type TextOrFile } from '../foundation/text-or-file.ts'
import { readSigningKey, type SigningKey } from '../keys/signing-key.ts'
import { algorithmsOfKey } from '../keys/verification-key.ts'
import type { OAuthAuthentication, PrivateKeyAuthentication } from './client-authentication-options.ts'

/** A key that can sign an assertion. */
export type AssertionKey = Pick<SigningKey, 'kid' | 'x5t' | 'privateKey'> & {
  /** JWS algorithm. */
  readonly algorithm: string
  /** base64url of the SHA-256 of the certificate, for issuers that look for it. */
  readonly x5tS256?: string
}

/** What proves to an OAuth issuer who this server is, read and checked. */
export type ClientCredentials =
  | { readonly type: 'client_secret_basic' | 'client_secret_post'; readonly secret: string }
  | {
      readonly type: 'private_key_jwt'
      /** `undefined`: this server's own signing key of the moment. */
      readonly ownKey: AssertionKey | undefined
      readonly options: PrivateKeyAuthentication
      /** How the developer knows the option. */
      readonly name: string
    }
  | { readonly type: 'mtls' }

/**
 * Reads the secret or key of an authentication once, from text or file. `name` is how the developer knows the option, such
 * as `oauth.authentication`.
 *
 * Does not read the certificate of `mtls` (see `createClientCertificateAgent`). Does not check that the issuer knows the
 * secret, the key or the certificate.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 */
export function readClientCredentials(authentication: OAuthAuthentication, name: string): ClientCredentials {
  switch (authentication.type) {
    case 'client_secret_basic':
    case 'client_secret_post':
      return { type: authentication.type, secret: readSecret(authentication.secret, name) }
    case 'private_key_jwt':
      return { type: 'private_key_jwt', ownKey: readOwnKey(authentication, name), options: authentication, name }
    case 'mtls':
      return { type: 'mtls' }
  }
}

/** Files with a secret often end with a line break that is not part of it. */
function readSecret(value: TextOrFile, name: string): string {
  const secret = readTextOrFile(value, `${name}.secret`).replace(/\r?\n$/, '')
  if (secret === '') throw invalid(`${name}.secret is empty`)
  return secret
}

function readOwnKey(options: PrivateKeyAuthentication, name: string): AssertionKey | undefined {
  if (options.key === undefined) return undefined
  const key = readSigningKey(options.key, `${name}.key`)
  assertionAlgorithm(key, options, name)
  return key
}

/**
 * The JWS algorithm of an assertion.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` when the configured one does not fit the key
 */
export function assertionAlgorithm(key: AssertionKey, options: PrivateKeyAuthentication, name: string): string {
  const algorithm = options.algorithm ?? key.algorithm
  if (algorithmsOfKey(createPublicKey(key.privateKey)).includes(algorithm)) return algorithm
  throw invalid(`${name}.algorithm ${algorithm} does not fit the key; leave it out, or give another key`)
}

function invalid(reason: string): ConfigurationError {
  return new ConfigurationError('ERR_S2S_OPTION_INVALID', reason)
}
