import { dirname } from 'node:path'
import { loadConfig } from '../../config/load-config.ts'
import type { ConfigDocument, LoadedConfig } from '../../config/config-document.ts'
import type { CommandContext } from '../command-io.ts'
import type { EditableConfig } from './config-document.ts'

/** A configuration that was found to be valid, as far as that can be told here. */
export interface ValidatedConfig {
  readonly config: LoadedConfig
  /** Environment variables it names that are not set here; with some, only its form and its files were checked. */
  readonly missingVariables: readonly string[]
}

/**
 * Checks a whole configuration as a server does at start, and gives it with its references read.
 *
 * Environment variables that are not set here are no fault: the server has them. Functions that stand in code are assumed
 * to be there. Nothing is fetched.
 *
 * @throws ConfigurationError, OutgoingError as `createS2S` does
 */
export async function validateConfig(
  document: EditableConfig,
  { io, configFile }: Pick<CommandContext, 'io' | 'configFile'>,
): Promise<ValidatedConfig> {
  const missing = new Set<string>()
  const config = await loadConfig(document as unknown as ConfigDocument, {
    folder: dirname(configFile),
    environment: standInFor(io.environment, missing),
  })
  if (missing.size === 0) await checkAsServer(config)
  return { config, missingVariables: [...missing] }
}

/** Loaded late: most commands need no Express. */
async function checkAsServer(config: LoadedConfig): Promise<void> {
  const { createS2S } = await import('../../create-s2s.ts')
  const inCode = { findProfiles: () => [], ...(config.userRights === undefined ? { userRights: () => [] } : {}) }
  createS2S({ ...config, ...inCode }).close()
}

function standInFor(
  environment: Readonly<Record<string, string | undefined>>,
  missing: Set<string>,
): Readonly<Record<string, string | undefined>> {
  return new Proxy(environment, {
    get: (variables, name) => {
      const value = Reflect.get(variables, name) as string | undefined
      if (typeof name !== 'string' || (value !== undefined && value !== '')) return value
      missing.add(name)
      return '{}'
    },
  })
}
