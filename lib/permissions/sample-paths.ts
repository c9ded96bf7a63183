import { randomBytes } from 'node:crypto'
import { ConfigurationError } from '../foundation/errors.ts'

/**
 * Two texts that nobody writes into a path. They differ in their first and last characters, so that a prefix or suffix of
 * a parameter (`/v:number`) fits one of them at most.
 */
const random = randomBytes(16).toString('hex')
export const sampleTexts: readonly [string, string] = [`q${random}q`, `8${random}8`]

const maximumSamples = 256

const parts =
  /\\(?<escaped>.)|(?<parameter>:(?:"[^"]*"|[\p{ID_Start}$_][\p{ID_Continue}$]*))|(?<wildcard>\*(?:"[^"]*"|[\p{ID_Start}$_][\p{ID_Continue}$]*)?)|[{}]|[^\\:*{}]+|./gsu

/**
 * Request paths that a path of Express 5 syntax matches, one of each kind: with and without each `{optional}` part, with
 * one and two segments for each `*wildcard`, and with two different texts for each `:parameter`.
 *
 * Does not check the syntax; the path must have been compiled before. `name` says in the error message which entry is wrong.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` for a path with too many optional parts
 */
export function samplePaths(path: string, name: string): readonly string[] {
  return [...new Set(sampleTexts.flatMap((token) => expand(path, { token, name })))]
}

interface Expansion {
  readonly token: string
  readonly name: string
}

function expand(path: string, { token, name }: Expansion): readonly string[] {
  const outer: (readonly string[])[] = []
  let samples: readonly string[] = ['']
  for (const part of path.matchAll(parts)) {
    if (part[0] === '{') {
      outer.push(samples)
    } else if (part[0] === '}') {
      samples = [...(outer.pop() ?? []), ...samples]
    } else {
      const texts = textsOf(part, token)
      samples = samples.flatMap((sample) => texts.map((text) => sample + text))
    }
    if (samples.length > maximumSamples) {
      throw new ConfigurationError(
        'ERR_S2S_OPTION_INVALID',
        `resources['${name}'] has too many optional parts and wildcards; write it as several entries`,
      )
    }
  }
  return samples.map((sample) => (sample === '' ? '/' : sample))
}

function textsOf(part: RegExpMatchArray, token: string): readonly string[] {
  const { escaped, parameter, wildcard } = part.groups ?? {}
  if (wildcard !== undefined) return [token, `${token}/${token}`]
  return [parameter === undefined ? (escaped ?? part[0]) : token]
}
