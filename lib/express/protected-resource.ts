import { proofAlgorithmsOf } from '../binding/dpop-options.ts'
import { ConfigurationError } from '../foundation/errors.ts'
import { parseOptions } from '../foundation/parse-options.ts'
import { isHttpsAddress } from '../foundation/read-url.ts'
import {
  buildResourceMetadata,
  isResourceIdentifier,
  resourceMetadataUrl,
  type TokenBindingMetadata,
} from '../metadata/resource-metadata.ts'
import type { OAuthTrustedIssuer, TrustedIssuer } from '../trust/trusted-issuer.ts'
import type { TrustedIssuers } from '../trust/trusted-issuers.ts'
import type { S2SServer } from './authenticate-request.ts'
import { offeredScopes } from './offered-scopes.ts'
import { sealDocument, type PublishedDocument } from './published-documents.ts'
import { resourceMetadataSchema, type ResourceMetadataOptions } from './resource-metadata-options.ts'

/** What one configuration of a server tells about itself as a protected resource. */
export interface ProtectedResource {
  /** Where the document is, for challenges. */
  readonly metadataUrl: string
  /** The scopes that every 401 names. */
  readonly challengeScopes: readonly string[]
  /** The scopes that are offered now. */
  scopes(this: void): readonly string[]
  /** The document, if that path is its own: with or without a slash at the end, and to the letter otherwise. */
  documentAt(this: void, path: string): PublishedDocument | undefined
}

/** What the document is made of besides its options. */
export interface ProtectedResourceParts {
  readonly audience: string | readonly string[] | undefined
  readonly issuers: Pick<TrustedIssuers, 'list' | 'version'>
  /** The scopes that the rules of now require. */
  readonly requiredScopes: () => readonly string[]
  /** Algorithms of DPoP proofs; left out where DPoP is not accepted. */
  readonly proofAlgorithms?: readonly string[] | undefined
}

/**
 * Makes what a server tells about itself. All of it comes from the configuration; nothing of a request is looked at but
 * the path.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 * @see RFC 9728
 */
export function createProtectedResource(
  given: ResourceMetadataOptions,
  { audience, issuers, requiredScopes, proofAlgorithms }: ProtectedResourceParts,
): ProtectedResource {
  const options: ResourceMetadataOptions = parseOptions<unknown>(
    resourceMetadataSchema,
    given,
    'resourceMetadata',
  ) as never
  const resource = options.resource ?? resourceOfAudience(audience)
  checkAdvertised(options.advertise, issuers.list())
  const scopes = (): readonly string[] => options.scopes ?? requiredScopes()
  const metadataUrl = resourceMetadataUrl(resource)
  const ownPath = withoutSlash(new URL(metadataUrl).pathname)
  let sealed: { readonly basis: string; readonly document: PublishedDocument } | undefined

  function documentNow(): PublishedDocument {
    const offered = scopes()
    const basis = `${issuers.version()} ${offered.join(' ')}`
    if (sealed?.basis !== basis) {
      const trusted = issuers.list()
      const authorizationServers = advertisedIssuers(options.advertise, trusted)
      const binding = bindingOf(trusted, proofAlgorithms)
      const { name, documentation, jwksUri } = options
      const parts = { resource, authorizationServers, scopes: offered, name, documentation, jwksUri, binding }
      sealed = { basis, document: sealDocument(buildResourceMetadata(parts)) }
    }
    return sealed.document
  }

  return {
    metadataUrl,
    challengeScopes: options.challengeScopes ?? [],
    scopes,
    documentAt: (path) => (withoutSlash(path) === ownPath ? documentNow() : undefined),
  }
}

/** `createProtectedResource` for one configuration of a server; `undefined` where it tells nothing. */
export function createServerResource(
  given: ResourceMetadataOptions | undefined,
  { options, tables, issuers, heritage }: Pick<S2SServer, 'options' | 'tables' | 'issuers' | 'heritage'>,
): ProtectedResource | undefined {
  if (given === undefined) return undefined
  const configured = offeredScopes(tables.guards.flatMap(({ table }) => table.entries))
  const requiredScopes = (): readonly string[] => [...new Set([...configured, ...heritage.codeScopes])]
  const { audience, dpop } = options
  return createProtectedResource(given, { audience, issuers, requiredScopes, proofAlgorithms: proofAlgorithmsOf(dpop) })
}

/** DPoP is required when no issuer's tokens do without. */
function bindingOf(issuers: readonly TrustedIssuer[], dpopAlgorithms: readonly string[] = []): TokenBindingMetadata {
  const oauth = issuers.filter(({ protocol }) => protocol === 'oauth') as OAuthTrustedIssuer[]
  return {
    dpopAlgorithms,
    ...(oauth.length > 0 && oauth.every(({ dpop }) => dpop === 'required') ? { dpopRequired: true } : {}),
    ...(oauth.some(({ mtls }) => mtls !== 'refused') ? { certificateBound: true } : {}),
  }
}

function withoutSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path
}

function resourceOfAudience(audience: string | readonly string[] | undefined): string {
  const addresses = audience === undefined ? [] : [audience].flat().filter(isResourceIdentifier)
  const [only, second] = addresses
  if (only !== undefined && second === undefined) return only
  const found = only === undefined ? 'no https address' : 'several https addresses'
  throw new ConfigurationError(
    'ERR_S2S_OPTION_INVALID',
    `resourceMetadata.resource is missing, and audience has ${found}; set it to the address that callers call, such as https://api.example.com/mcp`,
    { path: 'resourceMetadata.resource' },
  )
}

/** Issuers are known by name or by the preset they belong to; the order is that of the names. */
function advertisedIssuers(
  advertise: ResourceMetadataOptions['advertise'],
  issuers: readonly TrustedIssuer[],
): readonly string[] {
  if (typeof advertise !== 'object') return advertise === true ? authorizationServersOf(issuers) : []
  return [...new Set(advertise.flatMap((name) => authorizationServersOf(issuersCalled(name, issuers))))]
}

function issuersCalled(called: string, issuers: readonly TrustedIssuer[]): readonly TrustedIssuer[] {
  return issuers.filter(({ name, partOf = [] }) => name === called || partOf.includes(called))
}

/** Issuers of S2S tokens give none to anybody who asks; a name that is no address leads nobody to an issuer. */
function authorizationServersOf(issuers: readonly TrustedIssuer[]): readonly string[] {
  return issuers
    .filter(({ protocol }) => protocol === 'oauth')
    .flatMap(({ issuerNames }) => issuerNames)
    .filter(isHttpsAddress)
}

/** A name that leads to no authorization server would leave callers at a loss, and nobody would know why. */
function checkAdvertised(advertise: ResourceMetadataOptions['advertise'], issuers: readonly TrustedIssuer[]): void {
  if (typeof advertise !== 'object') return
  for (const [index, name] of advertise.entries()) {
    const called = issuersCalled(name, issuers)
    if (authorizationServersOf(called).length > 0) continue
    const path = `resourceMetadata.advertise[${index}]`
    const problem =
      called.length === 0
        ? `is not among trustedIssuers; write the name of one: ${issuers.map((issuer) => issuer.name).join(', ')}`
        : 'gives no OAuth tokens under an https address, so it is no authorization server; leave it out'
    throw new ConfigurationError('ERR_S2S_OPTION_INVALID', `${path} ${problem}`, { path })
  }
}
