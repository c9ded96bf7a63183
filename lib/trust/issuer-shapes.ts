import { z } from 'zod'
import { fetchOptionsSchema } from '../foundation/fetch-json.ts'
import { isHttpsAddress } from '../foundation/read-url.ts'
import { knownAlgorithms } from '../keys/verification-key.ts'
import { isNamespace } from '../tokens/kubernetes-account.ts'
import { isTrustDomain } from '../tokens/spiffe-id.ts'
import { delegationSchema } from './delegation.ts'

/** A text that says something. */
export const text = z.string().min(1, 'is empty')
/** One or more of them. */
export const texts = z.array(text).min(1, 'is empty; leave it out instead')
/** Whole seconds. */
export const seconds = z.number().int().min(0)
/** An address that is asked. */
export const httpsUrl = z.string().refine(isHttpsUrl, 'must be an https address without credentials or fragment')
const realmName = z.string().regex(/^[^\s/@*,"\\=]+$/, 'must be a realm: no space, slash, @, * or comma')
const senderConstraint = z.enum(['allowed', 'required'])
const algorithm = z.enum(knownAlgorithms, `must be one of ${knownAlgorithms.join(', ')}`)

/** What trusted issuers of every type take. */
export const commonShape = {
  name: text.optional(),
  audience: z.union([text, texts]).optional(),
  algorithms: z.array(algorithm).min(1).optional(),
  acceptedTypes: texts.optional(),
  clockToleranceSeconds: seconds.max(600, 'is more than 600 seconds; set the clocks right instead').optional(),
  maximumLifetimeSeconds: seconds.min(1).optional(),
  permissionCeiling: z.array(text).optional(),
  applications: texts.optional(),
  shadow: z.boolean().optional(),
  singleUseTokens: z.boolean().optional(),
}

/** What issuers take besides whose keys are fetched. */
export const remoteShape = {
  ...fetchOptionsSchema.shape,
  keysRefreshSeconds: seconds.min(10).optional(),
  keysStaleSeconds: seconds.min(10).optional(),
}

/** What issuers of OAuth tokens take. */
export const oauthShape = {
  ...commonShape,
  strict: z.boolean().optional(),
  callerKind: z
    .union([
      z.enum(['rfc9068', 'rfc7662', 'entra', 'auth0', 'okta', 'keycloak', 'cognito', 'kubernetes', 'spiffe', 'google']),
      z.custom((value) => typeof value === 'function', 'must be a function of the claims'),
    ])
    .optional(),
  permissionClaims: z.array(texts).optional(),
  dpop: senderConstraint.optional(),
  mtls: senderConstraint.optional(),
  acceptsActorClaim: z.boolean().optional(),
  namespaces: z.array(z.string().refine(isNamespace, 'must be the name of a namespace')).min(1, 'is empty').optional(),
  clientIds: texts.optional(),
  trustDomain: z
    .string()
    .refine(isTrustDomain, 'must be a trust domain such as example.org: no scheme, no path, in lower case')
    .optional(),
}

/** What issuers of S2S tokens take. */
export const s2sShape = {
  ...commonShape,
  isTrustBroker: z.boolean().optional(),
  allowDelegation: delegationSchema.optional(),
  acceptsUserTokens: z.boolean().optional(),
  acceptSecurityIdentifiers: z.boolean().optional(),
  realms: z.array(realmName).min(1).optional(),
}

/** Whether it is an https address without credentials or fragment. */
export function isHttpsUrl(value: string): boolean {
  return isHttpsAddress(value) && !value.includes('#')
}
