import { ConfigurationError } from '../../foundation/errors.ts'
import type { JsonObject } from '../../foundation/parse-json.ts'
import { CommandFailure } from '../command-failure.ts'
import { exitCodes, type CommandContext, type CommandResult } from '../command-io.ts'
import type { EditableConfig, EditableSelf } from '../file/config-document.ts'
import { readConfigFile } from '../file/read-config-file.ts'
import { writeConfigFile } from '../file/write-config-file.ts'
import { makeKeyFiles, type KeyFileOptions } from './make-key-files.ts'
import { readOwnKeys, type OwnKeys } from './read-own-keys.ts'

/** The members of `self.signingKeys` that a roll-over changes. */
interface RollingKeys extends JsonObject {
  readonly current: JsonObject
  readonly next?: JsonObject
  readonly previous?: JsonObject
}

interface Step {
  readonly done: string
  readonly signingKeys: RollingKeys
}

/**
 * Does the step of a roll-over that is due: publishes a next key, lets it sign when partners have had time to read it,
 * retires the previous key when its last token has ended. Three runs, days apart, are one roll-over.
 *
 * Does not delete files of keys.
 *
 * @throws CommandFailure (1) that says when the step is possible; ConfigurationError
 */
export async function keysRoll(context: CommandContext, options: KeyFileOptions): Promise<CommandResult> {
  const document = await readConfigFile(context.configFile)
  const own = await readOwnKeys(document, context)
  const before = document.self?.signingKeys as unknown as RollingKeys
  const { done, signingKeys } = await doStep(before, { own, context, options })
  await writeConfigFile(withKeys(document, signingKeys), document, context)
  return { value: { done, ...own.keys.rollOver() }, lines: [done] }
}

interface Roll {
  readonly own: OwnKeys
  readonly context: CommandContext
  readonly options: KeyFileOptions
}

function doStep(before: RollingKeys, roll: Roll): Promise<Step> | Step {
  const { current, next, previous } = before
  const { keys } = roll.own
  if (previous !== undefined) {
    tooEarly(keys.retirePrevious)
    const kept = { current, ...(next === undefined ? {} : { next }), ...keys.rollOver() }
    const done = 'The previous key is retired; its private key can be destroyed.'
    return { done, signingKeys: { ...withoutRoles(before), ...kept } }
  }
  if (next === undefined) return publish(before, roll)
  tooEarly(keys.switchToNext)
  const switched = { current: next, previous: current, ...keys.rollOver() }
  const done = 'The next key signs now. Run keys roll again to retire the previous one.'
  return { done, signingKeys: { ...withoutRoles(before), ...switched } }
}

const roleMembers = ['current', 'next', 'previous', 'nextPublishedAt', 'switchedAt']

function withoutRoles(keys: RollingKeys): JsonObject {
  return Object.fromEntries(Object.entries(keys).filter(([name]) => !roleMembers.includes(name)))
}

async function publish(before: RollingKeys, { own, context, options }: Roll): Promise<Step> {
  const { key, references } = await makeKeyFiles({ name: own.self.hosts[0] ?? '', ...options }, context)
  own.keys.publishNext(key)
  const since = Math.floor(own.keys.rollOver().nextPublishedAt ?? 0)
  return {
    done: `The next key is published: ${references.certificate.file}. Run keys roll again when partners have read it.`,
    signingKeys: { ...before, next: references, nextPublishedAt: since },
  }
}

/** A step before its time is no fault of the configuration. */
function tooEarly(step: () => void): void {
  try {
    step()
  } catch (cause) {
    if (!(cause instanceof ConfigurationError)) throw cause
    const told = cause.message.replace(/\b\w+\(\) is possible/, 'keys roll is possible again')
    throw new CommandFailure(told, exitCodes.found, { cause })
  }
}

/** Whole seconds, as the configuration file has them: rounded up, so that nothing is done too early. */
function withKeys(document: EditableConfig, keys: RollingKeys): EditableConfig {
  const rounded = Object.entries(keys).map(([name, value]) => [
    name,
    typeof value === 'number' ? Math.ceil(value) : value,
  ])
  return {
    ...document,
    self: { ...(document.self as EditableSelf), signingKeys: Object.fromEntries(rounded) as JsonObject },
  }
}
