import { ConfigurationError } from '../foundation/errors.ts'
import { nearestName } from '../foundation/nearest-name.ts'
import { createResourceGuard, type ResourceGuard, type ResourceOptions, type Resources } from './resource-guard.ts'

/** Tables of resources that stand in the options of the server, so that they can change while it runs. */
export interface ResourceTablesOptions {
  /** What `protect()` and `protectResources()` without a table judge by. */
  readonly resources?: Resources
  /** Further tables by name, for `protect('name')` and `protectResources('name')`. */
  readonly resourceTables?: Readonly<Record<string, Resources>>
  /** Options of all these tables. */
  readonly resourceOptions?: ResourceOptions
}

/** The compiled tables of one configuration. */
export interface ConfiguredTables {
  /**
   * The table of that name; without a name that of `resources`.
   *
   * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` when there is none
   */
  guardOf(this: void, name: string | undefined): ResourceGuard
  /** All of them. */
  readonly guards: readonly ResourceGuard[]
}

/**
 * Compiles the tables that stand in the options.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function createConfiguredTables({
  resources,
  resourceTables = {},
  resourceOptions,
}: ResourceTablesOptions): ConfiguredTables {
  const unnamed = resources === undefined ? undefined : createResourceGuard(resources, resourceOptions)
  const named = new Map(
    Object.entries(resourceTables).map(([name, table]) => [name, createNamedGuard(name, table, resourceOptions)]),
  )
  return {
    guardOf: (name) => {
      const guard = name === undefined ? unnamed : named.get(name)
      if (guard === undefined) throw missing(name, [...named.keys()])
      return guard
    },
    guards: [...(unnamed === undefined ? [] : [unnamed]), ...named.values()],
  }
}

function createNamedGuard(name: string, table: Resources, options: ResourceOptions | undefined): ResourceGuard {
  try {
    return createResourceGuard(table, options)
  } catch (cause) {
    if (!(cause instanceof ConfigurationError)) throw cause
    const path = `resourceTables['${name}']`
    throw new ConfigurationError(cause.code as 'ERR_S2S_OPTION_INVALID', `${path}: ${cause.message}`, { cause, path })
  }
}

function missing(name: string | undefined, names: readonly string[]): ConfigurationError {
  if (name === undefined) {
    return new ConfigurationError(
      'ERR_S2S_OPTION_INVALID',
      "resources is missing; set it to a table such as { 'GET /reports/:id': 'reports.read' }, or give protect() a table",
      { path: 'resources' },
    )
  }
  const near = nearestName(name, names)
  const fix = near === undefined ? 'add a table of that name' : `did you mean '${near}'?`
  return new ConfigurationError('ERR_S2S_OPTION_INVALID', `resourceTables['${name}'] is missing; ${fix}`, {
    path: `resourceTables['${name}']`,
  })
}
