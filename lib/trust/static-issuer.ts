import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { ConfigurationError } from '../foundation/errors.ts'
import { parseJsonObject, type JsonObject } from '../foundation/parse-json.ts'
import { parseCertificate, type Certificate } from '../keys/certificate.ts'
import { toVerificationKey } from '../keys/certificate-key-set.ts'
import { createJwksKeySet, parseJwks, type JwksKey } from '../keys/jwks-key-set.ts'
import { keyThumbprint } from '../keys/key-thumbprint.ts'
import type { KeySet } from '../keys/key-set.ts'
import { readTextOrFile, type TextOrFile } from '../foundation/text-or-file.ts'
import type { StaticIssuerOptions } from './issuer-options.ts'
import { createOAuthIssuer } from './issuer-policy.ts'
import type { KeySource, OAuthTrustedIssuer, TrustContext } from './trusted-issuer.ts'

/** Keys that are configured once and never fetched. */
export function fixedKeys(keySet: KeySet): KeySource {
  return {
    current: () => keySet,
    refresh: () => ({ value: keySet, fresh: false }),
    failing: () => false,
    state: () => ({ value: keySet, isStale: false, loadedAt: undefined, failure: undefined }),
    close: () => undefined,
  }
}

/**
 * Reads a configured certificate.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 */
export function readCertificate(value: TextOrFile, name: string): Certificate {
  const text = readTextOrFile(value, name)
  try {
    return parseCertificate(text)
  } catch (cause) {
    const { message } = cause as Error
    throw new ConfigurationError(
      'ERR_S2S_OPTION_INVALID',
      `${name}: ${message}; give a certificate as PEM or base64 DER`,
      {
        cause,
      },
    )
  }
}

/**
 * An OAuth issuer whose keys are configured here as JWK, JWKS, PEM public key or certificate.
 *
 * The dates of a certificate are checked at each token; keys are never fetched.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 */
export function createStaticIssuer(options: StaticIssuerOptions, context: TrustContext): OAuthTrustedIssuer {
  const name = options.name ?? options.issuer
  try {
    const keys = readKeys(options, name)
    checkForeign(keys, name, context)
    return createOAuthIssuer(options, fixedKeys(createJwksKeySet(keys)), context)
  } catch (cause) {
    if (cause instanceof ConfigurationError) throw cause
    throw new ConfigurationError('ERR_S2S_OPTION_INVALID', `${name}: no usable public key is configured`, { cause })
  }
}

/** Our own key is never a foreign issuer's (CVE-2026-55040). */
function checkForeign(keys: readonly JwksKey[], name: string, { ownKeys }: TrustContext): void {
  if (!keys.some(({ key }) => ownKeys.has(keyThumbprint(key)))) return
  throw new ConfigurationError(
    'ERR_S2S_OPTION_INVALID',
    `${name}: this is the server's own key (self.certificates); give the other server's key`,
  )
}

function readKeys(options: StaticIssuerOptions, name: string): readonly JwksKey[] {
  // A bundle of SPIFFE says of each key what it is for.
  const use = options.callerKind === 'spiffe' ? 'jwt-svid' : 'sig'
  if (options.jwks !== undefined) return parseJwks(readJson(options.jwks, name), use).keys
  if (options.jwk !== undefined) return parseJwks({ keys: [readJson(options.jwk, name)] }, use).keys
  if (options.pem !== undefined) return parseJwks({ keys: [readPublicKey(options.pem, name)] }).keys
  const certificate = readCertificate(options.certificate, name)
  return [{ ...toVerificationKey(certificate), kid: undefined, issuer: undefined, cloudInstanceName: undefined }]
}

/** Node would also take a private key, which has no business here, and a certificate, whose dates would be lost. */
function readPublicKey(value: TextOrFile, name: string): JsonWebKey {
  const text = readTextOrFile(value, name)
  if (/-----BEGIN (?:RSA )?PUBLIC KEY-----/.test(text) && !text.includes('PRIVATE KEY')) {
    return createPublicKey(text).export({ format: 'jwk' })
  }
  throw new ConfigurationError(
    'ERR_S2S_OPTION_INVALID',
    `${name}: pem is not a PEM public key; give the public half of the key, or a certificate as certificate`,
  )
}

function readJson(value: JsonObject | { readonly file: string }, name: string): JsonObject {
  if (typeof value['file'] !== 'string') return value
  return parseJsonObject(readTextOrFile({ file: value['file'] }, name))
}
