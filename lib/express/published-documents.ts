import { createHash } from 'node:crypto'
import type { SigningKeys } from '../keys/signing-keys.ts'
import { buildIssuerMetadata } from '../metadata/build-issuer-metadata.ts'
import { buildJwks } from '../metadata/build-jwks.ts'
import {
  buildS2SMetadata,
  s2sMetadataPaths,
  type MetadataProduct,
  type PublishedCertificate,
} from '../metadata/build-s2s-metadata.ts'
import { openIdMetadataUrls } from '../metadata/openid-metadata.ts'
import type { SelfOptions } from '../trust/self.ts'

/** One document, ready to be sent. */
export interface PublishedDocument {
  readonly body: Buffer
  /** A strong entity tag, with its quotes. */
  readonly etag: string
}

/** What is published, and at which paths. */
export interface PublishedParts {
  readonly self: SelfOptions
  readonly keys: SigningKeys
  readonly products: readonly MetadataProduct[]
  /** `https://host:port`, from the configuration. */
  readonly origin: string
  readonly issuerUrl: string | undefined
  /** Roots of our certificates' chains; empty when they are self-signed. */
  readonly roots: readonly PublishedCertificate[]
}

const jwksPath = '/.well-known/jwks.json'

/**
 * All documents of this server by path (in lower case), made from the keys that are published now and made again only
 * when these change. Hosts come from the configuration, never from a request.
 */
export function createPublishedDocuments(parts: PublishedParts): (path: string) => PublishedDocument | undefined {
  let documents = buildDocuments(parts)
  parts.keys.onChange(() => {
    documents = buildDocuments(parts)
  })
  return (path) => documents.get(path.toLowerCase())
}

function buildDocuments(parts: PublishedParts): ReadonlyMap<string, PublishedDocument> {
  const documents = [...s2sDocuments(parts), [jwksPath, buildJwks(parts.keys.published())], ...issuerDocuments(parts)]
  return new Map(
    (documents as [string, object][]).map(([path, document]) => [path.toLowerCase(), sealDocument(document)]),
  )
}

type NamedDocument = readonly [path: string, document: object]

function s2sDocuments({ self, keys, products, origin, roots }: PublishedParts): readonly NamedDocument[] {
  const published = keys.published()
  return products.flatMap((product): readonly NamedDocument[] => {
    const path = s2sMetadataPaths[product]
    const document = buildS2SMetadata({ self, keys: published, origin, product })
    if (product !== 'sharepoint') return [[path, document]]
    const rootKeys = roots.length === 0 ? published : roots
    const rootDocument = buildS2SMetadata({ self, keys: rootKeys, origin, product })
    return [
      [path, document],
      [`${path}/rootcertificate`, rootDocument],
    ]
  })
}

function issuerDocuments({ issuerUrl }: PublishedParts): readonly NamedDocument[] {
  if (issuerUrl === undefined) return []
  const jwksUri = new URL(jwksPath, issuerUrl).href
  const document = buildIssuerMetadata({ issuer: issuerUrl, jwksUri })
  return openIdMetadataUrls(issuerUrl).map((url) => [new URL(url).pathname, document])
}

/** A document as it is sent. */
export function sealDocument(document: object): PublishedDocument {
  const body = Buffer.from(JSON.stringify(document))
  return { body, etag: `"${createHash('sha256').update(body).digest('base64url')}"` }
}
