import { UnavailableError } from '../../foundation/errors.ts'
import type { JsonObject } from '../../foundation/parse-json.ts'
import { maximumKeys, type JwksUse } from '../../keys/jwks-key-set.ts'
import { parseOpenIdMetadata } from '../../metadata/openid-metadata.ts'
import { parseS2SMetadata, type S2SMetadata } from '../../metadata/s2s-metadata.ts'
import { findNearMatch, type NearMatch } from '../compare-addresses.ts'
import type { Diagnosis } from '../finding.ts'
import { readJwks, readMetadataKeys, type PublishedKey } from './published-key.ts'

/** The address of the key set, or what is wrong with a discovery document. */
export function diagnoseDiscovery(
  document: JsonObject,
  expectedIssuer: string,
):
  | { readonly jwksUri: string; readonly diagnosis?: undefined }
  | { readonly jwksUri?: undefined; readonly diagnosis: Diagnosis } {
  try {
    return { jwksUri: parseOpenIdMetadata(document, expectedIssuer).jwksUri }
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error
    return { diagnosis: diagnoseIssuerOf(document, expectedIssuer) ?? diagnoseJwksUri(document) }
  }
}

/** The issuer that a document names is not the configured one. */
function diagnoseIssuerOf({ issuer }: JsonObject, expected: string): Diagnosis | undefined {
  if (issuer === expected) return undefined
  if (typeof issuer !== 'string') {
    const cause = 'the document names no issuer'
    return { kind: 'document-issuer-missing', cause, fix: 'check the address: this is no discovery document' }
  }
  const named = printable(issuer)
  const near = findNearMatch(issuer, [expected])
  if (near === undefined) {
    return {
      kind: 'document-issuer-other',
      cause: `the document is of another issuer: it names itself ${named}, configured is ${expected}`,
      fix: 'check the address, or configure the issuer that the document names, if you trust it',
    }
  }
  const cause = `the issuer of the document, ${named}, ${near.clause} (configured is ${expected})`
  return { kind: `document-issuer-${near.kind}`, cause, fix: fixOf(near.kind, named) }
}

function fixOf(kind: NearMatch['kind'], named: string): string {
  if (kind === 'slash' || kind === 'case') return `configure it exactly as the document has it: ${named}`
  return kind === 'scheme'
    ? 'have the issuer name itself with https'
    : `check the address, or configure ${named}, if you trust it`
}

function diagnoseJwksUri({ jwks_uri: uri }: JsonObject): Diagnosis {
  const isHttp = typeof uri === 'string' && uri.startsWith('http:')
  return {
    kind: isHttp ? 'jwks-uri-http' : 'jwks-uri',
    cause: isHttp ? 'jwks_uri of the document is http, which is never fetched' : 'the document has no https jwks_uri',
    fix: 'have the issuer publish its keys over https, or set jwksUri here',
  }
}

function printable(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, '?').slice(0, 160)
}

interface JudgedKeys {
  readonly keys: readonly PublishedKey[]
  readonly diagnosis: Diagnosis | undefined
}

/** The keys of a JWKS document, or why there are none. */
export function diagnoseNoKeys({ keys: list }: JsonObject, jwksUri: string, use?: JwksUse): JudgedKeys {
  if (!Array.isArray(list)) {
    const fix = 'check jwks_uri of the discovery document'
    return { keys: [], diagnosis: { kind: 'no-key-list', cause: `the document at ${jwksUri} has no list "keys"`, fix } }
  }
  return judgeList(list, (keys) => readJwks(keys, use))
}

function judgeList(list: readonly unknown[], read: (list: readonly unknown[]) => readonly PublishedKey[]): JudgedKeys {
  if (list.length > maximumKeys) {
    const cause = `the issuer publishes ${list.length} keys, and at most ${maximumKeys} are read`
    return { keys: [], diagnosis: { kind: 'too-many-keys', cause, fix: 'have the issuer remove old keys' } }
  }
  const keys = read(list)
  if (keys.some(({ ignored }) => ignored === undefined)) return { keys, diagnosis: undefined }
  const [first] = keys
  const fix = 'have the issuer publish an RSA key of at least 2048 bits, or an EC key, for signatures'
  if (first === undefined) return { keys, diagnosis: { kind: 'no-keys', cause: 'the issuer publishes no key', fix } }
  const shown = `${first.id ?? 'without id'} ${first.ignored ?? ''}`
  const which =
    keys.length === 1 ? `its only key ${shown}` : `none of its ${keys.length} keys can be used (the first, ${shown})`
  const cause = `the issuer has no usable key: ${which}`
  return { keys, diagnosis: { kind: 'no-usable-keys', cause, fix } }
}

/** The keys of an S2S metadata document, or what is wrong with it. */
export function diagnoseMetadata(document: JsonObject, expectedIssuer: string | undefined): JudgedKeys {
  let metadata: S2SMetadata
  try {
    metadata = parseS2SMetadata(document)
  } catch (error) {
    if (!(error instanceof UnavailableError)) throw error
    return diagnoseUnreadable(document, error.reason ?? '')
  }
  const keys = readMetadataKeys(listOf(document), metadata.certificates)
  const diagnosis =
    expectedIssuer === undefined ? undefined : diagnoseIssuerOf({ issuer: metadata.issuer }, expectedIssuer)
  return { keys, diagnosis }
}

function diagnoseUnreadable(document: JsonObject, reason: string): JudgedKeys {
  if (reason.includes('no usable signing certificate')) {
    return judgeList(listOf(document), (list) => readMetadataKeys(list, []))
  }
  const fix = 'check the address: it must be that of the JSON metadata document, such as /_layouts/15/metadata/json/1'
  return { keys: [], diagnosis: { kind: 'metadata-unreadable', cause: reason, fix } }
}

function listOf(document: JsonObject): readonly unknown[] {
  const [, list] = Object.entries(document).find(([name]) => name.toLowerCase() === 'keys') ?? []
  return Array.isArray(list) ? list : []
}
