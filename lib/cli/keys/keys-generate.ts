import { CommandFailure } from '../command-failure.ts'
import type { CommandContext, CommandResult } from '../command-io.ts'
import { withSelf, type SelfParts } from '../file/begin-self.ts'
import { readOrBeginConfig } from '../file/read-config-file.ts'
import { writeConfigFile } from '../file/write-config-file.ts'
import { describeKey } from '../trust/describe-server.ts'
import { ofCertificate } from '../trust/inspect-server.ts'
import { makeKeyFiles, type KeyFileOptions } from './make-key-files.ts'

/**
 * Makes this server's first signing key, and names it in the configuration file. The private key is never shown.
 *
 * @throws CommandFailure where there are keys already; ConfigurationError
 */
export async function keysGenerate(
  context: CommandContext,
  options: KeyFileOptions & SelfParts,
): Promise<CommandResult> {
  const before = await readOrBeginConfig(context.configFile)
  const document = withSelf(before, options)
  if (document.self?.signingKeys !== undefined) {
    throw new CommandFailure('this server has signing keys; for the next one: npx passport-s2s keys roll')
  }
  const host = document.self?.hosts[0]
  const { key, references } = await makeKeyFiles({ ...(host === undefined ? {} : { name: host }), ...options }, context)
  const self = { ...document.self, signingKeys: { current: references } } as NonNullable<typeof document.self>
  await writeConfigFile({ ...document, self }, before, context)
  const shown = ofCertificate(key.certificate)
  const lines = [
    `Private key: ${references.privateKey.file} (keep it secret)`,
    ...describeKey(shown, context.io.clock()),
  ]
  return { value: { ...references, ...shown }, lines }
}
