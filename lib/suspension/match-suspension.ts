import { inLowerCase } from '../foundation/lower-case.ts'
import type { Suspension } from './suspension.ts'

/** What is known of a token that was verified, as far as suspensions ask. */
export interface TokenFacts {
  /** The configured name, the names of its presets, and the `iss` of the signed token. */
  readonly issuerNames: readonly string[]
  readonly application: { readonly id: string; readonly realm?: string | undefined }
  /** Every identifier of the user; empty without one. */
  readonly userNames: readonly string[]
  /** `iat`, else `nbf`, of the signed token, in seconds since 1970. */
  readonly issuedAt: number | undefined
  /** Everything the signed token may be called by; asked only while a token is suspended by its id. */
  readonly tokenIds: () => readonly string[]
}

/** Whether a token is one that is suspended. */
export type MatchesToken = (facts: TokenFacts) => boolean

/** Prepares a suspension for being held against tokens: every member that it has must fit. */
export function matchSuspension({ issuer, application, user, tokenId, issuedBefore }: Suspension): MatchesToken {
  const tests: MatchesToken[] = []
  if (issuer !== undefined) tests.push(({ issuerNames }) => issuerNames.includes(issuer))
  if (application !== undefined) tests.push(isApplication(inLowerCase(application)))
  if (user !== undefined) {
    const wanted = inLowerCase(user)
    tests.push(({ userNames }) => userNames.some((name) => inLowerCase(name) === wanted))
  }
  if (issuedBefore !== undefined) {
    tests.push(({ issuedAt }) => issuedAt === undefined || issuedAt < issuedBefore)
  }
  if (tokenId !== undefined) tests.push(({ tokenIds }) => tokenIds().includes(tokenId))
  return (facts) => tests.every((fits) => fits(facts))
}

function isApplication(wanted: string): MatchesToken {
  return ({ application: { id, realm } }) => {
    const called = inLowerCase(id)
    return called === wanted || (realm !== undefined && `${called}@${inLowerCase(realm)}` === wanted)
  }
}
