import { randomUUID } from 'node:crypto'
import { CommandFailure } from '../command-failure.ts'
import type { EditableConfig } from './config-document.ts'

/** Who this server is, where its configuration does not say so yet. */
export interface SelfParts {
  /** Host names callers use, `host` or `host:port`. */
  readonly host?: readonly string[]
  /** Default: a new GUID. */
  readonly clientId?: string
  /** Default: a new GUID. */
  readonly realm?: string
  /** What OAuth tokens for this server carry in `aud`. */
  readonly audience?: string
}

/**
 * The configuration with `self`, which S2S needs.
 *
 * @throws CommandFailure when it says neither who this server is, nor is that given
 */
export function withSelf(document: EditableConfig, parts: SelfParts): EditableConfig {
  if (document.self !== undefined) {
    refuseGiven(parts)
    return document
  }
  const { host, clientId = randomUUID(), realm = randomUUID() } = parts
  if (host === undefined) {
    throw new CommandFailure('say under which host name callers reach this server: --host reports.example.com')
  }
  const { $schema, ...members } = document
  return { ...($schema === undefined ? {} : { $schema }), self: { clientId, realm, hosts: host }, ...members }
}

function refuseGiven({ host, clientId, realm }: SelfParts): void {
  if ((host ?? clientId ?? realm) === undefined) return
  throw new CommandFailure(
    'the configuration says who this server is already; leave out --host, --client-id and --realm',
  )
}

/**
 * The configuration with `audience`, which OAuth needs.
 *
 * @throws CommandFailure when it has none, nor is one given
 */
export function withAudience(document: EditableConfig, { audience }: SelfParts): EditableConfig {
  if (document.audience !== undefined) {
    if (audience === undefined) return document
    throw new CommandFailure('the configuration has an audience already; leave out --audience')
  }
  if (audience === undefined) {
    throw new CommandFailure('say what tokens for this server carry in "aud": --audience https://reports.example.com')
  }
  const { $schema, ...members } = document
  return { ...($schema === undefined ? {} : { $schema }), audience, ...members }
}
