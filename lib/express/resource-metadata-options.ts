import { z } from 'zod'
import { optionsObject } from '../foundation/parse-options.ts'
import { isHttpsAddress } from '../foundation/read-url.ts'
import { isResourceIdentifier } from '../metadata/resource-metadata.ts'
import { scopeName } from '../permissions/requirement-forms.ts'

/** What a server tells about itself as a protected resource (RFC 9728), to callers who do not know it yet. */
export interface ResourceMetadataOptions {
  /**
   * The address that callers call, as they know it: `https://host/path`, without query. Authorization servers put it into
   * `aud` where a caller sends it as `resource` (RFC 8707): `audience` should have it too. Default: the https address
   * among `audience`, if there is exactly one.
   */
  readonly resource?: string
  /**
   * Which trusted OAuth issuers are named as authorization servers: all, none, or those with these names, in this order;
   * many callers take the first. Default `false`: none.
   */
  readonly advertise?: boolean | readonly string[]
  /**
   * The scopes that are offered, `[]` for none; callers without a better hint ask for all of them. Default: every scope
   * that a resource table or `requirePermission` of this server requires.
   */
  readonly scopes?: readonly string[]
  /** The scopes that every 401 tells a caller to ask for first. Default: none. */
  readonly challengeScopes?: readonly string[]
  /** Name of this server, for people. */
  readonly name?: string
  /** https address of its documentation, for developers. */
  readonly documentation?: string
  /** https address of the JWK set with our public keys, such as the one that `s2s.metadataRouter()` publishes. */
  readonly jwksUri?: string
}

const address = z.string().refine(isHttpsAddress, 'must be an https address')
const scopes = z.array(scopeName)

/**
 * The members of `ResourceMetadataOptions`.
 *
 * @internal
 */
export const resourceMetadataShape = {
  resource: z
    .string()
    .refine(
      isResourceIdentifier,
      'must be an https address without user name, query and fragment, spelt as URL.href gives it',
    )
    .optional(),
  advertise: z.union([z.boolean(), z.array(z.string().min(1))]).optional(),
  scopes: scopes.optional(),
  challengeScopes: scopes.min(1, 'is empty; leave it out instead').optional(),
  name: z.string().min(1, 'is empty; leave it out instead').optional(),
  documentation: address.optional(),
  jwksUri: address.optional(),
}

/**
 * Strict schema of `ResourceMetadataOptions`.
 *
 * @internal
 */
export const resourceMetadataSchema = optionsObject(resourceMetadataShape)
