import type { Random } from './random.ts'

/** What JSON is made of here: objects keep every member, also two of one name. */
export type Tree = string | number | boolean | null | readonly Tree[] | Members

/** Members in order. */
export class Members {
  readonly list: readonly (readonly [name: string, value: Tree])[]

  constructor(list: Members['list']) {
    this.list = list
  }
}

/** What a change may draw on. */
export interface JsonWords {
  readonly names: readonly string[]
  readonly values: readonly Tree[]
}

/** Reads what `JSON.parse` gives. */
export function toTree(value: unknown): Tree {
  if (Array.isArray(value)) return value.map(toTree)
  if (typeof value !== 'object' || value === null) return value as string | number | boolean | null
  return new Members(Object.entries(value).map(([name, member]) => [name, toTree(member)] as const))
}

/** Writes JSON; a number that JSON does not have becomes one that is too large. */
export function writeTree(tree: Tree): string {
  if (Array.isArray(tree)) return `[${tree.map(writeTree).join()}]`
  if (tree instanceof Members) {
    return `{${tree.list.map(([name, value]) => `${JSON.stringify(name)}:${writeTree(value)}`).join()}}`
  }
  return typeof tree === 'number' && !Number.isFinite(tree) ? '1e999' : JSON.stringify(tree)
}

const odd: readonly Tree[] = [null, true, false, 0, -1, 1.5, Infinity, '', ' ', 'true', '0', [], new Members([]), ['']]
const oddNames = ['__proto__', 'constructor', 'toString', '', 'alg', 'length', 'prototype']

/** Changes one place of a tree. */
export function mutateTree(tree: Tree, random: Random, words: JsonWords): Tree {
  if (tree instanceof Members && (tree.list.length === 0 || !random.once(12))) return mutateMembers(tree, random, words)
  if (Array.isArray(tree) && tree.length > 0 && !random.once(3)) {
    const at = random.below(tree.length)
    return (tree as readonly Tree[]).map((item, index) => (index === at ? mutateTree(item, random, words) : item))
  }
  return anotherValue(tree, random, words)
}

function mutateMembers({ list }: Members, random: Random, words: JsonWords): Members {
  const at = random.below(list.length)
  const [name, value] = list[at] ?? ['x', null]
  const before = list.slice(0, at)
  const after = list.slice(at + 1)
  switch (random.below(6)) {
    case 0:
      return new Members([...before, ...after])
    case 1:
      return new Members([...list, [anyName(random, words), anotherValue(value, random, words)]])
    case 2:
      return new Members([...before, [name, value], [name, anotherValue(value, random, words)], ...after])
    case 3:
      return new Members([...before, [anyName(random, words), value], ...after])
    default:
      return new Members([...before, [name, mutateTree(value, random, words)], ...after])
  }
}

function anyName(random: Random, { names }: JsonWords): string {
  return random.once(3) || names.length === 0 ? random.pick(oddNames) : random.pick(names)
}

function anotherValue(value: Tree, random: Random, { values }: JsonWords): Tree {
  switch (random.below(7)) {
    case 0:
      return random.pick(odd)
    case 1:
      return [value]
    case 2:
      return nested(value, random.below(40))
    case 3:
      return typeof value === 'number'
        ? value + random.pick([1, -1, 60, -60, 61, -61, 600, -3600, 86_400, 1e6, 0.5])
        : writeTree(value)
    case 4:
      return typeof value === 'string' ? changeText(value, random) : value
    default:
      return values.length === 0 ? random.pick(odd) : random.pick(values)
  }
}

function nested(value: Tree, depth: number): Tree {
  let tree = value
  for (let level = 0; level < depth; level += 1) tree = level % 2 === 0 ? [tree] : new Members([['x', tree]])
  return tree
}

function changeText(text: string, random: Random): string {
  const at = random.below(text.length + 1)
  return random.pick([
    () => text.toUpperCase(),
    () => `${text}/`,
    () => ` ${text}`,
    () => text.slice(0, at),
    () => text.slice(at),
    () =>
      `${text.slice(0, at)}${random.pick(['\0', ' ', '@', '/', '*', '.', '\u212a', '\u200b', '"'])}${text.slice(at)}`,
    () => text.replace(/k/i, '\u212a'),
    () => text.replace(/s/i, '\u017f'),
    () => text.repeat(1 + random.below(60)),
    () => (Number.isNaN(Number(text)) ? text : String(Number(text) + random.pick([1, -1, 61, -61, 3600]))),
  ])()
}
