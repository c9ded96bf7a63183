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
  last: { readonly principal: S2SPrincipal; readonly effective: EffectivePermissions } | undefined
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
  let grantsVersion = 0
  const tellsChanges = grants.onChange !== undefined
  grants.onChange?.(() => {
    grantsVersion += 1
  })

  function createSender(verified: VerifiedToken, caller: Caller): Sender {
    const { issuer } = verified
    const facts = callerFacts(verified, caller)
    let standing: Standing | undefined
    let version = grantsVersion
    function currentStanding(): Standing {
      const isOld = issuer.protocol === 's2s' && (!tellsChanges || version !== grantsVersion)
      if (standing === undefined || isOld) {
        version = grantsVersion
        const effective = effectivePermissions(facts, grants)
        standing = {
          effective,
          parts: createPrincipalParts(verified, caller, effective.permissions.names),
          last: undefined,
        }
      }
      return standing
    }
    return { issuer, caller, standing: currentStanding }
  }

  return {
    of: (verified) => {
      const caller = readCaller(verified)
      const name = nameOf(verified, caller)
      const held = known.get(name)
      if (held?.issuer === verified.issuer) return held
      if (known.size >= maximumSenders) known.clear()
      const sender = createSender(verified, caller)
      known.set(name, sender)
      return sender
    },
  }
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
