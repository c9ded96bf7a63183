import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ConfigurationError } from '../foundation/errors.ts'
import { parseJsonObject, type JsonObject } from '../foundation/parse-json.ts'
import { parseCertificate, type Certificate } from '../keys/certificate.ts'
import { createJwksKeySet, parseJwks } from '../keys/jwks-key-set.ts'
import type { KeySet } from '../keys/key-set.ts'
import type { StaticIssuerOptions, TextOrFile } from './issuer-options.ts'
import { createOAuthIssuer } from './issuer-policy.ts'
import type { KeySource, OAuthTrustedIssuer, TrustContext } from './trusted-issuer.ts'

/** Keys that are configured once and never fetched. */
export function fixedKeys(keySet: KeySet): KeySource {
  return {
    current: () => keySet,
    refresh: () => Promise.resolve({ value: keySet, fresh: false }),
    failing: () => false,
    close: () => undefined,
  }
}

/**
 * The text itself, or the content of the file.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` when the file cannot be read
 */
export function readTextOrFile(value: TextOrFile, name: string): string {
  if (typeof value === 'string') return value
  try {
    return readFileSync(value.file, 'utf8')
  } catch (cause) {
    throw new ConfigurationError('ERR_S2S_OPTION_INVALID', `${name}: the file ${value.file} cannot be read`, { cause })
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
    const why = cause instanceof Error ? cause.message : 'unreadable'
    throw new ConfigurationError('ERR_S2S_OPTION_INVALID', `${name}: ${why}; give a certificate as PEM or base64 DER`, {
      cause,
    })
  }
}

/**
 * An OAuth issuer whose keys are configured here as JWK, JWKS, PEM public key or certificate.
 *
 * Certificate dates are not looked at for a static key (the key is what is trusted); keys are never fetched.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 */
export function createStaticIssuer(options: StaticIssuerOptions, context: TrustContext): OAuthTrustedIssuer {
  const name = options.name ?? options.issuer
  try {
    const { keys } = parseJwks(toJwks(options, name))
    return createOAuthIssuer(options, fixedKeys(createJwksKeySet(keys)), context)
  } catch (cause) {
    if (cause instanceof ConfigurationError) throw cause
    throw new ConfigurationError('ERR_S2S_OPTION_INVALID', `${name}: no usable public key is configured`, { cause })
  }
}

function toJwks(options: StaticIssuerOptions, name: string): JsonObject {
  if ('jwks' in options) return readJson(options.jwks, name)
  if ('jwk' in options) return { keys: [readJson(options.jwk, name)] }
  if ('pem' in options) {
    return { keys: [createPublicKey(readTextOrFile(options.pem, name)).export({ format: 'jwk' })] }
  }
  return { keys: [readCertificate(options.certificate, name).key.export({ format: 'jwk' })] }
}

function readJson(value: JsonObject | { readonly file: string }, name: string): JsonObject {
  if (typeof value['file'] !== 'string') return value
  return parseJsonObject(readTextOrFile({ file: value['file'] }, name))
}
