import { isAbsolute, resolve } from 'node:path'
import { ConfigurationError } from '../foundation/errors.ts'
import { parseJsonObject } from '../foundation/parse-json.ts'
import { formatPath } from '../foundation/parse-options.ts'
import { readTextFile } from './read-text-file.ts'

/** Where references are looked up. */
export interface ReferencePlaces {
  /** What relative paths are relative to. */
  readonly folder: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** What errors begin with. */
  readonly place: string
}

/** A configuration without references, and the files that were read for it. */
export interface ResolvedReferences {
  readonly value: unknown
  readonly files: readonly string[]
}

/**
 * Puts the text of files and environment variables in the place of `{ file }` and `{ env }`, in a value that `checkConfig`
 * has passed: these forms stand nowhere else. Key sets (`jwk`, `jwks`) are read as JSON.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`; it never holds what was read
 */
export async function resolveReferences(value: unknown, places: ReferencePlaces): Promise<ResolvedReferences> {
  const files = new Map<string, Promise<string>>()

  async function resolveWithin(within: unknown, path: readonly PropertyKey[]): Promise<unknown> {
    if (typeof within !== 'object' || within === null) return within
    if (Array.isArray(within)) {
      return Promise.all(within.map((item, index) => resolveWithin(item, [...path, index])))
    }
    const reference = referenceIn(within)
    const isJson = ['jwk', 'jwks'].includes(String(path.at(-1)))
    if (reference !== undefined) {
      const text = await read(reference, path)
      return isJson ? parseKeys(text, path, places) : text
    }
    if (isJson) return within
    const entries = Object.entries(within).map(
      async ([name, member]) => [name, await resolveWithin(member, [...path, name])] as const,
    )
    return Object.fromEntries(await Promise.all(entries))
  }

  async function read({ kind, name }: FoundReference, path: readonly PropertyKey[]): Promise<string> {
    if (kind === 'env') return readVariable(name, path, places)
    const file = isAbsolute(name) ? name : resolve(places.folder, name)
    let text = files.get(file)
    if (text === undefined) {
      text = readTextFile(file)
      files.set(file, text)
    }
    try {
      return nonEmpty(await text)
    } catch (cause) {
      throw invalid(path, `: the file ${file} ${(cause as Error).message}`, places)
    }
  }

  const resolved = await resolveWithin(value, [])
  return { value: resolved, files: [...files.keys()] }
}

interface FoundReference {
  readonly kind: 'file' | 'env'
  readonly name: string
}

function referenceIn(value: object): FoundReference | undefined {
  const [first, ...others] = Object.entries(value)
  if (first === undefined || others.length > 0) return undefined
  const [kind, name] = first as [string, unknown]
  return (kind === 'file' || kind === 'env') && typeof name === 'string' ? { kind, name } : undefined
}

function parseKeys(text: string, path: readonly PropertyKey[], places: ReferencePlaces): unknown {
  try {
    return parseJsonObject(text)
  } catch (cause) {
    throw invalid(path, `must be JSON: ${(cause as Error).message}`, places)
  }
}

function readVariable(name: string, path: readonly PropertyKey[], places: ReferencePlaces): string {
  const value = places.environment[name]
  if (value !== undefined && value !== '') return value
  // Somebody may have written the secret itself where its name belongs.
  const shown = /^[A-Z][A-Z0-9_]{0,63}$/.test(name) ? name : 'of that name'
  throw invalid(path, `: the environment variable ${shown} is not set; set it, or write { "file": "./path" }`, places)
}

function nonEmpty(text: string): string {
  if (text.trim() === '') throw new Error('is empty')
  return text
}

function invalid(path: readonly PropertyKey[], problem: string, { place }: ReferencePlaces): ConfigurationError {
  const shown = formatPath('', path)
  const separator = problem.startsWith(':') ? '' : ' '
  return new ConfigurationError('ERR_S2S_OPTION_INVALID', `${place}: ${shown}${separator}${problem}`, { path: shown })
}
