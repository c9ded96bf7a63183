import type { ProvedBy } from '../binding/prove-possession.ts'
import {
  createPrincipalParts,
  readCaller,
  type Caller,
  type PrincipalParts,
  type S2SPrincipal,
} from '../identity/principal.ts'
import { requiredTextClaim } from '../tokens/claims.ts'
import type { TrustedIssuer } from '../trust/trusted-issuer.ts'
import type { VerifiedToken } from '../verification/verified-token.ts'
import { effectivePermissions, type CallerFacts, type EffectivePermissions } from './effective-permissions.ts'
import type { GrantStore } from './grants.ts'

/** Who sent a token: what many tokens of one caller have in common. */
export interface Sender {
  readonly issuer: TrustedIssuer
  readonly caller: Caller
  /** What the caller holds now, and the principal without the times of the token. */
  standing(this: void): Standing
}

/** What a sender may do, as long as grants stay as they are. */
export interface Standing {
  readonly effective: EffectivePermissions
  readonly parts: PrincipalParts
  /** What was made of the last token. */
  last: LastCaller | undefined
}

interface LastCaller {
  readonly principal: S2SPrincipal
  readonly effective: EffectivePermissions
  readonly inShadow: boolean
  readonly provedBy: ProvedBy
}

/** Makes one sender of all tokens that say the same of their caller. */
export interface Senders {
  /**
   * Reads who sent a verified token.
   *
   * @throws TokenError `ERR_S2S_CLAIM_INVALID`, `ERR_S2S_SIGNATURE_INVALID` (no proof)
   */
  of(this: void, verified: VerifiedToken): Sender
}

/** When there are this many, those that are not held by a remembered token are forgotten. */
const maximumSenders = 10_000

/**
 * Creates the senders of one server. Grants are asked again after each change, and each time when the store cannot tell that
 * it changed; the permissions of an OAuth token stay what its claims say.
 */
export function createSenders(grants: GrantStore): Senders {
  const known = new Map<string, Sender>()
  const grantsVersion = createVersion(grants)
  return {
    of: (verified) => {
      const caller = readCaller(verified)
      const name = nameOf(verified, caller)
      const held = known.get(name)
      if (held?.issuer === verified.issuer) return held
      if (known.size >= maximumSenders) known.clear()
      const sender = createSender(verified, caller, { grants, grantsVersion })
      known.set(name, sender)
      return sender
    },
  }
}

interface Granting {
  readonly grants: GrantStore
  readonly grantsVersion: () => number
}

/** Another number after each change; a store that does not tell its changes has another one each time. */
function createVersion(grants: GrantStore): () => number {
  let version = 0
  const next = (): number => (version += 1)
  if (grants.onChange === undefined) return next
  grants.onChange(next)
  return () => version
}

function createSender(verified: VerifiedToken, caller: Caller, { grants, grantsVersion }: Granting): Sender {
  const { issuer } = verified
  const facts = callerFacts(verified, caller)
  let standing: Standing | undefined
  let version = 0

  function currentStanding(): Standing {
    // The permissions of an OAuth token stay what its claims say.
    const now = issuer.protocol === 'oauth' ? 0 : grantsVersion()
    if (standing === undefined || version !== now) {
      version = now
      const effective = effectivePermissions(facts, grants)
      const parts = createPrincipalParts(verified, caller, effective.permissions.names)
      standing = { effective, parts, last: undefined }
    }
    return standing
  }

  return { issuer, caller, standing: currentStanding }
}

/** Everything of a token that its sender is made of; JSON keeps the parts apart. */
function nameOf({ format, issuer, proof: { claims } }: VerifiedToken, caller: Caller): string {
  const permissionClaims =
    issuer.protocol === 'oauth'
      ? ['scope', 'scp', 'roles', 'permissions', ...issuer.permissionClaims.map(([first]) => first ?? '')].map(
          (name) => (Object.hasOwn(claims, name) ? claims[name] : undefined),
        )
      : []
  return JSON.stringify([issuer.name, format, claims['iss'], caller, permissionClaims])
}

function callerFacts({ issuer, proof }: VerifiedToken, caller: Caller): CallerFacts {
  return {
    protocol: issuer.protocol,
    kind: caller.kind,
    kindIsCertain: caller.kindIsCertain,
    application: caller.application,
    // Not every `iss` of an issuer with several realms: a grant to one realm is nothing in another.
    issuerNames: [issuer.name, requiredTextClaim(proof.claims, 'iss')],
    claims: proof.claims,
    ...(issuer.protocol === 'oauth' ? { permissionClaims: issuer.permissionClaims } : {}),
    ...(issuer.permissionCeiling === undefined ? {} : { permissionCeiling: issuer.permissionCeiling }),
  }
}
