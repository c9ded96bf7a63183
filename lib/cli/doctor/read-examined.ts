import type { LoadedConfig } from '../../config/config-document.ts'
import { loadConfig } from '../../config/load-config.ts'
import type { DoctorOptions } from '../../doctor/doctor-options.ts'
import type { Resources } from '../../express/resource-guard.ts'
import type { CommandContext } from '../command-io.ts'
import { readAuthorities } from '../file/read-authorities.ts'
import { readConfigFile } from '../file/read-config-file.ts'

/** What the doctor examines. */
export interface Examined {
  readonly options: DoctorOptions
  /** The table of `resources`, and those of `resourceTables`. */
  readonly tables: readonly Resources[]
  readonly resourceOptions: LoadedConfig['resourceOptions']
}

/**
 * The configuration as the doctor takes it. A function that gives the rights of users is assumed to stand in code, where
 * the file has none; it is never called.
 *
 * @throws CommandFailure, ConfigurationError
 */
export async function readExamined(context: CommandContext): Promise<Examined> {
  await readConfigFile(context.configFile)
  const { io, configFile } = context
  const read = await loadConfig(configFile, { environment: io.environment })
  const { resources, resourceTables = {}, resourceOptions } = read
  const options = Object.fromEntries(Object.entries(read).filter(([name]) => !onlyOfServers.includes(name)))
  return {
    options: {
      userRights: () => [],
      ...(options as LoadedConfig),
      ...(await readAuthorities(context)),
      clock: io.clock,
    },
    tables: [...(resources === undefined ? [] : [resources]), ...Object.values(resourceTables)],
    resourceOptions,
  }
}

/** What the doctor does not take; `profileOptions` need `findProfiles`, which stands in code. */
const onlyOfServers = ['resources', 'resourceTables', 'resourceOptions', 'clients', 'profileOptions']
