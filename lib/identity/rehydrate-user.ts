import { z } from 'zod'
import type { Clock } from '../foundation/clock.ts'
import { IdentityError, UnavailableError } from '../foundation/errors.ts'
import { optionsObject, parseOptions } from '../foundation/parse-options.ts'
import { createProfileCache, type ProfileCache } from './profile-cache.ts'
import {
  readUserIdentifiers,
  type IdentifiedUser,
  type UserAttribute,
  type UserIdentifier,
  type UserIssuer,
} from './user-attributes.ts'
import { createUserStores, userStoresSchema } from './user-stores.ts'

/** What is looked up: one identifier of one user. */
export interface ProfileQuery extends UserIdentifier {
  /** The name of the trusted issuer that vouched: the same identifier of another issuer may be somebody else. */
  readonly issuer: string
  /** S2S: the realm that vouched: a user of one realm of an issuer is nobody in another (CVE-2025-55241). */
  readonly realm?: string
}

/** A right that a profile gives its user; the same spellings as in grants. */
export type ProfileRight =
  | string
  | { readonly scope: string; readonly right?: 'Read' | 'Write' | 'Manage' | 'FullControl'; readonly container?: never }
  | {
      readonly scope: string
      readonly right: 'Read' | 'Write' | 'Manage' | 'FullControl'
      readonly container: string
    }

/** A user of this server. Kept and shared among requests: treat it as read-only. */
export interface UserProfile {
  /** Tells profiles apart; never empty. */
  readonly id: string
  readonly roles?: readonly string[]
  readonly rights?: readonly ProfileRight[]
  readonly [more: string]: unknown
}

/**
 * Finds the profiles that have an identifier: all of them, compared to the letter (except letter case) and not by
 * prefix. `value` is what an application says: escape it in LDAP filters and queries. `signal` is aborted when the answer
 * is no longer waited for. A rejection is an outage (503), an empty list means nobody.
 */
export type FindProfiles = (
  query: ProfileQuery,
  context: { readonly signal: AbortSignal },
) => readonly UserProfile[] | Promise<readonly UserProfile[]>

/** How profiles are looked up. */
export interface ProfileOptions {
  /**
   * The user store of each `nii`, such as `{ 'urn:office:idp:activedirectory': 'windows', 'trusted:adfs': 'adfs' }`,
   * without letter case; `urn:office:idp:trusted:x` is `trusted:x`. A `nameid` of an `nii` that is missing here is
   * refused. Default: every `nii` is a store of its own.
   */
  readonly userStores?: Readonly<Record<string, string>>
  /** Milliseconds for all look-ups of one user together. Default 2000. */
  readonly timeoutMilliseconds?: number
  /** Seconds for which a profile that was found is used again; 0: never. Default 60. Refusals are never kept. */
  readonly cacheSeconds?: number
  /** How many profiles are kept. Default 10000. */
  readonly maximumEntries?: number
}

/** Options of `createUserRehydrator`. */
export interface UserRehydratorOptions extends ProfileOptions {
  readonly findProfiles: FindProfiles
  readonly clock: Clock
}

/**
 * The one profile of a user.
 *
 * @throws IdentityError `ERR_S2S_USER_NOT_FOUND`, `ERR_S2S_USER_AMBIGUOUS`, `ERR_S2S_USER_CONFLICT`,
 * `ERR_S2S_USER_STORE_UNKNOWN`; UnavailableError `ERR_S2S_PROFILES_UNAVAILABLE`
 */
export type RehydrateUser = (user: IdentifiedUser, issuer: UserIssuer) => Promise<UserProfile>

const isFunction = (value: unknown): boolean => typeof value === 'function'

/**
 * The members of `ProfileOptions`.
 *
 * @internal
 */
export const profileOptionsShape = {
  userStores: userStoresSchema.optional(),
  timeoutMilliseconds: z.number().int().min(1).max(60_000).optional(),
  cacheSeconds: z.number().min(0).max(3600).optional(),
  maximumEntries: z.number().int().min(1).optional(),
}

const userRehydratorSchema = optionsObject({
  ...profileOptionsShape,
  findProfiles: z.custom<FindProfiles>(isFunction, 'must be a function that gives the profiles of an identifier'),
  clock: z.custom<Clock>(isFunction, 'must be a function that gives seconds'),
})

/**
 * Creates the function that finds the local profile of a user whom an application named. All identifiers are looked up,
 * at the same time; every one that matches must match the same one profile, by its `id`.
 *
 * Equal questions that are asked at once are asked once. Does not check that the application may act for the user (see
 * `verifyDelegationPolicy`), nor what the user may do. Must not be asked about an application that acts as itself.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 * @see protocol section 9
 */
export function createUserRehydrator(options: UserRehydratorOptions): RehydrateUser {
  parseOptions(userRehydratorSchema as z.ZodType, options, '')
  const { findProfiles, timeoutMilliseconds = 2000, cacheSeconds = 60, maximumEntries = 10_000, clock } = options
  const stores = createUserStores(options.userStores)
  const cache: ProfileCache<UserProfile> = createProfileCache({ seconds: cacheSeconds, maximumEntries, clock })
  const lookUp = createLookUp(findProfiles, timeoutMilliseconds)

  return async function rehydrateUser(user, issuer) {
    const identifiers = readUserIdentifiers(user, issuer, stores)
    if (identifiers.length === 0) {
      throw new IdentityError('ERR_S2S_USER_NOT_FOUND', 'no identifier of the user may be looked up')
    }
    const { realm } = user
    const vouching = { issuer: issuer.name, ...(realm === undefined ? {} : { realm }) }
    const queries = identifiers.map((identifier) => ({ ...identifier, ...vouching }))
    const key = JSON.stringify(
      queries.map((query) => [query.issuer, realm ?? null, query.attribute, query.store ?? null, query.value]),
    )
    return cache.get(key, async () => judge(await lookUp(queries)))
  }
}

interface Answer {
  readonly attribute: UserAttribute
  readonly profiles: readonly UserProfile[]
}

type LookUp = (queries: readonly ProfileQuery[]) => Promise<readonly Answer[]>

function createLookUp(findProfiles: FindProfiles, timeoutMilliseconds: number): LookUp {
  return async function lookUp(queries) {
    const controller = new AbortController()
    let timer: NodeJS.Timeout | undefined
    const deadline = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`findProfiles gave no answer within ${timeoutMilliseconds} milliseconds`))
      }, timeoutMilliseconds)
    })
    const ask = async (query: ProfileQuery): Promise<Answer> => ({
      attribute: query.attribute,
      profiles: checkAnswer(await findProfiles(query, { signal: controller.signal })),
    })
    try {
      return await Promise.race([Promise.all(queries.map(ask)), deadline])
    } catch (cause) {
      throw new UnavailableError('ERR_S2S_PROFILES_UNAVAILABLE', 'findProfiles failed or gave no answer in time', {
        cause,
      })
    } finally {
      clearTimeout(timer)
      controller.abort()
    }
  }
}

/** JavaScript callers may give anything; what cannot be told apart must not be taken for one user. */
function checkAnswer(answer: unknown): readonly UserProfile[] {
  const profiles: readonly unknown[] | undefined = Array.isArray(answer) ? answer : undefined
  if (profiles?.every(isProfile) === true) return profiles as readonly UserProfile[]
  throw new TypeError('findProfiles must give a list of profiles, each with an id that is a text')
}

function isProfile(value: unknown): boolean {
  const id = (value as Partial<UserProfile> | null | undefined)?.id
  return typeof id === 'string' && id !== ''
}

/** One identifier with several profiles, then identifiers that disagree, then nobody: whatever the order of answers. */
function judge(answers: readonly Answer[]): UserProfile {
  const found = new Map<string, UserProfile>()
  for (const { attribute, profiles } of answers) {
    for (const profile of profiles) found.set(profile.id, profile)
    if (new Set(profiles.map(({ id }) => id)).size > 1) {
      throw new IdentityError('ERR_S2S_USER_AMBIGUOUS', `several profiles have the same ${attribute}`)
    }
  }
  const [profile, other] = found.values()
  const attributes = answers.map(({ attribute }) => attribute).join(', ')
  if (other !== undefined) {
    throw new IdentityError('ERR_S2S_USER_CONFLICT', `these identifiers belong to different profiles: ${attributes}`)
  }
  if (profile !== undefined) return profile
  throw new IdentityError('ERR_S2S_USER_NOT_FOUND', `no profile has the identifiers: ${attributes}`)
}
