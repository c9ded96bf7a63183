import { z } from 'zod'
import { fetchOptionsSchema, type FetchJsonOptions } from '../../foundation/fetch-json.ts'
import { optionsObject, parseOptions } from '../../foundation/parse-options.ts'
import type {
  DelegatedApplication,
  S2SCertificateIssuerOptions,
  S2SIssuerOptions,
  S2SMetadataIssuerOptions,
} from '../../trust/issuer-options.ts'
import { trustedIssuerSchema } from '../../trust/issuer-schemas.ts'
import type { S2SClientOptions } from '../client-options.ts'
import { readUrl } from '../../foundation/read-url.ts'

/** The servers there is a preset for; `other` is any other server that speaks the S2S protocol. */
export const serverProducts = ['sharepoint', 'exchange', 'skype', 'workflow-manager', 'other'] as const

/** One of `serverProducts`. */
export type ServerProduct = (typeof serverProducts)[number]

/** Both directions of the work with one other server. */
export interface ServerPreset {
  readonly product: ServerProduct
  /** Incoming: one of `trustedIssuers` of `createS2S`. */
  readonly trustedIssuer: S2SMetadataIssuerOptions | S2SCertificateIssuerOptions
  /** Outgoing: the options of `s2s.client`. */
  readonly client: S2SClientOptions & { readonly targetClientId: string }
}

/** How far the other server may act for users; see `DelegatedApplication`. */
export type ServerDelegation = Omit<DelegatedApplication, 'id'>

/** What every preset may be told. */
export interface ServerPresetOptions extends Pick<FetchJsonOptions, 'agent' | 'ca'> {
  /** `https://host` or `https://host:port`; only this origin ever gets a token. */
  readonly url: string
  /**
   * Its realm, in lower case. Left out, both directions ask the server: its metadata document for incoming tokens (say
   * `await s2s.ready()` at start), its challenge for outgoing ones.
   */
  readonly realm?: string
  /** Its name in logs and grants. Default: the host name of `url`. */
  readonly name?: string
  /** https address of its metadata document. Default: the product's path on `url`. */
  readonly metadataEndpoint?: string
  /** Whether it may act for users, and for whom. Default: for nobody; it may act as itself. */
  readonly delegation?: ServerDelegation
  /** Whether a Windows SID in `nameid` may find the user. Default: see the product. */
  readonly acceptSecurityIdentifiers?: boolean
  /** Accept only certificates with one of these thumbprints (SHA-1 or SHA-256; hex, base64 or base64url). */
  readonly thumbprints?: readonly string[]
}

/** What is known of a product. */
export interface ServerFacts {
  readonly product: ServerProduct
  /** Its principal identifier. */
  readonly clientId: string
  /** Where it publishes its metadata document. */
  readonly metadataPath: string
  /** Which identifiers of a user it reads; all when missing. */
  readonly userAttributes?: NonNullable<S2SClientOptions['userAttributes']>
  readonly acceptSecurityIdentifiers?: boolean
  /** The path that is asked who it is; the path of the call when missing. */
  readonly discoveryPath?: string
  /** Whether its realm is always a GUID. */
  readonly hasGuidRealm?: boolean
}

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const text = z.string().min(1, 'is empty')

/** One word of an S2S name, as it is written on the wire. */
export const principalWord: z.ZodString = z
  .string()
  .regex(/^[^\sA-Z/@*,"\\=]+$/, 'must be in lower case, without space, slash, @, *, comma, quote and =')

/**
 * Members of the option schema that all presets share.
 *
 * @internal
 */
export const serverPresetShape = {
  url: z.string().refine(isHttpsOrigin, 'must be https://host or https://host:port and nothing behind'),
  realm: principalWord.optional(),
  name: text.optional(),
  metadataEndpoint: text.optional(),
  delegation: z.record(z.string(), z.unknown()).optional(),
  acceptSecurityIdentifiers: z.boolean().optional(),
  thumbprints: z.array(text).min(1, 'is empty; leave it out instead').optional(),
  agent: fetchOptionsSchema.shape.agent,
  ca: fetchOptionsSchema.shape.ca,
}

const presetSchema = optionsObject(serverPresetShape)
const guidRealmSchema = presetSchema.extend({
  realm: z.string().regex(guid, 'must be a GUID in lower case (Get-SPAuthenticationRealm)').optional(),
})

/**
 * Makes the preset of a server that publishes its metadata: it signs its own tokens (never a trust broker), and its
 * certificates are those of its document.
 *
 * Does not fetch anything, and does not check that the server is the product it is said to be.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function createServerPreset(facts: ServerFacts, options: ServerPresetOptions): ServerPreset {
  parseOptions<unknown>(facts.hasGuidRealm === true ? guidRealmSchema : presetSchema, options, '')
  const { origin, realm, agent, ca } = readServer(options)
  const trustedIssuer: S2SMetadataIssuerOptions = {
    type: 's2s-metadata',
    ...commonIssuerOptions(facts, options),
    metadataEndpoint: options.metadataEndpoint ?? origin + facts.metadataPath,
    ...(realm === undefined ? {} : { registeredIssuerName: `${facts.clientId}@${realm}` }),
    ...(options.thumbprints === undefined ? {} : { thumbprints: options.thumbprints }),
    ...(agent === undefined ? {} : { agent }),
    ...(ca === undefined ? {} : { ca }),
  }
  return checkPreset({ product: facts.product, trustedIssuer, client: createClientOptions(facts, options) })
}

/** The members of a trusted issuer that do not depend on where its certificates come from. */
export function commonIssuerOptions(facts: ServerFacts, options: ServerPresetOptions): S2SIssuerOptions {
  const { delegation } = options
  return {
    name: options.name ?? new URL(options.url).host,
    isTrustBroker: false,
    acceptSecurityIdentifiers: options.acceptSecurityIdentifiers ?? facts.acceptSecurityIdentifiers ?? false,
    allowDelegation: delegation === undefined ? false : { applications: [{ ...delegation, id: facts.clientId }] },
  }
}

/** The outgoing half of a preset. */
export function createClientOptions(facts: ServerFacts, options: ServerPresetOptions): ServerPreset['client'] {
  const { origin, realm, agent, ca } = readServer(options)
  return {
    target: origin,
    targetClientId: facts.clientId,
    spelling: 'sharepoint',
    ...(realm === undefined ? {} : { targetRealm: realm }),
    ...(facts.userAttributes === undefined ? {} : { userAttributes: facts.userAttributes }),
    ...(facts.discoveryPath === undefined ? {} : { discoveryPath: facts.discoveryPath }),
    ...(agent === undefined ? {} : { agent }),
    ...(ca === undefined ? {} : { ca }),
  }
}

/**
 * Gives the preset when its incoming half is one that `createS2S` takes.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function checkPreset(preset: ServerPreset): ServerPreset {
  parseOptions<unknown>(trustedIssuerSchema, preset.trustedIssuer, 'trustedIssuer')
  return preset
}

function readServer({ url, realm, agent, ca }: ServerPresetOptions): {
  readonly origin: string
  readonly realm: string | undefined
  readonly agent: FetchJsonOptions['agent']
  readonly ca: FetchJsonOptions['ca']
} {
  return { origin: new URL(url).origin, realm, agent, ca }
}

function isHttpsOrigin(value: string): boolean {
  const url = readUrl(value)
  return url?.protocol === 'https:' && url.href === `${url.origin}/` && !value.includes('#') && !value.includes('?')
}
