import type { RequestHandler } from 'express'
import { z } from 'zod'
import { optionsObject, parseOptions } from '../foundation/parse-options.ts'
import { textOrFileSchema, type TextOrFile } from '../foundation/text-or-file.ts'
import type { SigningKeys } from '../keys/signing-keys.ts'
import { metadataProducts, type MetadataProduct } from '../metadata/build-s2s-metadata.ts'
import type { SelfOptions } from '../trust/self.ts'
import { readCertificate } from '../trust/static-issuer.ts'
import { createDocumentMiddleware } from './document-middleware.ts'
import type { GuardContext } from './guard-context.ts'
import { createPublishedDocuments } from './published-documents.ts'
import { isHttpsAddress, readUrl } from '../foundation/read-url.ts'

/** What is published besides the JWK set. */
export interface MetadataRouterOptions {
  /** Whose metadata paths are answered. Default `['sharepoint']`. */
  readonly products?: readonly MetadataProduct[]
  /** The `iss` of our RFC 9068 tokens, an https address on this server; publishes issuer metadata for it. */
  readonly issuerUrl?: string
  /** `https://host:port` partners reach the documents at. Default: `https://` and the first of `self.hosts`. */
  readonly origin?: string
  /** Roots of our certificates' chains, for `/rootcertificate`. Default: the (self-signed) certificates themselves. */
  readonly rootCertificates?: readonly TextOrFile[]
}

/** The server that publishes. */
export interface PublishingServer {
  readonly self: SelfOptions
  readonly keys: SigningKeys
  readonly context: GuardContext
}

const httpsOrigin = z.string().refine(isHttpsOrigin, 'must be https://host or https://host:port and nothing behind')
const issuerAddress = z
  .string()
  .refine(isIssuerAddress, 'must be an https address without user name, query and fragment')

const metadataRouterSchema = optionsObject({
  products: z.array(z.enum(metadataProducts)).min(1, 'is empty; leave it out instead').optional(),
  issuerUrl: issuerAddress.optional(),
  origin: httpsOrigin.optional(),
  rootCertificates: z.array(textOrFileSchema).min(1, 'is empty; leave it out instead').optional(),
})

/**
 * Publishes who we are and our keys: JSON metadata at the products' paths, a JWK set and issuer metadata, all from the
 * same keys. Mount it at the root of the app and before the guard: it is for everybody, GET and HEAD only, https only.
 *
 * What SharePoint itself answers at `/rootcertificate` is not known; here it is a document of the same form whose keys
 * are the root certificates.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 * @see protocol section 5.1, RFC 7517, RFC 8414, RFC 9110 section 13.1.2
 */
export function createMetadataRouter(server: PublishingServer, options: MetadataRouterOptions = {}): RequestHandler {
  parseOptions<unknown>(metadataRouterSchema, options, 'options')
  const { self, keys } = server
  const findDocument = createPublishedDocuments({
    self,
    keys,
    products: options.products ?? ['sharepoint'],
    origin: options.origin ?? `https://${self.hosts[0] ?? ''}`,
    issuerUrl: options.issuerUrl,
    roots: (options.rootCertificates ?? []).map((root) => readCertificate(root, 'rootCertificates')),
  })

  return createDocumentMiddleware(() => server.context, findDocument)
}

function isHttpsOrigin(text: string): boolean {
  const url = readUrl(text)
  return url?.protocol === 'https:' && url.origin === text
}

function isIssuerAddress(text: string): boolean {
  return isHttpsAddress(text) && !/[?#]/.test(text)
}
