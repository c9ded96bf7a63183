import type { JsonObject } from '../../foundation/parse-json.ts'
import type { S2SClientOptions } from '../../outgoing/client-options.ts'
import type { Grant } from '../../permissions/grants.ts'
import type { TrustedIssuerOptions } from '../../trust/issuer-options.ts'

/** A configuration file as commands change it: the members they know, and whatever else stands there. */
export interface EditableConfig extends JsonObject {
  readonly trustedIssuers: readonly TrustedIssuerOptions[]
  readonly grants?: readonly Grant[]
  readonly self?: EditableSelf
  readonly audience?: string | readonly string[]
  readonly resources?: EditableTable
  readonly resourceTables?: Readonly<Record<string, EditableTable>>
  /** Their secrets are still references. */
  readonly clients?: Readonly<Record<string, S2SClientOptions>>
}

/** A resource table of a configuration file: what each resource requires, in the order in which it is judged. */
export type EditableTable = Readonly<Record<string, unknown>>

/** `self` of a configuration file. */
export interface EditableSelf extends JsonObject {
  readonly clientId: string
  readonly realm: string
  readonly hosts: readonly string[]
  readonly advertise?: boolean | readonly string[]
  readonly signingKeys?: JsonObject
}

/** What a new configuration file holds. */
export const emptyConfig: EditableConfig = {
  $schema: './node_modules/passport-s2s/dist/s2s.config.schema.json',
  trustedIssuers: [],
}
