import { isDeepStrictEqual } from 'node:util'
import { UnavailableError } from '../foundation/errors.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import { normalizeThumbprint, parseCertificate, type Certificate } from '../keys/certificate.ts'
import { maximumKeys } from '../keys/jwks-key-set.ts'
import { parsePrincipalName } from '../tokens/principal-name.ts'

/** What is used of an S2S server's JSON metadata document. */
export interface S2SMetadata {
  /** `serviceName@realm`, the registered issuer name. */
  readonly issuer: string
  /** What stands after `@` in `issuer`; a member `realm` must say the same. */
  readonly realm: string
  readonly name: string | undefined
  readonly certificates: readonly Certificate[]
  /** Keys that were passed over: not for signing, not a certificate, weak, broken, or with a foreign thumbprint. */
  readonly ignoredKeys: number
}

/**
 * Reads a JSON metadata document in the dialects of SharePoint, Exchange, Skype for Business and ACS: member names, usage
 * and type without letter case; thumbprints computed from the certificates.
 *
 * Does not check certificate dates nor who signed the certificates; the https connection it came over is what is trusted.
 *
 * @throws UnavailableError `ERR_S2S_METADATA_INVALID`
 * @see protocol section 5
 */
export function parseS2SMetadata(document: JsonObject): S2SMetadata {
  const members = foldMembers(document)
  const { issuer, realm } = readNames(members)
  const keys = members.get('keys')
  if (!Array.isArray(keys) || keys.length > maximumKeys) {
    throw invalid(`the document has no list "keys" of at most ${maximumKeys}`)
  }
  const certificates = keys.flatMap((key) => parseKey(key) ?? [])
  if (certificates.length === 0) throw invalid('the document has no usable signing certificate')
  const name = members.get('name')
  return {
    issuer,
    realm,
    name: typeof name === 'string' ? name : undefined,
    certificates,
    ignoredKeys: keys.length - certificates.length,
  }
}

function readNames(members: ReadonlyMap<string, unknown>): { issuer: string; realm: string } {
  const issuer = members.get('issuer')
  if (typeof issuer !== 'string' || parsePrincipalName(issuer.replace(/@\*$/, '@any'))?.realm === undefined) {
    throw invalid('the document has no "issuer" of the form id@realm')
  }
  const realm = issuer.slice(issuer.indexOf('@') + 1)
  if ((members.get('realm') ?? realm) !== realm)
    throw invalid('"realm" of the document is not the realm of its "issuer"')
  return { issuer, realm }
}

/** One signing certificate; `undefined` for a key that cannot be used, which never hides the others. */
function parseKey(key: unknown): Certificate | undefined {
  try {
    const members = foldMembers(key)
    const value = foldMembers(members.get('keyvalue'))
    const isSigning = foldedText(members.get('usage')) === 'signing'
    const text = value.get('value')
    if (!isSigning || foldedText(value.get('type')) !== 'x509certificate' || typeof text !== 'string') return undefined
    const certificate = parseCertificate(text)
    return hasThumbprintOf(certificate, members.get('keyinfo')) ? certificate : undefined
  } catch {
    // Ignored by design: one unusable key never hides the good ones; parseS2SMetadata counts it.
    return undefined
  }
}

/** `keyinfo.x5t` is not needed, but when it is there it must be the thumbprint of the certificate beside it. */
function hasThumbprintOf(certificate: Certificate, keyInfo: unknown): boolean {
  if (isAbsent(keyInfo)) return true
  const x5t = foldMembers(keyInfo).get('x5t')
  if (isAbsent(x5t)) return true
  return typeof x5t === 'string' && normalizeThumbprint(x5t) === certificate.x5t
}

/** .NET serializers write `null` for what is not there. */
function isAbsent(value: unknown): boolean {
  return value === undefined || value === null
}

function foldedText(value: unknown): string | undefined {
  return typeof value === 'string' ? fold(value) : undefined
}

/** ASCII only: other letters that fold to ASCII ones (the Kelvin sign) are no spelling of a member. */
function fold(text: string): string {
  return text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

/** Members by lower-case name; two that fold to one name but differ are a fault, whichever would win. */
function foldMembers(value: unknown): ReadonlyMap<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('an object is missing')
  const members = new Map<string, unknown>()
  for (const [name, member] of Object.entries(value)) {
    const folded = fold(name)
    if (members.has(folded) && !isDeepStrictEqual(members.get(folded), member)) {
      throw invalid('two members differ only in letter case')
    }
    members.set(folded, member)
  }
  return members
}

function invalid(reason: string): UnavailableError {
  return new UnavailableError('ERR_S2S_METADATA_INVALID', reason)
}
