import type { TrustedIssuerOptions } from '../../trust/issuer-options.ts'
import { CommandFailure } from '../command-failure.ts'
import { exitCodes, type CommandContext, type CommandResult } from '../command-io.ts'
import { confirm } from '../confirm.ts'
import { withAudience, withSelf, type SelfParts } from '../file/begin-self.ts'
import type { EditableConfig } from '../file/config-document.ts'
import { authoritiesMember, readAuthorities } from '../file/read-authorities.ts'
import { readOrBeginConfig } from '../file/read-config-file.ts'
import { writeConfigFile } from '../file/write-config-file.ts'
import { checkThumbprints } from './check-thumbprints.ts'
import { describeServer } from './describe-server.ts'
import { inspectServer, type InspectedServer } from './inspect-server.ts'
import { issuerIndex } from './issuer-index.ts'
import { readSuspended } from './suspended-file.ts'
import { microsoft365Word, trustAddMicrosoft365, type Microsoft365AddOptions } from './trust-add-microsoft365.ts'

/** Options of `trust add`. */
export interface TrustAddOptions extends SelfParts, Microsoft365AddOptions {
  /** Every key that the other server may have, instead of a question. */
  readonly thumbprint?: readonly string[]
  /** Write the thumbprints down: no other key will ever be taken. */
  readonly pin?: boolean
  /** For a document whose realm is `*`: the realms that are believed. */
  readonly realms?: readonly string[]
}

/**
 * Reads what another server says of itself, shows it, and after a yes writes it to the configuration file as a trusted
 * issuer. Begins the file where there is none. `microsoft365` in the place of the address: see `trustAddMicrosoft365`.
 *
 * @throws CommandFailure, ConfigurationError, UnavailableError; then nothing was changed
 */
export async function trustAdd(
  context: CommandContext,
  [name, url]: readonly [name: string, url: string],
  options: TrustAddOptions = {},
): Promise<CommandResult> {
  const before = await readOrBeginConfig(context.configFile)
  await refuseTakenName(name, before, context)
  refuseUnfitting(url, options)
  if (url === microsoft365Word) return trustAddMicrosoft365(context, [name, before], options)
  const server = await inspectServer(url, await readAuthorities(context))
  const document = withIssuer(before, { name, server, options, context })
  const about = describeServer(server, context.io.clock())
  refuseExpired(server, context.io.clock())
  if (options.thumbprint !== undefined) checkThumbprints(options.thumbprint, server.keys)
  else await confirm(`Believe tokens that this server signs, as ${name}?`, context, about)
  await writeConfigFile(document, before, context)
  return { value: { name, ...server }, lines: [...about, '', `${name} is trusted.`, ...nextSteps(name, server)] }
}

interface NewIssuer {
  readonly name: string
  readonly server: InspectedServer
  readonly options: TrustAddOptions
  readonly context: CommandContext
}

async function refuseTakenName(name: string, document: EditableConfig, context: CommandContext): Promise<void> {
  if (issuerIndex(document, name) !== undefined) {
    throw new CommandFailure(
      `${name} is trusted already; choose another name, or: npx passport-s2s trust remove ${name}`,
    )
  }
  if ((await readSuspended(context.configFile)).some((entry) => entry.name === name)) {
    throw new CommandFailure(`${name} is suspended; bring it back: npx passport-s2s trust resume ${name}`)
  }
}

function refuseUnfitting(url: string, { tenant, cloud, thumbprint, pin, realms }: TrustAddOptions): void {
  const isPreset = url === microsoft365Word
  if (isPreset && (thumbprint ?? pin ?? realms) !== undefined) {
    throw new CommandFailure('--thumbprint, --pin and --realms are for a server with a document of its own')
  }
  if (isPreset || (tenant ?? cloud) === undefined) return
  throw new CommandFailure(`--tenant and --cloud are for: npx passport-s2s trust add NAME ${microsoft365Word}`)
}

function withIssuer(before: EditableConfig, issuer: NewIssuer): EditableConfig {
  const { options, server } = issuer
  if (server.type === 'openid' && (options.realms !== undefined || options.pin === true)) {
    throw new CommandFailure('--pin and --realms are for S2S servers; this is an OpenID issuer')
  }
  const begun = server.type === 'openid' ? withAudience(before, options) : withSelf(before, options)
  return { ...begun, trustedIssuers: [...begun.trustedIssuers, entryOf(issuer)] }
}

function entryOf({ name, server, options, context }: NewIssuer): TrustedIssuerOptions {
  const { type, issuer, document, keys } = server
  const ca = authoritiesMember(context) as { readonly ca?: never }
  if (type === 'openid') return { type, name, issuer, ...ca }
  const thumbprints = options.pin === true ? { thumbprints: keys.map(({ x5tS256 }) => x5tS256) } : {}
  const realms = options.realms === undefined ? {} : { realms: options.realms }
  return { type, name, metadataEndpoint: document, registeredIssuerName: issuer, ...realms, ...thumbprints, ...ca }
}

function refuseExpired({ keys }: InspectedServer, now: number): void {
  if (keys.some(({ notAfter = Infinity }) => now < notAfter)) return
  throw new CommandFailure('all certificates of this server are expired; it must renew them first', exitCodes.found)
}

function nextSteps(name: string, { type }: InspectedServer): readonly string[] {
  if (type === 'openid') return ['What its tokens may do is what their scopes say and your resources require.']
  return ['Nothing is granted to it yet:', `  npx passport-s2s grant add ${name} reports.read --app-only`]
}
