import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { fetchOptionsSchema } from '../foundation/fetch-json.ts'
import { optionsObject } from '../foundation/parse-options.ts'
import { textOrFileSchema as textOrFile } from '../foundation/text-or-file.ts'
import { clientAuthenticationSchema } from '../oauth/client-authentication-options.ts'
import { parsePrincipalName } from '../tokens/principal-name.ts'
import { isTrustDomain } from '../tokens/spiffe-id.ts'
import {
  commonShape,
  httpsUrl,
  isHttpsUrl,
  oauthShape,
  remoteShape,
  s2sShape,
  seconds,
  text,
  texts,
} from './issuer-shapes.ts'

const issuerName = z.string().refine(isIssuerName, 'must be written id@realm, as "iss" has it')

const s2sMetadataSchema = optionsObject({
  type: z.literal('s2s-metadata'),
  ...s2sShape,
  ...remoteShape,
  metadataEndpoint: httpsUrl,
  registeredIssuerName: issuerName.optional(),
  thumbprints: texts.optional(),
})

const s2sCertificateSchema = optionsObject({
  type: z.literal('s2s-certificate'),
  ...s2sShape,
  registeredIssuerName: issuerName,
  certificates: z.union([textOrFile, z.array(textOrFile).min(1)]),
})

const openIdSchema = optionsObject({
  type: z.literal('openid'),
  ...oauthShape,
  ...remoteShape,
  issuer: z.string().refine(isIssuerAddress, 'must be an https address without credentials or fragment'),
  jwksUri: httpsUrl.optional(),
  bundleEndpoint: httpsUrl.optional(),
  discoveryTokenFile: z
    .string()
    .refine(isAbsolute, 'must be an absolute path, such as /var/run/secrets/kubernetes.io/serviceaccount/token')
    .optional(),
}).refine(
  ({ issuer, callerKind, bundleEndpoint, jwksUri }) =>
    isHttpsUrl(issuer) || (callerKind === 'spiffe' && (bundleEndpoint ?? jwksUri) !== undefined),
  "has an issuer that is no https address; that is for callerKind: 'spiffe' with bundleEndpoint (or jwksUri) only",
)

const jsonOrFile = z.record(z.string(), z.unknown())

const staticSchema = optionsObject({
  type: z.literal('static'),
  ...oauthShape,
  issuer: text,
  jwk: jsonOrFile.optional(),
  jwks: jsonOrFile.optional(),
  pem: textOrFile.optional(),
  certificate: textOrFile.optional(),
}).refine(
  (options) => [options.jwk, options.jwks, options.pem, options.certificate].filter(Boolean).length === 1,
  'needs exactly one of jwk, jwks, pem and certificate',
)

const introspectionSchema = optionsObject({
  type: z.literal('introspection'),
  ...commonShape,
  callerKind: oauthShape.callerKind,
  permissionClaims: oauthShape.permissionClaims,
  dpop: oauthShape.dpop,
  mtls: oauthShape.mtls,
  ...fetchOptionsSchema.shape,
  issuer: httpsUrl,
  introspectionEndpoint: httpsUrl.optional(),
  clientId: text,
  authentication: clientAuthenticationSchema,
  accepts: z.enum(['opaque', 'jwt', 'any']).optional(),
  tokenPrefix: z
    .string()
    .regex(
      /^(?!eyJ)[A-Za-z0-9\-_~+/]+\.?[A-Za-z0-9\-_~+/]*$/,
      'must be what tokens begin with, and not as JWTs do (eyJ)',
    )
    .optional(),
  cacheSeconds: seconds
    .min(1)
    .max(600, 'is more than 600 seconds; a revoked token would be believed that long')
    .optional(),
  acceptMissingAudience: z.boolean().optional(),
  acceptMissingTokenType: z.boolean().optional(),
}).refine(
  (options) => options.accepts !== 'jwt' || options.tokenPrefix === undefined,
  "tokenPrefix is for opaque tokens; leave it out with accepts: 'jwt'",
)

const tenantId = z
  .string()
  .regex(
    /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
    'must be a tenant id, a GUID; names of tenants are not accepted',
  )

const microsoft365Schema = optionsObject({
  type: z.literal('microsoft365'),
  name: commonShape.name,
  tenantId: tenantId.optional(),
  tenants: z.array(tenantId).min(1, 'is empty; list the tenants you trust').optional(),
  cloud: z.enum(['global', 'usgov', 'china']).optional(),
  audience: commonShape.audience,
  clockToleranceSeconds: commonShape.clockToleranceSeconds,
  maximumLifetimeSeconds: commonShape.maximumLifetimeSeconds,
  permissionCeiling: commonShape.permissionCeiling,
  applications: commonShape.applications,
  shadow: commonShape.shadow,
  singleUseTokens: commonShape.singleUseTokens,
  allowDelegation: s2sShape.allowDelegation,
  acceptsUserTokens: s2sShape.acceptsUserTokens,
  acceptSecurityIdentifiers: s2sShape.acceptSecurityIdentifiers,
  ...remoteShape,
}).refine(
  (options) => (options.tenantId === undefined) !== (options.tenants === undefined),
  'needs tenantId: the id of your tenant, or tenants: [...] the ids of all tenants you trust; not both',
)

/** Strict option schema of one trusted issuer; unknown keys are refused by name. */
export const trustedIssuerSchema = z.discriminatedUnion('type', [
  s2sMetadataSchema,
  s2sCertificateSchema,
  openIdSchema,
  staticSchema,
  introspectionSchema,
  microsoft365Schema,
])

/** Or `spiffe://<trust domain>`, which `checkDialect` holds against the other options. */
function isIssuerAddress(value: string): boolean {
  return isHttpsUrl(value) || (value.startsWith('spiffe://') && isTrustDomain(value.slice('spiffe://'.length)))
}

/** `id@realm`; `id@*` is allowed here and needs `realms`. */
function isIssuerName(value: string): boolean {
  const name = parsePrincipalName(value.endsWith('@*') ? `${value.slice(0, -1)}any` : value)
  return name?.realm !== undefined && name.host === undefined
}
