import type { Contender } from '../contender.ts'
import { contenders, loadContender, type ContenderName } from '../contenders.ts'
import type { PublicWorld } from '../world/public-world.ts'
import { createRequestHandler, type HandleRequest } from './handle-request.ts'
import type { Candidate } from './measure-cpu.ts'

/** A contender's application that gets tokens without a network. */
export interface AppLoad<Name extends string> {
  readonly name: Name
  readonly contender: ContenderName
  readonly tokens: readonly string[]
  /** Default: as many as there are tokens. */
  readonly operations?: number
  readonly status: number
  /** Start each round with a new application, which has seen no token yet. */
  readonly isFresh?: boolean
}

/** Makes a candidate of it. */
export async function appCandidate<Name extends string>(
  { name, contender, tokens, operations = tokens.length, status, isFresh = false }: AppLoad<Name>,
  world: PublicWorld,
): Promise<Candidate & { readonly name: Name }> {
  const loaded = await loadContender(contender)
  let handle = await startApp(loaded, contender, world)
  return {
    name,
    operations,
    prepare: async () => {
      if (isFresh) handle = await startApp(loaded, contender, world)
    },
    run: async () => {
      for (let index = 0; index < operations; index += 1) {
        const answered = await handle(tokens[index % tokens.length] ?? '')
        if (answered !== status) throw new Error(`${name}: ${status} was expected, not ${answered}`)
      }
    },
  }
}

async function startApp({ createApp }: Contender, name: ContenderName, world: PublicWorld): Promise<HandleRequest> {
  return createRequestHandler(await createApp(world, contenders[name].setting))
}
