import { randomUUID } from 'node:crypto'
import type { SuspensionTable } from './suspension-table.ts'
import { longestSuspensionSeconds, type Suspension } from './suspension.ts'

/** A token that was sent over plain http. */
export interface ExposedToken {
  /** The `iss` of the signed token. */
  readonly issuer: string
  /** The SHA-256 of what its signature covers. */
  readonly tokenId: string
  /** When it ends, in seconds since 1970. */
  readonly expiresAt: number
}

/** How many exposed tokens of one issuer are suspended at once: live ones are never driven out by new ones. */
export const maximumExposedTokens: number = 1000

/** The suspension of a token that was exposed; `known` when it is suspended already, `full` when its issuer has too many. */
export function suspendExposed(
  { issuer, tokenId, expiresAt }: ExposedToken,
  table: SuspensionTable,
  now: number,
): Suspension | 'known' | 'full' {
  const exposed = table.list().filter((one) => one.exposed === true && one.issuer === issuer)
  if (exposed.some((one) => one.tokenId === tokenId)) return 'known'
  if (exposed.length >= maximumExposedTokens) return 'full'
  const ends = Math.min(expiresAt, now + longestSuspensionSeconds)
  return Object.freeze({ id: randomUUID(), issuer, tokenId, exposed: true, addedAt: now, expiresAt: ends } as const)
}
