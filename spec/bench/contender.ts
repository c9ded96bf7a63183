import type { Express } from 'express'
import type { PublicWorld } from './world/public-world.ts'

/** How large the server of a contender is. */
export interface Setting {
  /** Who calls: applications with OAuth tokens, or a farm's applications for users (S2S). */
  readonly callers: 'oauth' | 'farm'
  /** How many issuers are trusted; all but one are never heard of, or each signs a part of the tokens. */
  readonly issuers: number
  /** How many resources the table lists. */
  readonly resources: number
}

/** One way to guard `GET /reports/:id`. */
export interface Contender {
  /** Makes the server's application; ready to serve, with its keys, when the promise is fulfilled. */
  createApp(this: void, world: PublicWorld, setting: Setting): Express | Promise<Express>
}

/** One issuer, one caller's protocol, one resource. */
export const plainSetting: Setting = { callers: 'oauth', issuers: 1, resources: 1 }
