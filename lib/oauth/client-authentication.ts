import type { KeyObject } from 'node:crypto'
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
import type { PrivateKeyAuthentication } from './client-authentication-options.ts'
import { assertionAlgorithm, type AssertionKey, type ClientCredentials } from './read-client-credentials.ts'

/** Who signs assertions: this server. */
export interface AssertionSigner {
  /** The key of now: a roll-over takes effect on the next assertion. */
  currentKey(this: void): AssertionKey
  readonly clock: Clock
}

/**
 * How every request to an OAuth issuer is authenticated. This server's own signing key is asked for each time.
 *
 * Does not set up TLS for `mtls` (see `createClientCertificateAgent`). Does not check that the issuer knows the secret, the
 * key or the certificate. With this server's own key the first request rejects with ConfigurationError
 * `ERR_S2S_OPTION_INVALID` if `algorithm` does not fit it.
 *
 * @see RFC 6749 section 2.3.1, RFC 7523 section 2.2, RFC 8705 section 2
 */
export function createClientAuthentication(credentials: ClientCredentials, signer: AssertionSigner): ClientAuth {
  switch (credentials.type) {
    case 'client_secret_basic':
      return ClientSecretBasic(credentials.secret)
    case 'client_secret_post':
      return ClientSecretPost(credentials.secret)
    case 'private_key_jwt':
      return createAssertionAuthentication(credentials, signer)
    case 'mtls':
      return TlsClientAuth()
  }
}

function createAssertionAuthentication(
  { ownKey, options, name }: Extract<ClientCredentials, { type: 'private_key_jwt' }>,
  signer: AssertionSigner,
): ClientAuth {
  return async function authenticateWithAssertion(...request: Parameters<ClientAuth>) {
    const [issuer] = request
    const key = ownKey ?? signer.currentKey()
    const algorithm = assertionAlgorithm(key, options, name)
    const audience = options.assertionAudience === 'token-endpoint' ? issuer.token_endpoint : issuer.issuer
    const authenticate = PrivateKeyJwt(
      { key: await toCryptoKey(key.privateKey, algorithm), kid: options.keyId ?? key.kid },
      {
        [modifyAssertion]: (header, claims) => {
          Object.assign(header, { alg: algorithm, ...thumbprints(key) })
          Object.assign(claims, { aud: audience, ...datesOf(options, signer.clock) })
        },
      },
    )
    await authenticate(...request)
  }
}

/** What Entra finds a certificate by; other issuers take the `kid` and ignore these. */
function thumbprints({ x5t, x5tS256 }: AssertionKey): Readonly<Record<string, string>> {
  return { typ: 'JWT', x5t, ...(x5tS256 === undefined ? {} : { 'x5t#S256': x5tS256 }) }
}

/** By our own clock: an assertion is as old as the tokens beside it. */
function datesOf(options: PrivateKeyAuthentication, clock: Clock): Readonly<Record<'iat' | 'nbf' | 'exp', number>> {
  const now = Math.floor(clock())
  return { iat: now, nbf: now, exp: now + (options.assertionLifetimeSeconds ?? 60) }
}

function toCryptoKey(privateKey: KeyObject, algorithm: string): ReturnType<typeof importPKCS8> {
  return importPKCS8(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), algorithm)
}
