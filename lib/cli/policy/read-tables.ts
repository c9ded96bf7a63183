import type { LoadedConfig } from '../../config/config-document.ts'
import type { Resources } from '../../express/resource-guard.ts'
import { CommandFailure } from '../command-failure.ts'
import type { CommandContext } from '../command-io.ts'
import { readConfigFile } from '../file/read-config-file.ts'

/** The resource tables of a configuration. */
export interface Tables {
  readonly tables: readonly { readonly name: string; readonly resources: Resources }[]
  readonly options: NonNullable<LoadedConfig['resourceOptions']>
}

/** The name under which the table of `resources` is shown. */
const unnamedTable = 'resources'

/**
 * Reads the resource tables of the configuration: `resources`, and each of `resourceTables`.
 *
 * @throws CommandFailure where there is none; ConfigurationError
 */
export async function readTables({ configFile }: CommandContext): Promise<Tables> {
  const document = (await readConfigFile(configFile)) as unknown as LoadedConfig
  const { resources, resourceTables = {}, resourceOptions = {} } = document
  const tables = [
    ...(resources === undefined ? [] : [{ name: unnamedTable, resources }]),
    ...Object.entries(resourceTables).map(([name, table]) => ({ name, resources: table })),
  ]
  if (tables.length > 0) return { tables, options: resourceOptions }
  throw new CommandFailure(
    'the configuration has no resource table; npx passport-s2s policy add "GET /reports/:id" reports.read',
  )
}
