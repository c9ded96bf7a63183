import { TokenError } from '../foundation/errors.ts'
import { textClaim } from '../tokens/claims.ts'
import type { VerifiedAccessToken, VerifiedToken, VerifiedUserToken } from '../verification/verified-token.ts'
import { VerifiedSignature } from '../verification/verify-signature.ts'
import { readOAuthCaller, type CallerKind } from './caller-kind.ts'
import type { UserProfile } from './rehydrate-user.ts'
import { isWindowsUser, type IdentifiedUser } from './user-attributes.ts'

/** The application that calls. */
export interface S2SApplication {
  readonly id: string
  /** Only in the S2S protocol. */
  readonly realm?: string
  readonly name?: string
}

/** The user an application acts for, as the issuer named it; always within that issuer. */
export interface S2SUser extends IdentifiedUser {
  /** The name of the issuer that vouched: the same `id` of another issuer is somebody else. */
  readonly issuer: string
  /** A Windows SID; only where the issuer has `acceptSecurityIdentifiers`. */
  readonly sid?: string
  /** The user's one profile here, when `findProfiles` is configured. Shared among requests: treat it as read-only. */
  readonly profile?: UserProfile
}

/** Who calls, for whom: the same shape for every issuer. Frozen. */
export interface S2SPrincipal {
  readonly kind: CallerKind
  readonly application: S2SApplication
  readonly user?: S2SUser
  /** The name of the trusted issuer. */
  readonly issuer: string
  /** The applications that act, the caller first. */
  readonly actorChain: readonly string[]
  /** What the caller holds on this server, before the user's own rights are taken into account. */
  readonly permissions: readonly string[]
  readonly token: {
    readonly format: VerifiedToken['format']
    /** Seconds since 1970. */
    readonly issuedAt?: number
    /** Seconds since 1970. */
    readonly expiresAt: number
    /** How the caller proved that the token is its own (`dpop`, `mtls`); left out for a bearer token. */
    readonly provedBy?: readonly ('dpop' | 'mtls')[]
  }
}

/** A principal before its permissions are known. */
export interface Caller {
  readonly kind: CallerKind
  readonly kindIsCertain: boolean
  readonly application: S2SApplication
  readonly user: S2SUser | undefined
}

/**
 * Says who calls, from a verified token. Needs the proof of a verified signature.
 *
 * @throws TokenError `ERR_S2S_CLAIM_INVALID`, `ERR_S2S_SIGNATURE_INVALID` (no proof)
 */
export function readCaller(verified: VerifiedToken): Caller {
  if (!(verified.proof instanceof VerifiedSignature)) {
    throw new TokenError('ERR_S2S_SIGNATURE_INVALID', 'no signature was verified')
  }
  if (verified.format === 'jwt') return readAccessTokenCaller(verified)
  if (verified.format === 's2s-app') {
    return { kind: 'app', kindIsCertain: true, application: verified.application, user: undefined }
  }
  return { kind: 'user+app', kindIsCertain: true, application: verified.application, user: readS2SUser(verified) }
}

function readAccessTokenCaller(verified: VerifiedAccessToken): Caller {
  const { claims } = verified.proof
  const { kind, kindIsCertain, applicationId } = readOAuthCaller(claims, verified.issuer.callerKind)
  const id = textClaim(claims, 'sub')
  const user = kind === 'app' ? undefined : { issuer: verified.issuer.name, ...(id === undefined ? {} : { id }) }
  return { kind, kindIsCertain, application: { id: applicationId }, user }
}

/** One issuer may speak for several realms: a user belongs to issuer and realm (CVE-2025-55241). */
function readS2SUser({ user, issuer, application }: VerifiedUserToken): S2SUser {
  const { nameid, ...others } = user
  return {
    issuer: issuer.name,
    realm: application.realm,
    ...(nameid === undefined ? {} : { id: nameid }),
    ...others,
    ...(nameid !== undefined && issuer.acceptSecurityIdentifiers && isWindowsUser({ ...others, id: nameid })
      ? { sid: nameid }
      : {}),
  }
}

/** A principal without the times of its token; everything in it is frozen, so that tokens of one caller share it. */
export type PrincipalParts = Omit<S2SPrincipal, 'token'> & { readonly format: VerifiedToken['format'] }

/** Puts a caller and its permissions together. */
export function createPrincipalParts(
  { format, issuer }: Pick<VerifiedToken, 'format' | 'issuer'>,
  { kind, application, user }: Caller,
  permissions: readonly string[],
): PrincipalParts {
  return {
    format,
    kind,
    application: Object.freeze({ ...application }),
    ...(user === undefined ? {} : { user: Object.freeze({ ...user }) }),
    issuer: issuer.name,
    actorChain: Object.freeze([application.id]),
    permissions: Object.freeze([...permissions]),
  }
}

/** The principal of one token. */
export function createPrincipal(
  { format, kind, application, user, issuer, actorChain, permissions }: PrincipalParts,
  { issuedAt, expiresAt }: Pick<VerifiedToken, 'issuedAt' | 'expiresAt'>,
  provedBy: readonly ('dpop' | 'mtls')[] = [],
): S2SPrincipal {
  const times = issuedAt === undefined ? { format, expiresAt } : { format, issuedAt, expiresAt }
  const token = Object.freeze(provedBy.length === 0 ? times : { ...times, provedBy })
  // Written out: a spread costs more than all the rest.
  const principal =
    user === undefined
      ? { kind, application, issuer, actorChain, permissions, token }
      : { kind, application, user, issuer, actorChain, permissions, token }
  return Object.freeze(principal)
}
