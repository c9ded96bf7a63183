import { buildS2SMetadata, metadataProducts, type MetadataProduct } from '../../metadata/build-s2s-metadata.ts'
import { CommandFailure } from '../command-failure.ts'
import type { CommandContext, CommandResult } from '../command-io.ts'
import { readConfigFile } from '../file/read-config-file.ts'
import { readOwnKeys } from '../keys/read-own-keys.ts'

/** Options of `metadata show`. */
export interface MetadataShowOptions {
  /** `https://host:port`. Default: the first of `self.hosts`. */
  readonly origin?: string
  /** Whose path the document says it is at. Default `sharepoint`. */
  readonly product?: string
}

/**
 * Shows the metadata document that this server publishes with this configuration.
 *
 * Does not ask the running server (see `metadata fetch`).
 *
 * @throws CommandFailure, ConfigurationError
 */
export async function metadataShow(context: CommandContext, options: MetadataShowOptions): Promise<CommandResult> {
  const { self, keys } = await readOwnKeys(await readConfigFile(context.configFile), context)
  const { product = 'sharepoint', origin = `https://${self.hosts[0] ?? ''}` } = options
  if (!metadataProducts.includes(product as MetadataProduct)) {
    throw new CommandFailure(`--product must be one of ${metadataProducts.join(', ')}`)
  }
  const document = buildS2SMetadata({ self, keys: keys.published(), origin, product: product as MetadataProduct })
  return { value: document, lines: JSON.stringify(document, undefined, 2).split('\n') }
}
