import { CommandFailure } from '../command-failure.ts'
import type { CommandContext, CommandResult } from '../command-io.ts'
import { confirm } from '../confirm.ts'
import type { EditableConfig } from '../file/config-document.ts'
import { readConfigFile } from '../file/read-config-file.ts'
import { validateConfig } from '../file/validate-config.ts'
import { writeConfigFile } from '../file/write-config-file.ts'
import { reachOfChange } from './reach-of-change.ts'
import { issuerIndex } from './issuer-index.ts'
import { readSuspended, writeSuspended, type SuspendedIssuer } from './suspended-file.ts'
import { advertisedBy, takeIssuer } from './take-issuer.ts'

/**
 * Takes a trusted issuer out of the configuration file and keeps it with its grants in a file beside, until `trust
 * resume`.
 *
 * Does not touch the shared state of a fleet (`s2s.suspend`), which only a server can reach.
 *
 * @throws CommandFailure, ConfigurationError; then nothing was changed
 */
export async function trustSuspend(context: CommandContext, name: string): Promise<CommandResult> {
  const { configFile } = context
  const before = await readConfigFile(configFile)
  const { document, ...taken } = takeIssuer(before, name)
  await confirm(`Stop believing ${name} until it is resumed?`, context)
  await validateConfig(document, context)
  const others = (await readSuspended(configFile)).filter((other) => other.name !== name)
  await writeSuspended(configFile, [...others, { name, ...taken }])
  await writeConfigFile(document, before, context)
  const lines = [`${name} is suspended. It comes back with: npx passport-s2s trust resume ${name}`, ...reachOfChange]
  return { value: { name, suspended: true }, lines }
}

/**
 * Puts a suspended issuer back into the configuration file.
 *
 * @throws CommandFailure, ConfigurationError; then nothing was changed
 */
export async function trustResume(context: CommandContext, name: string): Promise<CommandResult> {
  const { configFile } = context
  const suspended = await readSuspended(configFile)
  const found = suspended.find((other) => other.name === name)
  if (found === undefined) throw new CommandFailure(`${name} is not suspended; see npx passport-s2s trust list`)
  const before = await readConfigFile(configFile)
  if (issuerIndex(before, name) !== undefined) {
    throw new CommandFailure(
      `another issuer is named ${name} by now; remove it first: npx passport-s2s trust remove ${name}`,
    )
  }
  await confirm(`Believe ${name} again?`, context)
  await writeConfigFile(withIssuer(before, found), before, context)
  await writeSuspended(
    configFile,
    suspended.filter((other) => other !== found),
  )
  return { value: { name, suspended: false }, lines: [`${name} is trusted again.`] }
}

function withIssuer(document: EditableConfig, suspended: SuspendedIssuer): EditableConfig {
  const { name, entry, advertised } = suspended
  const grants = [...(document.grants ?? []), ...suspended.grants]
  const { self } = document
  const advertise = { advertise: [...advertisedBy(self), name] }
  return {
    ...document,
    ...(self === undefined ? {} : { self: { ...self, ...(advertised ? advertise : {}) } }),
    trustedIssuers: [...document.trustedIssuers, entry],
    ...(grants.length === 0 ? {} : { grants }),
  }
}
