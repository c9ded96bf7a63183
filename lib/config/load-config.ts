import { basename, dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigurationError } from '../foundation/errors.ts'
import { locateJsonFault } from '../foundation/locate-json-fault.ts'
import { parseJsonObject, type JsonObject } from '../foundation/parse-json.ts'
import { checkConfig } from './check-config.ts'
import type { ConfigDocument, LoadedConfig } from './config-document.ts'
import { maximumFileBytes, readTextFile } from './read-text-file.ts'
import { resolveReferences } from './resolve-references.ts'

/** Where a configuration finds what it refers to. */
export interface LoadConfigOptions {
  /** What relative paths are relative to. Default: the folder of the file; the working directory for an object. */
  readonly folder?: string
  /** Where `{ "env": "NAME" }` is looked up. Default `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** A configuration, and the files it was made of. */
export interface ReadConfig {
  readonly config: LoadedConfig
  /** Absolute paths; the configuration file first. */
  readonly files: readonly string[]
}

/**
 * Reads a configuration (a JSON file, or an object of the same form), checks it, and puts files and environment variables
 * in the place of the references to them. Gives options for `createS2S`. Each file is read once.
 *
 * Does not check what needs several rooms or a function of the application (delegation without `userRights`, resources
 * that cannot be reached, certificates): `createS2S` does.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`: path, value and fix, never a secret
 */
export async function loadConfig(
  source: string | URL | ConfigDocument,
  options: LoadConfigOptions = {},
): Promise<LoadedConfig> {
  const { config } = await readConfig(source, options)
  return config
}

/** `loadConfig`, and which files to watch. */
export async function readConfig(
  source: string | URL | ConfigDocument,
  { folder, environment = process.env }: LoadConfigOptions,
): Promise<ReadConfig> {
  const file = fileOf(source)
  const place = file === undefined ? 'configuration' : basename(file)
  const document = checkConfig(file === undefined ? source : await readDocument(file, place), place)
  const options = Object.entries(document).filter(([name]) => name !== '$schema')
  const { value, files } = await resolveReferences(Object.fromEntries(options), {
    folder: folder ?? (file === undefined ? process.cwd() : dirname(file)),
    environment,
    place,
  })
  return { config: value as LoadedConfig, files: file === undefined ? files : [file, ...files] }
}

function fileOf(source: string | URL | ConfigDocument): string | undefined {
  if (typeof source === 'string') return resolve(source)
  return source instanceof URL ? fileURLToPath(source) : undefined
}

/**
 * The JSON object in a configuration file, not checked yet. `place` is what errors begin with.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 */
export async function readDocument(file: string, place: string): Promise<JsonObject> {
  let text: string
  try {
    text = await readTextFile(file)
  } catch (cause) {
    throw invalid(`${file} ${(cause as Error).message}`, cause)
  }
  try {
    return parseJsonObject(text, { maximumLength: maximumFileBytes })
  } catch (cause) {
    const fault = locateJsonFault(text)
    if (fault === undefined) throw invalid(`${place}: ${(cause as Error).message}`, cause)
    throw invalid(`${place}:${fault.line}:${fault.column}: ${fault.message}`, cause)
  }
}

function invalid(reason: string, cause: unknown): ConfigurationError {
  return new ConfigurationError('ERR_S2S_OPTION_INVALID', reason, { cause })
}
