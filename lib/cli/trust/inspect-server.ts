import { fetchJson, type FetchJsonOptions } from '../../foundation/fetch-json.ts'
import type { JsonObject } from '../../foundation/parse-json.ts'
import { isHttpsAddress } from '../../foundation/read-url.ts'
import type { Certificate } from '../../keys/certificate.ts'
import { parseJwks, type JwksKey } from '../../keys/jwks-key-set.ts'
import { keyThumbprint } from '../../keys/key-thumbprint.ts'
import { s2sMetadataPaths } from '../../metadata/build-s2s-metadata.ts'
import { openIdMetadataUrls, parseOpenIdMetadata } from '../../metadata/openid-metadata.ts'
import { parseS2SMetadata } from '../../metadata/s2s-metadata.ts'
import { CommandFailure } from '../command-failure.ts'
import { exitCodes } from '../command-io.ts'

/** A key that another server publishes. */
export interface InspectedKey {
  /** Of a certificate its subject, else the `kid`. */
  readonly name: string
  readonly algorithms: readonly string[]
  /** base64url of the SHA-1 of the certificate; empty for a key without one. */
  readonly x5t: string
  /** base64url of the SHA-256 of the certificate; for a key without one, of its SPKI. */
  readonly x5tS256: string
  /** Seconds since 1970; of certificates only. */
  readonly notBefore?: number
  /** Seconds since 1970; of certificates only. */
  readonly notAfter?: number
}

/** What another server says of itself. */
export interface InspectedServer {
  readonly type: 's2s-metadata' | 'openid'
  /** Where the document was found. */
  readonly document: string
  /** What tokens of it carry in `iss`. */
  readonly issuer: string
  /** Of S2S servers. */
  readonly realm?: string
  readonly keys: readonly InspectedKey[]
  /** Keys that cannot be used here. */
  readonly ignoredKeys: number
}

/**
 * Reads the metadata document of an S2S server, or the discovery document and key set of an OpenID or OAuth issuer. `url`
 * is the document, the issuer, or the origin of the server.
 *
 * Proves only that whoever answers at this address has a certificate for its name.
 *
 * @throws CommandFailure; UnavailableError `ERR_S2S_KEYS_UNREACHABLE`, `ERR_S2S_METADATA_INVALID`
 */
export async function inspectServer(url: string, options: FetchJsonOptions): Promise<InspectedServer> {
  if (!isHttpsAddress(url) || /[#]/.test(url)) {
    throw new CommandFailure('the address must be https, without user name, password and fragment')
  }
  const { pathname, origin } = new URL(url)
  if (pathname.includes('/.well-known/')) return inspectDiscovery(url, await fetchJson(url, options), options)
  if (/\/metadata\/json\//i.test(pathname)) return inspectMetadata(url, await fetchJson(url, options))
  const issuer = url.replace(/\?.*$/, '')
  const productUrls = pathname === '/' ? Object.values(s2sMetadataPaths).map((path) => origin + path) : [url]
  const found = await findDocument([...openIdMetadataUrls(issuer), ...productUrls], options)
  return 'keys' in found.document
    ? inspectMetadata(found.url, found.document)
    : inspectDiscovery(found.url, found.document, options)
}

interface FoundDocument {
  readonly url: string
  readonly document: JsonObject
}

/** The addresses in turn: the first document decides. */
async function findDocument(urls: readonly string[], options: FetchJsonOptions): Promise<FoundDocument> {
  const failures: unknown[] = []
  for (const url of urls) {
    try {
      return { url, document: await fetchJson(url, options) }
    } catch (error) {
      failures.push(error)
    }
  }
  const { reason = '' } = failures[0] as { reason?: string }
  throw new CommandFailure(
    `neither a metadata nor a discovery document was found (${reason}); give the address of the document itself`,
    exitCodes.unavailable,
    { cause: failures[0] },
  )
}

function inspectMetadata(url: string, document: JsonObject): InspectedServer {
  const { issuer, realm, certificates, ignoredKeys } = parseS2SMetadata(document)
  return { type: 's2s-metadata', document: url, issuer, realm, keys: certificates.map(ofCertificate), ignoredKeys }
}

/** The document's issuer must be the one whose document this address is: else anybody could speak for anybody. */
async function inspectDiscovery(
  url: string,
  document: JsonObject,
  options: FetchJsonOptions,
): Promise<InspectedServer> {
  const issuer = typeof document['issuer'] === 'string' && isHttpsAddress(document['issuer']) ? document['issuer'] : ''
  if (issuer === '' || !openIdMetadataUrls(issuer).includes(url)) {
    throw new CommandFailure(
      `the document at ${url} names another issuer${issuer && `, ${issuer}`}; give that address`,
      1,
    )
  }
  const { jwksUri } = parseOpenIdMetadata(document, issuer)
  const { keys, ignored } = parseJwks(await fetchJson(jwksUri, options))
  return { type: 'openid', document: url, issuer, keys: keys.map(ofKey), ignoredKeys: ignored }
}

/** What is shown of a certificate. */
export function ofCertificate(certificate: Certificate): InspectedKey {
  const { subject, algorithms, x5t, x5tS256, notBefore, notAfter } = certificate
  return { name: subject.replaceAll('\n', ', '), algorithms, x5t, x5tS256, notBefore, notAfter }
}

function ofKey({ kid = '(no kid)', algorithms, key }: JwksKey): InspectedKey {
  return { name: kid, algorithms: [...algorithms], x5t: '', x5tS256: keyThumbprint(key) }
}
