import { z } from 'zod'
import { fetchOptionsSchema } from '../foundation/fetch-json.ts'
import { isHttpsAddress } from '../foundation/read-url.ts'
import { optionsObject } from '../foundation/parse-options.ts'
import { textOrFileSchema as textOrFile } from '../foundation/text-or-file.ts'
import { knownAlgorithms } from '../keys/verification-key.ts'
import { parsePrincipalName } from '../tokens/principal-name.ts'
import { delegationSchema } from './delegation.ts'

const text = z.string().min(1, 'is empty')
const texts = z.array(text).min(1, 'is empty; leave it out instead')
const seconds = z.number().int().min(0)
const httpsUrl = z.string().refine(isHttpsUrl, 'must be an https address without credentials or fragment')
const realmName = z.string().regex(/^[^\s/@*,"\\=]+$/, 'must be a realm: no space, slash, @, * or comma')
const senderConstraint = z.enum(['allowed', 'required'])
const algorithm = z.enum(knownAlgorithms, `must be one of ${knownAlgorithms.join(', ')}`)

const commonShape = {
  name: text.optional(),
  audience: z.union([text, texts]).optional(),
  algorithms: z.array(algorithm).min(1).optional(),
  acceptedTypes: texts.optional(),
  clockToleranceSeconds: seconds.max(600, 'is more than 600 seconds; set the clocks right instead').optional(),
  maximumLifetimeSeconds: seconds.min(1).optional(),
  permissionCeiling: z.array(text).optional(),
  shadow: z.boolean().optional(),
}

const remoteShape = {
  ...fetchOptionsSchema.shape,
  keysRefreshSeconds: seconds.min(10).optional(),
  keysStaleSeconds: seconds.min(10).optional(),
}

const oauthShape = {
  ...commonShape,
  strict: z.boolean().optional(),
  callerKind: z
    .union([
      z.enum(['rfc9068', 'entra', 'auth0', 'okta', 'keycloak', 'cognito']),
      z.custom((value) => typeof value === 'function', 'must be a function of the claims'),
    ])
    .optional(),
  permissionClaims: z.array(texts).optional(),
  dpop: senderConstraint.optional(),
  mtls: senderConstraint.optional(),
}

const s2sShape = {
  ...commonShape,
  isTrustBroker: z.boolean().optional(),
  allowDelegation: delegationSchema.optional(),
  acceptsUserTokens: z.boolean().optional(),
  acceptSecurityIdentifiers: z.boolean().optional(),
  realms: z.array(realmName).min(1).optional(),
}

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
  issuer: httpsUrl,
  jwksUri: httpsUrl.optional(),
})

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
  shadow: commonShape.shadow,
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
  microsoft365Schema,
])

function isHttpsUrl(value: string): boolean {
  return isHttpsAddress(value) && !value.includes('#')
}

/** `id@realm`; `id@*` is allowed here and needs `realms`. */
function isIssuerName(value: string): boolean {
  const name = parsePrincipalName(value.endsWith('@*') ? `${value.slice(0, -1)}any` : value)
  return name?.realm !== undefined && name.host === undefined
}
