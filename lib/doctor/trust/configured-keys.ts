import { parseJsonObject, type JsonObject } from '../../foundation/parse-json.ts'
import { readTextOrFile, type TextOrFile } from '../../foundation/text-or-file.ts'
import { parseCertificate } from '../../keys/certificate.ts'
import type { TrustedIssuerOptions } from '../../trust/issuer-options.ts'
import { readJwks, type PublishedKey } from './published-key.ts'

/**
 * The keys that are configured here; none for issuers that publish theirs. The options must have been taken by a server
 * before.
 */
export function readConfiguredKeys(options: TrustedIssuerOptions): readonly PublishedKey[] {
  if (options.type === 's2s-certificate') return [options.certificates].flat().map(ofCertificate)
  if (options.type !== 'static') return []
  if (options.certificate !== undefined) return [ofCertificate(options.certificate)]
  const use = options.callerKind === 'spiffe' ? 'jwt-svid' : 'sig'
  if (options.jwks !== undefined) return readJwks([readJson(options.jwks)['keys']].flat(), use)
  return options.jwk === undefined ? [] : readJwks([readJson(options.jwk)], use)
}

function ofCertificate(given: TextOrFile): PublishedKey {
  const certificate = parseCertificate(readTextOrFile(given, 'certificate'))
  return { id: certificate.x5t, ignored: undefined, algorithms: certificate.algorithms, certificate }
}

function readJson(value: JsonObject | { readonly file: string }): JsonObject {
  return typeof value['file'] === 'string' ? parseJsonObject(readTextOrFile({ file: value['file'] }, 'keys')) : value
}
