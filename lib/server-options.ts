import type { S2SOptions } from './express/authenticate-request.ts'
import type { ResourceTablesOptions } from './express/configured-tables.ts'
import type { NamedClients } from './own-clients.ts'

/** Options of `createS2S`: those of the strategy, and what only a whole server has. */
export interface S2SServerOptions extends S2SOptions, ResourceTablesOptions {
  /** Servers that are called, by name, for `s2s.client('name')`. */
  readonly clients?: NamedClients
}
