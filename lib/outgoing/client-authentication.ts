import { createPublicKey, type KeyObject } from 'node:crypto'
import { importPKCS8 } from 'jose'
import {
  ClientSecretBasic,
  ClientSecretPost,
  modifyAssertion,
  PrivateKeyJwt,
  TlsClientAuth,
  type ClientAuth,
} from 'oauth4webapi'
import type { Clock } from '../foundation/clock.ts'
import { ConfigurationError } from '../foundation/errors.ts'
import { readTextOrFile, type TextOrFile } from '../foundation/text-or-file.ts'
import { readSigningKey } from '../keys/signing-key.ts'
import { algorithmsOfKey } from '../keys/verification-key.ts'
import type { MintingKey } from './mint-token.ts'
import type { OAuthAuthentication, PrivateKeyAuthentication } from './oauth-options.ts'
import type { CallingServer } from './token-source.ts'

/**
 * How every token request is authenticated. Secrets and keys of its own are read now; this server's own signing key is
 * asked for each time.
 *
 * Does not set up TLS for `mtls` (see `createIssuerTransport`). Does not check that the issuer knows the secret, the key or
 * the certificate.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`; with this server's own key at the first token request, if
 * `algorithm` does not fit it
 * @see RFC 6749 section 2.3.1, RFC 7523 section 2.2, RFC 8705 section 2
 */
export function createClientAuthentication(authentication: OAuthAuthentication, server: CallingServer): ClientAuth {
  switch (authentication.type) {
    case 'client_secret_basic':
      return ClientSecretBasic(readSecret(authentication.secret))
    case 'client_secret_post':
      return ClientSecretPost(readSecret(authentication.secret))
    case 'private_key_jwt':
      return createAssertionAuthentication(authentication, server)
    case 'mtls':
      return TlsClientAuth()
  }
}

/** Files with a secret often end with a line break that is not part of it. */
function readSecret(value: TextOrFile): string {
  const secret = readTextOrFile(value, 'oauth.authentication.secret').replace(/\r?\n$/, '')
  if (secret === '') throw invalid('oauth.authentication.secret is empty')
  return secret
}

function createAssertionAuthentication(options: PrivateKeyAuthentication, server: CallingServer): ClientAuth {
  const ownKey = options.key === undefined ? undefined : readSigningKey(options.key, 'oauth.authentication.key')
  if (ownKey !== undefined) algorithmFor(ownKey, options)

  return async function authenticateWithAssertion(...request: Parameters<ClientAuth>) {
    const [issuer] = request
    const key = ownKey ?? server.currentKey()
    const algorithm = algorithmFor(key, options)
    const audience = options.assertionAudience === 'token-endpoint' ? issuer.token_endpoint : issuer.issuer
    const authenticate = PrivateKeyJwt(
      { key: await toCryptoKey(key.privateKey, algorithm), kid: options.keyId ?? key.kid },
      {
        [modifyAssertion]: (header, claims) => {
          Object.assign(header, { alg: algorithm, ...thumbprints(key) })
          Object.assign(claims, { aud: audience, ...datesOf(options, server.clock) })
        },
      },
    )
    await authenticate(...request)
  }
}

/** What Entra finds a certificate by; other issuers take the `kid` and ignore these. */
function thumbprints({ x5t, x5tS256 }: MintingKey): Readonly<Record<string, string>> {
  return { typ: 'JWT', x5t, ...(x5tS256 === undefined ? {} : { 'x5t#S256': x5tS256 }) }
}

/** By our own clock: an assertion is as old as the tokens beside it. */
function datesOf(options: PrivateKeyAuthentication, clock: Clock): Readonly<Record<'iat' | 'nbf' | 'exp', number>> {
  const now = Math.floor(clock())
  return { iat: now, nbf: now, exp: now + (options.assertionLifetimeSeconds ?? 60) }
}

function algorithmFor(key: MintingKey, options: PrivateKeyAuthentication): string {
  const algorithm = options.algorithm ?? key.algorithm
  if (algorithmsOfKey(createPublicKey(key.privateKey)).includes(algorithm)) return algorithm
  throw invalid(`oauth.authentication.algorithm ${algorithm} does not fit the key; leave it out, or give another key`)
}

function toCryptoKey(privateKey: KeyObject, algorithm: string): ReturnType<typeof importPKCS8> {
  return importPKCS8(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), algorithm)
}

function invalid(reason: string): ConfigurationError {
  return new ConfigurationError('ERR_S2S_OPTION_INVALID', reason)
}
