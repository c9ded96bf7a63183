import { ConfigurationError, TokenError } from '../../foundation/errors.ts'
import type { OAuthTrustedIssuer, TrustedIssuer } from '../trusted-issuer.ts'

/**
 * Finds the issuer that is asked about an opaque token, whose text says nothing but what it begins with; `undefined` when none
 * is asked about opaque tokens.
 *
 * @throws TokenError `ERR_S2S_ISSUER_UNTRUSTED`
 */
export function findOpaqueIssuer(issuers: Iterable<TrustedIssuer>, token: string): OAuthTrustedIssuer | undefined {
  const asked = [...issuers].filter(isAsked)
  if (asked.length === 0) return undefined
  const found = asked.find((issuer) => token.startsWith(prefixOf(issuer) ?? ''))
  if (found !== undefined) return found
  throw new TokenError('ERR_S2S_ISSUER_UNTRUSTED', 'the token does not begin with the tokenPrefix of an issuer')
}

/**
 * Checks that of every opaque token it can be told which issuer is asked.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 */
export function checkOpaqueIssuers(issuers: readonly TrustedIssuer[]): void {
  const asked = issuers.filter(isAsked)
  for (const [index, issuer] of asked.entries()) {
    const rival = asked.slice(index + 1).find((other) => areAlike(prefixOf(issuer), prefixOf(other)))
    if (rival === undefined) continue
    throw new ConfigurationError(
      'ERR_S2S_OPTION_INVALID',
      `${issuer.name} and ${rival.name} are both asked about opaque tokens: give each a tokenPrefix that does not begin the other's`,
    )
  }
}

function isAsked(issuer: TrustedIssuer): issuer is OAuthTrustedIssuer {
  return issuer.protocol === 'oauth' && issuer.introspection !== undefined && issuer.introspection.accepts !== 'jwt'
}

function prefixOf({ introspection }: OAuthTrustedIssuer): string | undefined {
  return introspection?.tokenPrefix
}

function areAlike(one = '', other = ''): boolean {
  return one.startsWith(other) || other.startsWith(one)
}
