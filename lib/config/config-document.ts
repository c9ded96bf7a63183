import type { ResourceTablesOptions } from '../express/configured-tables.ts'
import type { AnswerOptions } from '../express/guard-context.ts'
import type { ResourceMetadataOptions } from '../express/resource-metadata-options.ts'
import type { S2SClientOptions } from '../outgoing/client-options.ts'
import type { VerifierOptions } from '../permissions/caller-options.ts'
import type { Grant } from '../permissions/grants.ts'
import type { Reference } from './reference-schema.ts'

/** Options of the verifier that no file can hold. */
type CodeOption = 'agent' | 'fetch' | 'findProfiles' | 'clock' | 'onAuditEvent' | 'state' | 'userRights' | 'grants'

/** A configuration that was checked and whose references were read: options for `createS2S`. Holds secrets; never print it. */
export interface LoadedConfig extends Omit<VerifierOptions, CodeOption>, AnswerOptions, ResourceTablesOptions {
  /** What this server granted to S2S applications. Default: nothing. */
  readonly grants?: readonly Grant[]
  /** Who asks what a named user may do, when no function does. */
  readonly userRights?: 'checked-by-handler'
  /** What `s2s.resourceMetadataRouter()` publishes about this server. Default: nothing. */
  readonly resourceMetadata?: ResourceMetadataOptions
  /** Servers that are called, by name, for `s2s.client('name')`. */
  readonly clients?: Readonly<Record<string, S2SClientOptions>>
}

/**
 * The form of a configuration file: plain data. Secrets are `{ file }` or `{ env }`; so may be certificates and keys of
 * others.
 */
export interface ConfigDocument extends Declarative<LoadedConfig> {
  /** Where editors find the JSON Schema. */
  readonly $schema?: string
}

/** Options with references in the place of secrets, and without what is no data. */
type Declarative<T> = T extends (...parameters: never) => unknown
  ? never
  : T extends { readonly file: string }
    ? Reference
    : T extends readonly (infer Item)[]
      ? readonly Declarative<Item>[]
      : T extends object
        ? { readonly [Member in keyof T as Exclude<Member, 'agent' | 'fetch'>]: MemberOf<T, Member> }
        : T

type MemberOf<T, Member extends keyof T> = Member extends 'passphrase' | 'secret' | 'privateKey'
  ? Reference
  : Member extends 'ca'
    ? string | Reference | readonly (string | Reference)[]
    : Declarative<T[Member]>
