import { z } from 'zod'
import { ConfigurationError } from '../foundation/errors.ts'
import { parseJsonObject } from '../foundation/parse-json.ts'
import { parseOptions } from '../foundation/parse-options.ts'
import type { TextOrFile } from '../foundation/text-or-file.ts'
import { s2sMetadataPaths } from '../metadata/build-s2s-metadata.ts'
import { readCertificate } from '../trust/static-issuer.ts'
import { printPairingCommands } from './pairing-commands.ts'
import {
  parsePairingFile,
  type PairedSelf,
  type PairingFile,
  type PairingGrant,
  type PairingPermission,
} from './pairing-file.ts'
import { createServerPreset, type ServerPreset, type ServerPresetOptions } from './products/server-preset.ts'

/** This server's side of a pairing. */
export interface PairingSelf extends Pick<PairedSelf, 'clientId' | 'realm' | 'issuerId' | 'applicationTrustLevel'> {
  /** At most 50 characters. Default: the name of the pairing. */
  readonly displayName?: string
  /** `https://host:port` at which `s2s.metadataRouter()` answers: `metadataEndpoint` is SharePoint's path on it... */
  readonly origin?: string
  /** ... or the whole address. */
  readonly metadataEndpoint?: string
}

/** A server there is no preset for, such as another one with this package. */
export interface OtherServerOptions extends ServerPresetOptions {
  /** Its principal identifier. */
  readonly clientId: string
}

/** Options of `createPairing`. */
export interface PairingOptions {
  /** The other server's name here. */
  readonly name: string
  readonly ours: PairingSelf
  /** A preset such as `sharePointServer({ url })`, or another server. */
  readonly theirs: ServerPreset | OtherServerOptions
  /** What the other server shall grant this one (SharePoint only). Default: nothing. */
  readonly permissions?: readonly PairingPermission[]
  /** What this server grants the other one. Default: nothing. */
  readonly grants?: readonly PairingGrant[]
  /**
   * Register our certificate instead of our metadata address: for a farm that cannot reach us. It does not follow a
   * roll-over. Public part only.
   */
  readonly certificate?: TextOrFile
  /** The certificates that signed it, up to the root; none when it is self-signed. */
  readonly certificateChain?: readonly TextOrFile[]
}

/** Two servers that work together, and what each registers of the other. */
export interface Pairing {
  readonly name: string
  /** For `trustedIssuers` of `createS2S`. */
  readonly trustedIssuer: ServerPreset['trustedIssuer'] & { readonly name: string }
  /** For `s2s.client`. */
  readonly client: ServerPreset['client']
  /** For `grants` of `createS2S`. */
  readonly grants: readonly (PairingGrant & { readonly issuer: string; readonly application: string })[]
  /** What `JSON.stringify` writes: the file form, without secrets; `readPairing` reads it. */
  toJSON(this: void): PairingFile
  /** Commands for the administrator of the other server. */
  powerShell(this: void): string
}

const side = z.record(z.string(), z.unknown())
/** Only that there are two sides; the pairing that is made of them is checked member by member. */
const sidesSchema = z
  .looseObject({ ours: side, theirs: side })
  .refine(
    (options) => options['certificate'] !== undefined || options['certificateChain'] === undefined,
    'certificateChain needs the certificate it belongs to',
  )

/**
 * Describes both directions between this server and another one, from one place.
 *
 * Does not ask either server anything, and changes nothing: give its parts to `createS2S` and `s2s.client`, and its commands
 * to the administrator of the other server. `grants` without `delegation` of the preset are for the other server itself.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 * @see protocol sections 6 and 7
 */
export function createPairing(options: PairingOptions): Pairing {
  parseOptions<unknown>(sidesSchema, options, '')
  const { name, ours, theirs, permissions, grants, certificate, certificateChain, ...unknown } = options
  const { trustedIssuer, ...preset } = 'trustedIssuer' in theirs ? theirs : otherServer(theirs)
  const { origin, metadataEndpoint, ...self } = ours
  const key =
    certificate === undefined
      ? endpointOf(origin, metadataEndpoint)
      : { certificates: [certificate, ...(certificateChain ?? [])].map(readDer) }
  return toPairing(
    parsePairingFile({
      version: 1,
      name,
      ours: { displayName: name, ...self, ...key },
      theirs: { ...preset, trustedIssuer: { ...trustedIssuer, name } },
      grants: grants ?? [],
      permissions: permissions ?? [],
      ...unknown,
    }),
  )
}

/**
 * Reads a pairing from its file form: the text of the file, or what `JSON.parse` made of it. Everything is checked again;
 * members that are not known are refused.
 *
 * Does not check who wrote the file: whoever may write it decides whom this server believes.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function readPairing(json: unknown): Pairing {
  return toPairing(parsePairingFile(typeof json === 'string' ? parseText(json) : json))
}

function parseText(text: string): unknown {
  try {
    return parseJsonObject(text)
  } catch (cause) {
    throw new ConfigurationError('ERR_S2S_OPTION_INVALID', 'pairing is not a JSON object', { cause })
  }
}

function otherServer({ clientId, ...options }: OtherServerOptions): ServerPreset {
  return createServerPreset({ product: 'other', clientId, metadataPath: s2sMetadataPaths.sharepoint }, options)
}

function endpointOf(origin: string | undefined, endpoint: string | undefined): { metadataEndpoint?: string } {
  if (endpoint !== undefined) return { metadataEndpoint: endpoint }
  return origin === undefined ? {} : { metadataEndpoint: origin.replace(/\/$/, '') + s2sMetadataPaths.sharepoint }
}

function readDer(certificate: TextOrFile): string {
  return readCertificate(certificate, 'certificate').derBase64
}

function toPairing(file: PairingFile): Pairing {
  const { name, theirs, grants } = file
  const { targetClientId, targetRealm } = theirs.client
  const application = targetRealm === undefined ? targetClientId : `${targetClientId}@${targetRealm}`
  return {
    name,
    trustedIssuer: { ...theirs.trustedIssuer, name },
    client: theirs.client,
    grants: grants.map((grant) => ({ issuer: name, application, ...grant })),
    toJSON: () => structuredClone(file),
    powerShell: () => printPairingCommands(file),
  }
}
