import { z } from 'zod'
import { ConfigurationError } from '../foundation/errors.ts'
import { inLowerCase } from '../foundation/lower-case.ts'
import { optionsObject } from '../foundation/parse-options.ts'
import { formatPrincipalName, type PrincipalName } from '../tokens/principal-name.ts'
import type { DelegatedApplication, DelegationOptions } from './issuer-options.ts'

/** The identifiers by which an application names a user, as its token carries them. */
export interface NamedUser {
  readonly nameid?: string
  readonly upn?: string
  readonly smtp?: string
  readonly sip?: string
}

/**
 * What the applications of one issuer may do with its word. Asked after the signature holds; a text says why not and
 * holds nothing of the token.
 */
export interface DelegationPolicy {
  /** Why the application may not act as itself; `undefined`: it may. Grants are another question. */
  refusalAsItself(this: void, application: PrincipalName): string | undefined
  /** Why the application may not act for the user; `undefined`: it may. */
  refusalForUser(this: void, application: PrincipalName, user: NamedUser): string | undefined
}

const text = z.string().min(1, 'is empty')
const allow = z.array(text).min(1, "is empty; list the users, or write level 'none' or 'application' without users")
const deny = z.array(text).min(1, 'is empty; leave it out instead')
const lists = optionsObject({ allow: allow.optional(), deny: deny.optional() }).optional()
const onlyDeny = optionsObject({
  allow: z.undefined("is not for level 'full', which means any user; write level 'application' or 'user'").optional(),
  deny: deny.optional(),
}).optional()

const applicationSchema = z.discriminatedUnion('level', [
  optionsObject({
    id: text,
    level: z.literal('none'),
    users: z.undefined("is not for level 'none', which means no user; leave it out").optional(),
  }),
  optionsObject({ id: text, level: z.literal('user'), users: lists }),
  optionsObject({ id: text, level: z.literal('application'), users: lists }),
  optionsObject({ id: text, level: z.literal('full'), users: onlyDeny }),
])

/** Strict option schema of `allowDelegation`. */
export const delegationSchema = z.union([
  z.literal(false),
  optionsObject({
    applications: z.array(z.union([text, applicationSchema])).min(1, 'is empty; write allowDelegation: false instead'),
  }),
])

/** One application of the options, ready to be asked. Identifiers are normalized. */
interface Trust {
  readonly level: DelegatedApplication['level']
  readonly allowed: ReadonlySet<string> | undefined
  readonly denied: ReadonlySet<string>
}

/**
 * Makes the delegation policy of one issuer, in the vocabulary of Skype for Business: `none`, `user`, `application`,
 * `full`. An application that is not listed may act as itself and for nobody. `id@realm` goes before `id`.
 *
 * A user counts as allowed only when EVERY identifier in the token is listed: a token that named one allowed and one
 * other user would otherwise open the door to both. A user counts as denied when ANY identifier is listed. Letter case,
 * blanks around and a leading `sip:` or `smtp:` make no difference; a character that only looks like another when it is
 * made small (the Kelvin sign) is that other for `deny`, and is not for `allow`. `nameid` is compared without its `nii`. Does
 * not find out which identifiers belong to one user (see `createUserRehydrator`): list all of them. Does not check that the actor token says `trustedfordelegation`
 * (see `verifyOuterClaims`).
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` when an application is listed twice
 * @see Skype for Business: New-CsPartnerApplication -ApplicationTrustLevel
 */
export function createDelegationPolicy(options: DelegationOptions, issuerName: string): DelegationPolicy {
  const trusts = new Map<string, Trust>()
  for (const given of options.applications) {
    const application: DelegatedApplication = typeof given === 'string' ? { id: given, level: 'full' } : given
    if (trusts.has(application.id)) {
      throw new ConfigurationError(
        'ERR_S2S_OPTION_INVALID',
        `${issuerName}: allowDelegation.applications lists ${application.id} twice; merge the two`,
      )
    }
    trusts.set(application.id, readTrust(application))
  }
  const trustOf = (application: PrincipalName): Trust | undefined =>
    trusts.get(formatPrincipalName(application)) ?? trusts.get(application.id)

  return {
    refusalAsItself(application) {
      const level = trustOf(application)?.level
      return level === 'none' || level === 'user' ? `its level '${level}' lets it never act as itself` : undefined
    },
    refusalForUser(application, user) {
      const trust = trustOf(application)
      if (trust === undefined) return 'it is not listed in allowDelegation.applications'
      if (trust.level === 'none') return "its level 'none' lets it act for nobody"
      return refusalOfUser(trust, user)
    },
  }
}

function readTrust({ level, users }: DelegatedApplication): Trust {
  const allowed = users?.allow ?? (level === 'application' ? [] : undefined)
  return {
    level,
    allowed: allowed === undefined ? undefined : new Set(allowed.map(nameOf)),
    denied: new Set((users?.deny ?? []).map(looseNameOf)),
  }
}

function refusalOfUser({ level, allowed, denied }: Trust, user: NamedUser): string | undefined {
  const named = [user.nameid, user.upn, user.smtp, user.sip].filter((value) => value !== undefined)
  if (named.some((identifier) => denied.has(looseNameOf(identifier)))) return 'the user is listed in its users.deny'
  if (allowed === undefined) return undefined
  if (named.length > 0 && named.every((identifier) => allowed.has(nameOf(identifier)))) return undefined
  return `its level '${level}' lets it act only for users of whom users.allow lists every identifier in the token`
}

function nameOf(identifier: string): string {
  return inLowerCase(identifier.trim()).replace(/^(?:sip|smtp):/, '')
}

function looseNameOf(identifier: string): string {
  return nameOf(identifier).toLowerCase()
}
