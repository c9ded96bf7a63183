import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { z } from 'zod'
import { S2SError } from '../foundation/errors.ts'
import { optionsObject, parseOptions } from '../foundation/parse-options.ts'
import { textOrFileSchema, type TextOrFile } from '../foundation/text-or-file.ts'
import type { SigningKeys } from '../keys/signing-keys.ts'
import { metadataProducts, type MetadataProduct } from '../metadata/build-s2s-metadata.ts'
import type { SelfOptions } from '../trust/self.ts'
import { readCertificate } from '../trust/static-issuer.ts'
import { markGuard } from './guard-marks.ts'
import type { GuardContext } from './guard-context.ts'
import { createPublishedDocuments, type PublishedDocument } from './published-documents.ts'
import { keepRefusal } from './refusal-error.ts'
import { refusalOf, writeRefusal } from './refusal.ts'
import { checkTransport } from './require-tls.ts'
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

  function metadataMiddleware(request: Request, response: Response, next: NextFunction): void {
    const document = findDocument(pathOf(request))
    if (document === undefined) {
      next()
      return
    }
    const { context } = server
    try {
      checkTransport(request, context)
      if (!context.allowsPlainHttp) context.applyHsts(request, response)
      sendDocument(request, response, document)
    } catch (error) {
      if (error instanceof S2SError) {
        writeRefusal(response, keepRefusal(request, refusalOf(error, context.challenges)), context.problemDetails)
      } else next(error)
    }
  }
  return markGuard(metadataMiddleware, { type: 'other' })
}

function pathOf(request: Request): string {
  const end = request.url.indexOf('?')
  return end < 0 ? request.url : request.url.slice(0, end)
}

function sendDocument(request: Request, response: Response, { body, etag }: PublishedDocument): void {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { Allow: 'GET, HEAD', 'Cache-Control': 'no-store' }).end()
    return
  }
  response.setHeader('ETag', etag)
  response.setHeader('Cache-Control', 'public, max-age=300')
  if (isUnchanged(request.headers['if-none-match'], etag)) {
    response.writeHead(304).end()
    return
  }
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.setHeader('Content-Type', 'application/json; charset=utf-8')
  response.setHeader('Content-Length', body.length)
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** Weak comparison; our own tag has no comma in it. */
function isUnchanged(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  return ifNoneMatch.split(',').some((item) => {
    const tag = item.trim()
    return tag === '*' || tag.replace(/^W\//, '') === etag
  })
}

function isHttpsOrigin(text: string): boolean {
  const url = readUrl(text)
  return url?.protocol === 'https:' && url.origin === text
}

function isIssuerAddress(text: string): boolean {
  return isHttpsAddress(text) && !/[?#]/.test(text)
}
