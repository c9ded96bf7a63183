import type { KeyObject } from 'node:crypto'
import type { Claims, Farm } from './farm.ts'
import { compact, forgedJwt, readClaims } from './tokens.ts'
import { dana } from './world.ts'

/** What differs in a forged actor token; `undefined` takes a member out. */
export interface ActorForgery {
  readonly header?: Claims
  readonly claims?: Claims
  /** How it is signed, whatever the header says. Default `RS256`. */
  readonly algorithm?: string
  /** Default: the farm's own key. */
  readonly key?: KeyObject | string | Buffer
}

/** What differs in a forged outer token; `undefined` takes a member out. */
export interface OuterForgery {
  readonly header?: Claims
  readonly claims?: Claims
  /** Default: none. */
  readonly signature?: string
}

/** The genuine tokens of a farm taken apart, to be put together wrongly. */
export interface TokenParts {
  readonly actorHeader: Claims
  readonly actorClaims: Claims
  /** The claims of the outer token about Dana, with a genuine actor token inside. */
  readonly outerClaims: Claims
  /** A genuine actor token. */
  readonly actorToken: string
  forgeActor(this: void, changes?: ActorForgery): string
  forgeOuter(this: void, changes?: OuterForgery): string
  /** A genuine outer token around whatever is given. */
  wrap(this: void, actortoken: unknown): string
}

/** Takes the tokens of a farm apart. */
export async function takeApart(farm: Farm): Promise<TokenParts> {
  const actorToken = await farm.actorToken()
  const actorHeader = { typ: 'JWT', alg: 'RS256', x5t: farm.certificate.x5t }
  const actorClaims = readClaims(actorToken)
  const outerClaims = readClaims(await farm.userToken(dana, actorToken))
  const forgeOuter = ({ header, claims, signature }: OuterForgery = {}): string =>
    compact({ typ: 'JWT', alg: 'none', ...header }, { ...outerClaims, ...claims }, signature)
  return {
    actorHeader,
    actorClaims,
    outerClaims,
    actorToken,
    forgeActor: ({ header, claims, algorithm = 'RS256', key = farm.certificate.privateKey } = {}) =>
      forgedJwt({ header: { ...actorHeader, ...header }, claims: { ...actorClaims, ...claims }, algorithm, key }),
    forgeOuter,
    wrap: (actortoken) => forgeOuter({ claims: { actortoken } }),
  }
}
