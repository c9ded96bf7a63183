import type { Verifier } from '../../../dist/verifier.js'
import type { Candidate } from './measure-cpu.ts'

/** What a verifier gets to see. */
export interface VerifierLoad<Name extends string> {
  readonly name: Name
  /** Called before each round: a new verifier has seen no token yet. */
  readonly verifier: () => Verifier | Promise<Verifier>
  readonly tokens: () => readonly string[] | Promise<readonly string[]>
  readonly operations: number
  /** Default: all are accepted. */
  readonly isRefused?: boolean
}

/** Makes a candidate of it. */
export function verifierCandidate<Name extends string>(load: VerifierLoad<Name>): Candidate & { readonly name: Name } {
  const { name, operations, isRefused = false } = load
  let verifier: Verifier | undefined
  let tokens: readonly string[] = []
  return {
    name,
    operations,
    prepare: async () => {
      verifier = await load.verifier()
      tokens = await load.tokens()
    },
    run: async () => {
      if (verifier === undefined) throw new Error(`${name} was not prepared`)
      for (let index = 0; index < operations; index += 1) {
        const isAccepted = await accepts(verifier, tokens[index % tokens.length] ?? '')
        if (isAccepted === isRefused) throw new Error(`${name}: not what was expected of a token`)
      }
    },
  }
}

/** Whether a verifier accepts a token. */
export function accepts({ verify }: Verifier, token: string): Promise<boolean> {
  return verify(token).then(
    () => true,
    () => false,
  )
}
