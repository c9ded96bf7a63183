import type { Random } from './random.ts'

/** Characters that mean something somewhere, or look like others that do. */
const characters = [
  ...Array.from('\0\t\n\r "\'\\/.,:;=%&?#@*+-_~|<>{}[]()$^!`0179aAzZeEkKsS'),
  '\x1f\x7f\x80\xa0\xad\xe9\xff',
  '\u0131',
  '\u017f',
  '\u212a',
  '\u0130',
  '\u00e9',
  '\u200b',
  '\u202e',
  '\ufeff',
  '\uff0f',
  '\ufffd',
  '\ud800',
  '\udc00',
  '\u{1f600}',
  '\u2028',
]

const numbers = ['0', '-1', '1e999', '1e-9', '0.5', '9007199254740993', '-0', '1.7976931348623157e308', '00', '0x10']

/** What a change may draw on. */
export interface TextSources {
  readonly words: readonly string[]
  /** Other inputs. */
  readonly corpus: readonly string[]
  readonly maximumLength: number
}

type Change = (text: string, random: Random, sources: TextSources) => string

const changes: readonly Change[] = [
  function remove(text, random) {
    const [start, end] = range(text, random)
    return text.slice(0, start) + text.slice(end)
  },
  function removeOne(text, random) {
    const at = random.below(text.length)
    return text.slice(0, at) + text.slice(at + 1)
  },
  function replaceOne(text, random) {
    const at = random.below(text.length)
    return text.slice(0, at) + random.pick(characters) + text.slice(at + 1)
  },
  function insertOne(text, random) {
    const at = random.below(text.length + 1)
    return text.slice(0, at) + random.pick(characters) + text.slice(at)
  },
  function flipBit(text, random) {
    const at = random.below(text.length)
    const code = text.charCodeAt(at) ^ (1 << random.below(8))
    return text.slice(0, at) + String.fromCharCode(code || 0) + text.slice(at + 1)
  },
  function repeat(text, random) {
    const [start, end] = range(text, random)
    const times = random.once(20) ? random.below(2000) : 1 + random.below(4)
    return (
      text.slice(0, end) +
      text.slice(start, end).repeat(Math.min(times, 1 + 20_000 / (end - start + 1))) +
      text.slice(end)
    )
  },
  function move(text, random) {
    const [start, end] = range(text, random)
    const rest = text.slice(0, start) + text.slice(end)
    const at = random.below(rest.length + 1)
    return rest.slice(0, at) + text.slice(start, end) + rest.slice(at)
  },
  function changeCase(text, random) {
    const [start, end] = range(text, random)
    const part = text.slice(start, end)
    return text.slice(0, start) + (random.once(2) ? part.toUpperCase() : part.toLowerCase()) + text.slice(end)
  },
  function insertWord(text, random, { words }) {
    if (words.length === 0) return text
    const at = random.below(text.length + 1)
    return text.slice(0, at) + random.pick(words) + text.slice(at)
  },
  function replaceWithWord(text, random, { words }) {
    if (words.length === 0) return text
    const [start, end] = range(text, random)
    return text.slice(0, start) + random.pick(words) + text.slice(end)
  },
  function join(text, random, { corpus }) {
    if (corpus.length === 0) return text
    const other = random.pick(corpus)
    return text.slice(0, random.below(text.length + 1)) + other.slice(random.below(other.length + 1))
  },
  function changeNumber(text, random) {
    const found = [...text.matchAll(/-?\d+/g)]
    if (found.length === 0) return text
    const { 0: digits, index } = random.pick(found)
    const changed = random.once(2) ? random.pick(numbers) : String(Number(digits) + random.below(5) - 2)
    return text.slice(0, index) + changed + text.slice(index + digits.length)
  },
  function escapeOne(text, random) {
    const at = random.below(text.length)
    const code = text.charCodeAt(at) || 0
    const hexadecimal = code.toString(16)
    const escaped = random.once(2) ? `%${hexadecimal.padStart(2, '0')}` : `\\u${hexadecimal.padStart(4, '0')}`
    return text.slice(0, at) + escaped + text.slice(at + 1)
  },
]

/** Makes one to four changes of a text, whatever it means. */
export function mutateText(text: string, random: Random, sources: TextSources): string {
  let changed = text
  for (let left = 1 + random.below(4); left > 0; left -= 1) {
    changed = random.pick(changes)(changed, random, sources)
  }
  return changed.length > sources.maximumLength ? changed.slice(0, sources.maximumLength) : changed
}

/** Mostly short ones. */
function range(text: string, random: Random): readonly [start: number, end: number] {
  const start = random.below(text.length + 1)
  const longest = random.once(4) ? text.length : 8
  return [start, Math.min(text.length, start + 1 + random.below(longest))]
}
