import { mutateTree, toTree, writeTree, type JsonWords } from '../engine/mutate-json.ts'
import type { Random } from '../engine/random.ts'

const fewWords: JsonWords = { names: ['a', 'b', 'c'], values: ['x', 1] }

/** Changes JSON in its structure; gives a text that is none back as it is. */
export function mutateJsonText(text: string, random: Random, words: JsonWords = fewWords): string {
  const value = parse(text)
  if (value === undefined) return text
  let tree = toTree(value)
  for (let left = 1 + random.below(3); left > 0; left -= 1) tree = mutateTree(tree, random, words)
  return writeTree(tree)
}

/** Changes documents in the words of their kind. */
export function documentMutation(words: JsonWords): (text: string, random: Random) => string {
  return (text, random) => mutateJsonText(text, random, words)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
