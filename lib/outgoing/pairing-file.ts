import { z } from 'zod'
import { ConfigurationError } from '../foundation/errors.ts'
import { optionsObject, parseOptions } from '../foundation/parse-options.ts'
import type { ProfileRight } from '../identity/rehydrate-user.ts'
import { s2sMetadataPaths } from '../metadata/build-s2s-metadata.ts'
import { trustedIssuerSchema } from '../trust/issuer-schemas.ts'
import { clientOptionsSchema } from './client-options.ts'
import { principalWord, serverProducts, type ServerPreset } from './products/server-preset.ts'
import { isHttpsAddress } from '../foundation/read-url.ts'

/** Something the other server grants this one (`Set-SPAppPrincipalPermission`). */
export interface PairingPermission {
  /** A web, a site collection, or the whole farm (subscription). */
  readonly scope: 'Site' | 'SiteCollection' | 'SiteSubscription'
  readonly right: 'Read' | 'Write' | 'Manage' | 'FullControl'
  /** Whether this server may use it without a user. Default `false`. Counts for all permissions of one site. */
  readonly appOnly?: boolean
  /** https address of the web the application is registered at. */
  readonly site: string
}

/** Something this server grants the other one. */
export interface PairingGrant {
  readonly permissions: readonly ProfileRight[]
  /** Whether it may use them without a user. Default `false`. */
  readonly appOnly?: boolean
}

/** This server, as the other one registers it. */
export interface PairedSelf {
  readonly clientId: string
  readonly realm: string
  /** Signs as this id, when this server is a trust broker; the same as `issuerId` of the calling server. */
  readonly issuerId?: string
  readonly displayName: string
  /** Where the other server reads our certificates... */
  readonly metadataEndpoint?: string
  /** ... or our certificate itself and those that signed it, base64 DER. Never a private key. */
  readonly certificates?: readonly string[]
  /** What Skype for Business lets this server do. */
  readonly applicationTrustLevel?: 'Full' | 'Application' | 'User'
}

/** A pairing as it is kept in a file: JSON, no secrets. Whoever may write the file decides whom this server believes. */
export interface PairingFile {
  /** The form of the file. */
  readonly version: 1
  /** The other server's name here: of the trusted issuer and in the grants. */
  readonly name: string
  readonly ours: PairedSelf
  readonly theirs: ServerPreset
  /** What this server grants the other one. */
  readonly grants: readonly PairingGrant[]
  /** What the other server grants this one. */
  readonly permissions: readonly PairingPermission[]
}

const text = z.string().min(1, 'is empty')
const right = z.enum(['Read', 'Write', 'Manage', 'FullControl'])
const address = z.string().refine(isPlainAddress, 'must be an https address without user name, query and fragment')

const ours = optionsObject({
  clientId: principalWord,
  realm: principalWord,
  issuerId: principalWord.optional(),
  displayName: text.max(50, 'is longer than 50 characters, which SharePoint does not take'),
  metadataEndpoint: address.optional(),
  certificates: z.array(z.base64('must be base64 DER').min(1)).min(1).optional(),
  applicationTrustLevel: z.enum(['Full', 'Application', 'User']).optional(),
}).refine(
  (self) => (self.metadataEndpoint === undefined) !== (self.certificates === undefined),
  'needs either metadataEndpoint (or origin) or a certificate: how else could the other server know our key?',
)

/** An agent, and secrets of any other way to get tokens, have no place in a file. */
const client = clientOptionsSchema
  .pick({
    targetRealm: true,
    discoveryPath: true,
    lifetimeSeconds: true,
    spelling: true,
    audience: true,
    issuer: true,
    userAttributes: true,
    ca: true,
    timeoutMilliseconds: true,
    maximumBytes: true,
  })
  .extend({ target: address, targetClientId: principalWord })

const trustedIssuer = trustedIssuerSchema
  .refine(({ type }) => type.startsWith('s2s-'), 'must be of an S2S type; the other server signs its own tokens')
  .refine((issuer) => !('agent' in issuer) && !('fetch' in issuer), 'has an agent or fetch, which no file can hold')

const grantedRight = z.union([
  text,
  optionsObject({ scope: text, right: right.optional(), container: text.optional() }),
])

const pairingSchema = optionsObject({
  version: z.literal(1),
  name: text,
  ours,
  theirs: optionsObject({ product: z.enum(serverProducts), trustedIssuer, client }),
  grants: z.array(optionsObject({ permissions: z.array(grantedRight).min(1), appOnly: z.boolean().optional() })),
  permissions: z.array(
    optionsObject({
      scope: z.enum(['Site', 'SiteCollection', 'SiteSubscription']),
      right,
      appOnly: z.boolean().optional(),
      site: address,
    }),
  ),
})

/**
 * Checks a pairing file member by member, and that its parts are of one pair of servers.
 *
 * Does not ask either server anything. Gives a copy.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function parsePairingFile(value: unknown): PairingFile {
  parseOptions<unknown>(pairingSchema, value, 'pairing')
  const file = structuredClone(value) as PairingFile
  const fault = [issuerFault, realmFault, brokerFault, permissionFault, endpointFault]
    .map((find) => find(file))
    .find((found) => found !== undefined)
  if (fault !== undefined) throw new ConfigurationError('ERR_S2S_OPTION_INVALID', `pairing: ${fault}`)
  return file
}

/** The issuer that is believed and the target that is called must be one server; only a broker speaks for others. */
function issuerFault({ theirs }: PairingFile): string | undefined {
  const { registeredIssuerName, isTrustBroker } = theirs.trustedIssuer
  if (registeredIssuerName === undefined || isTrustBroker === true) return undefined
  const isTarget = registeredIssuerName.startsWith(`${theirs.client.targetClientId}@`)
  return isTarget ? undefined : 'trustedIssuer and client name two different servers'
}

function realmFault({ theirs }: PairingFile): string | undefined {
  const { registeredIssuerName = '@*' } = theirs.trustedIssuer
  const { targetRealm } = theirs.client
  const isAny = targetRealm === undefined || registeredIssuerName.endsWith('@*')
  if (isAny || registeredIssuerName.endsWith(`@${targetRealm}`)) return undefined
  return 'trustedIssuer and client name two different realms'
}

function brokerFault({ ours: self }: PairingFile): string | undefined {
  const { clientId, issuerId = clientId, metadataEndpoint } = self
  if (issuerId === clientId || metadataEndpoint === undefined) return undefined
  return 'a broker (issuerId) is registered by certificate: our metadata names clientId as the issuer'
}

function permissionFault({ ours: self, theirs, permissions }: PairingFile): string | undefined {
  const { product } = theirs
  if (product !== 'sharepoint' && permissions.length > 0) return 'permissions are registered at SharePoint only'
  if (product === 'skype' || self.applicationTrustLevel === undefined) return undefined
  return 'applicationTrustLevel is for Skype for Business only'
}

/** What the product's commands need: SharePoint reads the root below our metadata, the others know no certificates. */
function endpointFault({ ours: { metadataEndpoint }, theirs: { product } }: PairingFile): string | undefined {
  if (product === 'sharepoint') {
    const { sharepoint: path } = s2sMetadataPaths
    return metadataEndpoint?.endsWith(path) === false ? `metadataEndpoint for SharePoint ends in ${path}` : undefined
  }
  if (metadataEndpoint !== undefined || (product !== 'skype' && product !== 'exchange')) return undefined
  return 'Exchange and Skype for Business are told our metadataEndpoint; registering a certificate is not supported'
}

function isPlainAddress(value: string): boolean {
  return isHttpsAddress(value) && !/[?#]/.test(value)
}
