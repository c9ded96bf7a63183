import { hash } from 'node:crypto'
import { TokenError } from '../foundation/errors.ts'
import type { S2SState } from '../state/s2s-state.ts'
import { useOncePerRequest } from '../state/use-once-per-request.ts'
import { dateClaim, textClaim } from '../tokens/claims.ts'
import { tokenIdOf } from '../verification/token-ids.ts'
import type { VerifiedToken } from '../verification/verified-token.ts'

/** The one use of a token of an issuer with `singleUseTokens`. */
export interface TokenUse {
  /** A hash of the issuer and of what it calls the token. */
  readonly key: string
  /** Seconds since 1970. */
  readonly untilSeconds: number
  /** When the token was issued, in seconds since 1970; of one that does not say so, the earliest it can have been. */
  readonly sinceSeconds: number
}

/**
 * The one use that a verified token may have; `undefined` when it may have any number. All of it comes from the signed part: an
 * unsigned outer token is written by whoever sends it, and makes no new token of the actor token in it.
 */
export function tokenUseOf(token: string, { issuer, proof, expiresAt }: VerifiedToken): TokenUse | undefined {
  if (!issuer.singleUse) return undefined
  const { claims } = proof
  const spelling = issuer.protocol === 's2s' ? 'number-or-text' : 'number'
  const ends = dateClaim(claims, 'exp', spelling) ?? expiresAt
  const issuedAt = dateClaim(claims, 'iat', spelling) ?? dateClaim(claims, 'nbf', spelling)
  const name = JSON.stringify(['token', textClaim(claims, 'iss') ?? issuer.name, tokenIdOf(token)])
  return {
    key: hash('sha256', name, 'base64url'),
    // Accepted until then by a server whose clock is behind, and used on one whose clock is ahead.
    untilSeconds: ends + 2 * issuer.clockToleranceSeconds,
    sinceSeconds: issuedAt ?? ends - issuer.maximumLifetimeSeconds,
  }
}

/**
 * Uses a token up. Guards that see one request after another (the same `request`) use it up once.
 *
 * @throws TokenError `ERR_S2S_TOKEN_REPLAYED`; UnavailableError `ERR_S2S_STATE_UNAVAILABLE`
 */
export type SpendToken = (use: TokenUse, request?: object) => undefined | Promise<void>

/** Creates the way to use tokens up; a promise only when the state gives one. */
export function createSpendToken(state: Pick<S2SState, 'useOnce'>): SpendToken {
  return function spendToken(use, request) {
    const isFirst = useOncePerRequest(state, {
      ...use,
      request,
      doubt: 'it cannot be told whether the token was used before',
    })
    if (isFirst instanceof Promise) return isFirst.then(conclude)
    conclude(isFirst)
    return undefined
  }
}

function conclude(isFirst: boolean): void {
  if (isFirst) return
  throw new TokenError('ERR_S2S_TOKEN_REPLAYED', 'it was used before, or the shared state may have forgotten its use')
}
