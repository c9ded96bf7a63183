import type { S2SOptions } from './express/authenticate-request.ts'
import type { ResourceTablesOptions } from './express/configured-tables.ts'
import type { ResourceMetadataOptions } from './express/resource-metadata-options.ts'
import type { NamedClients } from './own-clients.ts'

/** Options of `createS2S`: those of the strategy, and what only a whole server has. */
export interface S2SServerOptions extends S2SOptions, ResourceTablesOptions {
  /** Servers that are called, by name, for `s2s.client('name')`. */
  readonly clients?: NamedClients
  /**
   * What `s2s.resourceMetadataRouter()` publishes about this server, for callers who do not know it yet; every challenge
   * then says where it is. Default: nothing.
   */
  readonly resourceMetadata?: ResourceMetadataOptions
}
