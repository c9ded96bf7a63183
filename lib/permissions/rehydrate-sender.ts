import type { Clock } from '../foundation/clock.ts'
import { createUserRehydrator, type RehydrateUser } from '../identity/rehydrate-user.ts'
import type { VerifierOptions } from './caller-options.ts'
import type { Sender, Standing } from './token-senders.ts'

/** Gives a named user its profile. Who calls as itself is never looked up, nor OAuth users unless they are asked for. */
export function createSenderRehydrator(
  { findProfiles, profileOptions }: VerifierOptions,
  clock: Clock,
): (sender: Sender) => Promise<Standing> | Standing {
  if (findProfiles === undefined) return ({ standing }) => standing()
  const { includeOAuthUsers = false, ...others } = profileOptions ?? {}
  const rehydrateUser: RehydrateUser = createUserRehydrator({ findProfiles, clock, ...others })
  return function rehydrate({ caller: { user }, issuer, standing }) {
    if (user === undefined || (issuer.protocol === 'oauth' && !includeOAuthUsers)) return standing()
    return rehydrateUser(user, issuer).then((profile) => {
      const { effective, parts, judged } = standing()
      return { effective, judged, parts: { ...parts, user: Object.freeze({ ...user, profile }) }, last: undefined }
    })
  }
}
