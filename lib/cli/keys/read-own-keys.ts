import { dirname } from 'node:path'
import type { ConfigDocument } from '../../config/config-document.ts'
import { loadConfig } from '../../config/load-config.ts'
import { readSigningKeys, type SigningKeys } from '../../keys/signing-keys.ts'
import type { SelfOptions } from '../../trust/self.ts'
import { CommandFailure } from '../command-failure.ts'
import type { CommandContext } from '../command-io.ts'
import type { EditableConfig } from '../file/config-document.ts'

/** Who this server is, and its keys. */
export interface OwnKeys {
  readonly self: SelfOptions
  readonly keys: SigningKeys
}

/**
 * Reads this server's own keys, with the files and environment variables they are in.
 *
 * @throws CommandFailure where there are none; ConfigurationError
 */
export async function readOwnKeys({ self }: EditableConfig, context: CommandContext): Promise<OwnKeys> {
  const alone = { self, trustedIssuers: [] } as unknown as ConfigDocument
  const { configFile, io } = context
  if (self?.signingKeys === undefined) {
    throw new CommandFailure('this server has no signing keys; make them: npx passport-s2s keys generate')
  }
  const read = await loadConfig(alone, { folder: dirname(configFile), environment: io.environment })
  const own = read.self as SelfOptions & { readonly signingKeys: NonNullable<SelfOptions['signingKeys']> }
  return { self: own, keys: readSigningKeys(own.signingKeys, { clock: io.clock, name: 'self.signingKeys' }) }
}
