import { z } from 'zod'
import { ConfigurationError } from '../foundation/errors.ts'
import { optionsObject, parseOptions } from '../foundation/parse-options.ts'

interface Naming<Subject> {
  /** The configured name of a trusted issuer (or preset), or an `iss`. */
  readonly issuer?: string
  /** An application id, or `id@realm`; without letter case. Without `issuer`: that application of every issuer. */
  readonly application?: Subject extends 'application' ? string : never
  /**
   * Any identifier of a user as principals and audit events show it (`id`, `upn`, `smtp`, `sip`, `sid`), or the `id` of a
   * profile; without letter case. Without `issuer`: that user of every issuer.
   */
  readonly user?: Subject extends 'user' ? string : never
  /** `jti` or `uti` of a signed token, or the SHA-256 (base64url) of what its signature covers: the `tokenId` of audit events. */
  readonly tokenId?: Subject extends 'tokenId' ? string : never
  /**
   * Seconds since 1970: only tokens whose `iat` (without one: `nbf`) is earlier, or that have neither. Of a nested token the
   * dates of its signed actor token count.
   */
  readonly issuedBefore?: Subject extends 'tokenId' ? never : number
}

/** Whose tokens are suspended: one subject; an issuer and `issuedBefore` may narrow it. */
export type SuspensionSubject =
  | (Naming<'issuer'> & { readonly issuer: string })
  | (Naming<'application'> & { readonly application: string })
  | (Naming<'user'> & { readonly user: string })
  | (Naming<'tokenId'> & { readonly tokenId: string; readonly issuer: string })
  | (Naming<'issuedBefore'> & { readonly issuedBefore: number })

/** What is suspended, for how long. */
export type SuspendOptions = SuspensionSubject & {
  /** How long it holds, in seconds. Default 30 days (2592000), at most 366 days (31622400). */
  readonly durationSeconds?: number
  /** Goes into the audit event, and nowhere else. */
  readonly reason?: string
}

/** A suspension that holds until `expiresAt` or until it is lifted. Plain frozen data. */
export interface Suspension {
  /** For `resume`. */
  readonly id: string
  readonly issuer?: string
  readonly application?: string
  readonly user?: string
  readonly tokenId?: string
  readonly issuedBefore?: number
  /** `true`: the token was sent over plain http (`refuseExposedTokens`). */
  readonly exposed?: true
  /** Seconds since 1970. */
  readonly addedAt: number
  /** Seconds since 1970. */
  readonly expiresAt: number
}

/** The longest time for which anything is suspended. */
export const longestSuspensionSeconds: number = 366 * 86_400
const defaultSuspensionSeconds = 30 * 86_400

const name = z.string().min(1, 'is empty').max(1024)
const subjectShape = {
  issuer: name.optional(),
  application: name.optional(),
  user: name.optional(),
  tokenId: name.optional(),
  issuedBefore: z.number().min(0).optional(),
}

interface Subject {
  readonly issuer?: string | undefined
  readonly application?: string | undefined
  readonly user?: string | undefined
  readonly tokenId?: string | undefined
  readonly issuedBefore?: number | undefined
}

/** The members of a suspension that name a subject. */
export const subjectSchema: z.ZodObject<typeof subjectShape, z.core.$strict> = optionsObject(subjectShape)

const suspendSchema = optionsObject({
  ...subjectShape,
  durationSeconds: z.number().min(1).max(longestSuspensionSeconds).optional(),
  reason: z.string().max(500).optional(),
})

/**
 * Checks what is to be suspended, and completes it.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function readSuspendOptions(options: SuspendOptions, id: string, now: number): Suspension {
  const { issuer, application, user, tokenId, issuedBefore, durationSeconds } = parseOptions(
    suspendSchema,
    options,
    'suspend',
  )
  const subject = { issuer, application, user, tokenId, issuedBefore }
  const problem = problemOfSubject(subject, now)
  if (problem !== undefined) throw new ConfigurationError('ERR_S2S_OPTION_INVALID', `suspend ${problem}`)
  const expiresAt = now + (durationSeconds ?? defaultSuspensionSeconds)
  return Object.freeze({ id, ...given(subject), addedAt: now, expiresAt })
}

/** What is wrong with a subject that has the right members; `undefined` when it is one. */
export function problemOfSubject(subject: Subject, now: number): string | undefined {
  return problems.find(([isThere]) => isThere(subject, now))?.[1]
}

const problems: readonly (readonly [isThere: (subject: Subject, now: number) => boolean, problem: string])[] = [
  [
    (subject) => Object.keys(given(subject)).length === 0,
    'names nothing; set issuer, application, user, tokenId or issuedBefore',
  ],
  [
    ({ application, user, tokenId }) => [application, user, tokenId].filter((name) => name !== undefined).length > 1,
    'names more than one of application, user and tokenId; suspend them one by one',
  ],
  [
    ({ issuer, tokenId }) => tokenId !== undefined && issuer === undefined,
    'needs the issuer of tokenId: another issuer may use the same id',
  ],
  [
    ({ tokenId, issuedBefore }) => tokenId !== undefined && issuedBefore !== undefined,
    'has issuedBefore beside tokenId; leave it out',
  ],
  [
    ({ issuedBefore = 0 }, now) => issuedBefore > now + longestSuspensionSeconds,
    'has issuedBefore far ahead; it is in seconds since 1970, and to suspend what is issued later leave it out',
  ],
]

/** Without the members that are `undefined`. */
function given({ issuer, application, user, tokenId, issuedBefore }: Subject): Pick<Suspension, keyof Subject> {
  const members = Object.entries({ issuer, application, user, tokenId, issuedBefore })
  return Object.fromEntries(members.filter(([, value]) => value !== undefined))
}
