import { ConfigurationError } from '../../../lib/foundation/errors.ts'
import { createResourceTable, type PathCompiler, type ResourceTable } from '../../../lib/permissions/resource-table.ts'
import type { SeededRandom } from '../../support/seeded-random.ts'

/** What a random table is made of. */
export interface TableOptions {
  readonly random: SeededRandom
  readonly compilePath: PathCompiler
  /** Number of entries. */
  readonly size: number
  /** Whether paths may be written as only Express 5 reads them. */
  readonly takesExpress5Syntax: boolean
}

export const words = [
  'a',
  'b',
  'k',
  'ss',
  'admin',
  'Reports',
  'reports',
  'USERS',
  'v1',
  'a.b',
  '~x',
  'new',
  'i',
  'x-y',
  '__proto__',
]
const parameters = [':id', ':Name_2', ':id.json', ':file-x', ':any']
const express5Only = ['v:id', '*rest', ':from-:to', '\\:a', 'x*y', '{:part}', 'a{b}', ':"a-b"', '\\(a']
const methods = ['GET', 'GET', 'GET', 'POST', 'ALL']

/** Makes a table of nearly `size` entries: those that the table refuses (equal, unreachable) are left out. */
export function makeRandomTable(options: TableOptions): ResourceTable {
  const compiled = new Map<string, ReturnType<PathCompiler>>()
  const compilePath: PathCompiler = (path, entry) => {
    const matcher = compiled.get(path) ?? options.compilePath(path, entry)
    compiled.set(path, matcher)
    return matcher
  }
  const names = randomNames(options)
  for (;;) {
    try {
      return createResourceTable(Object.fromEntries(names.map((name) => [name, 'scope'])), { compilePath })
    } catch (error) {
      names.splice(names.indexOf(refusedEntry(error)), 1)
    }
  }
}

/** The entry that the error is about; anything else is thrown on. */
function refusedEntry(error: unknown): string {
  const named =
    error instanceof ConfigurationError ? /^resources\['(.*?)'\] (?:is the same|can never)/.exec(error.message) : null
  if (named?.[1] === undefined) throw error
  return named[1]
}

/** Rather the narrower first, so that most entries can be reached. */
function randomNames(options: TableOptions): string[] {
  const { random, size } = options
  const names = new Map<string, string>()
  while (names.size < size) {
    const name = `${random.pick(methods)} ${randomPath(options)}`
    names.set(
      name
        .toLowerCase()
        .replaceAll(/([:*])\w+/g, '$1')
        .replace(/\/$/, ''),
      name,
    )
  }
  const width = (name: string): number =>
    name.split(/[:*{]/).length * 10 + (name.includes('*') ? 25 : 0) + (name.startsWith('ALL') ? 5 : 0)
  const places = [...names.values()].map((name) => [width(name) + random.below(12), name] as const)
  return places.sort(([left], [right]) => left - right).map(([, name]) => name)
}

function randomPath(options: TableOptions): string {
  const { random, size } = options
  const number = `item${random.below(size * 2)}`
  const segments = Array.from({ length: random.below(size > 100 ? 5 : 4) }, () => randomSegment(options))
  if (size > 100 && random.happens(97)) segments.splice(random.below(segments.length + 1), 0, number)
  const end = segments.length > 0 && random.happens(20) ? '/' : ''
  const optional =
    options.takesExpress5Syntax && random.happens(10) ? random.pick(['{/:more}', '{/*more}', '{/new}']) : ''
  return `/${segments.join('/')}${end === '' ? optional : end}`.replaceAll('//', '/')
}

function randomSegment({ random, takesExpress5Syntax }: TableOptions): string {
  if (takesExpress5Syntax && random.happens(15)) return random.pick(express5Only)
  return random.happens(40) ? random.pick(parameters) : random.pick(words)
}
