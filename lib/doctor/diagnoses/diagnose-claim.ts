import type { Diagnosis } from '../finding.ts'
import { claimOf, refusedToken, type TokenSubject } from '../token-subject.ts'

/** Why a claim is missing, or is not what it must be. The verifier's own reason names the claim. */
export function diagnoseClaim(subject: TokenSubject): Diagnosis {
  const cause = subject.error?.reason ?? ''
  if (cause.includes('names no user')) {
    return { kind: 'user-missing', cause, fix: 'have the calling server name the user, or send the actor token alone' }
  }
  if (cause.includes('names no application')) {
    const fix = 'set callerKind to the kind of the issuer (entra, auth0, okta...), or have it write client_id'
    return { kind: 'application-missing', cause, fix }
  }
  return diagnoseDate(subject, cause) ?? otherClaim(cause)
}

function diagnoseDate(subject: TokenSubject, reason: string): Diagnosis | undefined {
  const named = /^"(\w+)" is not a date/.exec(reason)?.[1]
  const isText = named !== undefined && typeof claimOf(refusedToken(subject), named) === 'string'
  if (!isText || subject.issuer?.protocol !== 'oauth') return undefined
  return {
    kind: 'date-as-text',
    cause: `"${named}" is written as a text, and OAuth tokens have numbers`,
    fix: 'have the issuer write numbers; only S2S issuers write texts',
  }
}

function otherClaim(cause: string): Diagnosis {
  if (cause.endsWith('is missing')) return { kind: 'claim-missing', cause, fix: 'have the issuer write the claim' }
  return { kind: 'claim-invalid', cause, fix: 'have the issuer write the claim as its protocol says, or leave it out' }
}
