import type { JsonObject } from '../foundation/parse-json.ts'
import { readUrl } from '../foundation/read-url.ts'

/** How tokens must be bound to a key or certificate of the caller; nothing is said of what is left out. */
export interface TokenBindingMetadata {
  /** JWS algorithms of DPoP proofs that are accepted (RFC 9449). */
  readonly dpopAlgorithms?: readonly string[]
  /** Only tokens bound by DPoP are accepted. */
  readonly dpopRequired?: boolean
  /** Tokens that are bound to a client certificate (RFC 8705) are accepted as such. */
  readonly certificateBound?: boolean
}

/** What the document says. */
export interface ResourceMetadataParts {
  /** The resource identifier, see `isResourceIdentifier`. */
  readonly resource: string
  /** Issuer identifiers, the preferred one first; empty: the document names none. */
  readonly authorizationServers: readonly string[]
  /** Empty: the document names none. */
  readonly scopes: readonly string[]
  readonly name?: string | undefined
  readonly documentation?: string | undefined
  readonly jwksUri?: string | undefined
  readonly binding?: TokenBindingMetadata | undefined
}

const wellKnownPath = '/.well-known/oauth-protected-resource'

/**
 * Builds the metadata of a protected resource. Only members that RFC 9728 defines; which method and path needs which scope
 * has none.
 *
 * Does not decide whom and what an operator wants to be told.
 *
 * @see RFC 9728 section 2
 */
export function buildResourceMetadata(parts: ResourceMetadataParts): JsonObject {
  const { resource, authorizationServers, scopes, name, documentation, jwksUri, binding = {} } = parts
  const members = {
    resource,
    authorization_servers: givenList(authorizationServers),
    jwks_uri: jwksUri,
    scopes_supported: givenList(scopes),
    bearer_methods_supported: ['header'],
    resource_name: name,
    resource_documentation: documentation,
    tls_client_certificate_bound_access_tokens: binding.certificateBound,
    dpop_signing_alg_values_supported: givenList(binding.dpopAlgorithms ?? []),
    dpop_bound_access_tokens_required: binding.dpopRequired,
  }
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}

/** RFC 9728 section 3.2: a member with no values is left out. */
function givenList(list: readonly string[]): readonly string[] | undefined {
  return list.length === 0 ? undefined : [...list]
}

/**
 * Where the metadata of a resource is: the well-known path goes between its host and its path.
 *
 * @see RFC 9728 section 3.1
 */
export function resourceMetadataUrl(resource: string): string {
  const { origin, pathname } = new URL(resource)
  return `${origin}${wellKnownPath}${pathname === '/' ? '' : pathname}`
}

/**
 * Whether a text can be a resource identifier here: an https address in the spelling that every URL parser gives, without
 * user name, query and fragment, so that it is one text to callers, authorization servers and us.
 *
 * @see RFC 9728 section 1.2, which allows a query and advises against it
 */
export function isResourceIdentifier(text: string): boolean {
  const url = readUrl(text)
  if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '' || /[?#]/.test(text)) return false
  return url.href === text || url.href === `${text}/`
}
