import { createHash } from 'node:crypto'
import type { JsonObject } from '../foundation/parse-json.ts'

/** The S2S products whose metadata paths this server can answer at. */
export const metadataProducts = ['sharepoint', 'exchange', 'skype'] as const

/** One of `metadataProducts`. */
export type MetadataProduct = (typeof metadataProducts)[number]

/** Where each product publishes its document. */
export const s2sMetadataPaths: Readonly<Record<MetadataProduct, string>> = {
  sharepoint: '/_layouts/15/metadata/json/1',
  exchange: '/autodiscover/metadata/json/1',
  skype: '/metadata/json/1',
}

/** A certificate as it is published; a `SigningKey` is one. */
export interface PublishedCertificate {
  /** base64url of its SHA-1. */
  readonly x5t: string
  /** Its DER in standard base64. */
  readonly derBase64: string
}

/** What our document says. */
export interface S2SMetadataParts {
  /** Our principal identifier, realm and host names (`self` of the configuration). */
  readonly self: { readonly clientId: string; readonly realm: string; readonly hosts: readonly string[] }
  /** The certificates partners shall believe; current first. */
  readonly keys: readonly PublishedCertificate[]
  /** `https://host:port` of this server, from the configuration. */
  readonly origin: string
  /** Whose path the document says it is at. */
  readonly product: MetadataProduct
}

/**
 * Builds our JSON metadata document, in the spelling of Microsoft's documentation (all members; readers compare names
 * without letter case). The same keys give the same document on every server of a fleet.
 *
 * Does not check the keys. `allowedAudiences` are the audiences our tokens must carry, `id/host@realm`.
 *
 * @see protocol section 5.2
 */
export function buildS2SMetadata({ self, keys, origin, product }: S2SMetadataParts): JsonObject {
  const issuer = `${self.clientId}@${self.realm}`
  return {
    id: documentId([issuer, ...keys.map(({ derBase64 }) => derBase64)]),
    version: '1.0',
    name: self.clientId,
    realm: self.realm,
    serviceName: self.clientId,
    issuer,
    allowedAudiences: self.hosts.map((host) => `${self.clientId}/${host}@${self.realm}`),
    keys: keys.map(({ x5t, derBase64 }) => ({
      usage: 'signing',
      keyinfo: { x5t },
      keyvalue: { type: 'x509Certificate', value: derBase64 },
    })),
    endpoints: [{ location: `${origin}${s2sMetadataPaths[product]}`, protocol: 'OAuth2', usage: 'metadata' }],
  }
}

/** `_` and a GUID that stands for the content. */
function documentId(content: readonly string[]): string {
  const hex = createHash('sha256').update(JSON.stringify(content)).digest('hex')
  return `_${[hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-')}`
}
