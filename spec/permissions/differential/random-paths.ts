import type { SeededRandom } from '../../support/seeded-random.ts'
import { words } from './random-tables.ts'

const values = [
  ...words,
  'ADMIN',
  '7',
  '%20',
  '%ff',
  '%2f',
  '%61dmin',
  'a;b',
  '..',
  '.',
  'q.json',
  'q-x',
  'v',
  'ab',
  '1-2',
  ':',
  '*',
]

/** A path near one of `patterns`, or one of the same words, often spelt in an odd way. */
export function randomRequestPath(random: SeededRandom, patterns: readonly string[]): string {
  let path = random.happens(75) ? fill(random, random.pick(patterns)) : randomWords(random)
  for (let changes = random.pick([0, 0, 1, 1, 2]); changes > 0; changes--)
    path = random.pick(random.happens(30) ? usualChanges : oddChanges)(path, random)
  return path
}

function randomWords(random: SeededRandom): string {
  return `/${Array.from({ length: random.below(5) }, () => random.pick(values)).join('/')}`
}

/** A path that the pattern matches, or nearly. */
function fill(random: SeededRandom, pattern: string): string {
  return pattern
    .replaceAll(/\{([^{}]*)\}/g, (_group, inner: string) => (random.happens(50) ? inner : ''))
    .replaceAll(/\\(.)|([:*])(?:"[^"]*"|\w+)/g, (_part, escaped: string | undefined, kind: string) => {
      if (escaped !== undefined) return escaped
      const count = kind === '*' ? 1 + random.below(3) : 1
      return Array.from({ length: count }, () => random.pick(values)).join('/')
    })
}

type PathChange = (path: string, random: SeededRandom) => string

const insert = (path: string, at: number, text: string): string => path.slice(0, at) + text + path.slice(at)
const lookAlikes: Readonly<Record<string, string>> = {
  k: '\u212a',
  s: '\u017f',
  i: '\u0130',
  S: '\u1e9e',
  a: '\uff41',
  ss: '\u00df',
}

/** What routers make no difference of, or only some. */
const usualChanges: readonly PathChange[] = [
  (path) => path.toUpperCase(),
  (path) => path.toLowerCase(),
  (path, random) =>
    Array.from(path)
      .map((letter) => (random.happens(30) ? letter.toUpperCase() : letter))
      .join(''),
  (path) => `${path}/`,
]

const oddChanges: readonly PathChange[] = [
  (path) => `${path}//`,
  (path) => path.replace(/\/$/, ''),
  (path) => path.slice(1),
  (path) => `/${path}`,
  (path, random) =>
    insert(
      path,
      random.below(path.length + 1),
      random.pick(['/', '//', '/./', '/../', '.', '%', '%2e', '\\', ' ', '\0', '\n', '\u2028']),
    ),
  (path, random) => {
    const at = random.below(path.length)
    return path.slice(0, at) + encodeCharacter(path.charCodeAt(at) || 0x2f) + path.slice(at + 1)
  },
  (path, random) => {
    const plain = random.pick(Object.keys(lookAlikes))
    return path.replace(plain, lookAlikes[plain] ?? plain)
  },
  (path, random) => `${path}/${random.pick(values)}`,
  (path) => path.slice(0, path.lastIndexOf('/')),
  (path, random) => path.slice(0, random.below(path.length + 1)),
  (_path, random) => random.pick(['', '/', '*', '//', '/.', '/..', '?']),
]

function encodeCharacter(code: number): string {
  return `%${(code & 0xff).toString(16).padStart(2, '0')}`
}
