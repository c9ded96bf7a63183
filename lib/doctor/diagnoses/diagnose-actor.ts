import type { ErrorCode } from '../../foundation/error-codes.ts'
import { parsePrincipalName } from '../../tokens/principal-name.ts'
import type { Diagnosis } from '../finding.ts'
import { readConfirmation, type Confirmation } from '../../tokens/confirmation.ts'
import { lacksProof } from '../lacks-proof.ts'
import { claimOf, type TokenSubject } from '../token-subject.ts'

/** Why an application, the pair of tokens that names it, or a key it is bound to, does not fit. */
export function diagnoseActor(subject: TokenSubject): Diagnosis | undefined {
  const { error } = subject
  return error === undefined ? undefined : byCode[error.code]?.(subject)
}

const byCode: Readonly<Partial<Record<ErrorCode, (subject: TokenSubject) => Diagnosis>>> = {
  ERR_S2S_BROKER_REQUIRED: diagnoseBroker,
  ERR_S2S_REALM_MISMATCH: diagnoseRealm,
  ERR_S2S_ACTOR_MISMATCH: diagnosePair,
  ERR_S2S_DELEGATION_ABSENT: diagnoseDelegationClaim,
  ERR_S2S_TOKEN_BOUND: diagnoseBinding,
}

function diagnoseBroker({ signed, issuer, show }: TokenSubject): Diagnosis {
  return {
    kind: 'broker-flag-missing',
    cause: `${issuer?.name ?? 'the issuer'} speaks for the application ${show(claimOf(signed, 'nameid'))}, and is not marked as a broker`,
    fix: 'set isTrustBroker: true on the issuer, if it may vouch for all its applications',
  }
}

function diagnoseRealm({ signed, issuer, show }: TokenSubject): Diagnosis {
  if (issuer?.protocol === 'oauth') {
    return {
      kind: 'tenant-mismatch',
      cause: `"tid" is ${show(claimOf(signed, 'tid'))}, which is not the tenant of the issuer`,
      fix: 'have the client ask the token endpoint of the trusted tenant',
    }
  }
  return {
    kind: 'realm-mismatch',
    cause: `the application ${show(claimOf(signed, 'nameid'))} is of another realm than the issuer ${show(claimOf(signed, 'iss'))}`,
    fix: 'have the calling server name the application in the realm of the issuer, or trust the issuer of that realm',
  }
}

function diagnosePair({ outer, signed, show, error }: TokenSubject): Diagnosis {
  if (error?.reason?.includes('audiences') === true) {
    return {
      kind: 'pair-audience',
      cause: `the outer token is meant for ${show(claimOf(outer, 'aud'))}, and its actor token for ${show(claimOf(signed, 'aud'))}`,
      fix: 'have the calling server write one "aud" into both',
    }
  }
  const [found, expected] = [claimOf(outer, 'iss'), claimOf(signed, 'nameid')]
  return {
    kind: 'pair-application',
    cause: `the outer token is of ${show(found)}, and the actor token in it is of ${show(expected)}${detailOf(found, expected)}`,
    fix: 'have the calling server write "nameid" of its actor token into "iss" of the outer token',
  }
}

function detailOf(found: unknown, expected: unknown): string {
  const [left, right] = [String(found), String(expected)]
  if (left.toLowerCase() === right.toLowerCase()) return ': they differ in letter case'
  const [leftName, rightName] = [parsePrincipalName(left), parsePrincipalName(right)]
  if (leftName === undefined || leftName.id !== rightName?.id) return ''
  return leftName.realm === undefined ? ': the realm is missing' : ': the realms differ'
}

function diagnoseDelegationClaim({ signed, show }: TokenSubject): Diagnosis {
  const value = claimOf(signed, 'trustedfordelegation')
  return {
    kind: 'delegation-claim',
    cause: `the actor token ${value === undefined ? 'has no "trustedfordelegation"' : `says "trustedfordelegation" ${show(value)}`}, and a user is named`,
    fix: 'have the calling server mark the application as trusted for delegation, or send the actor token alone',
  }
}

const sending = {
  dpop: 'send it as "Authorization: DPoP" with a DPoP proof of that key in each request',
  mtls: 'send it over a connection with that client certificate',
}

/** A token that is good, and was shown without the proof that every request with it needs. */
function diagnoseProof({ signed, error }: TokenSubject): Diagnosis {
  const isDpop = Object.hasOwn(Object(claimOf(signed, 'cnf')) as object, 'jkt')
  return {
    kind: 'proof-missing',
    cause: error?.reason ?? 'the token is bound, and came without proof',
    fix: `${isDpop ? sending.dpop : sending.mtls}; the token itself is good`,
  }
}

function diagnoseBinding(subject: TokenSubject): Diagnosis {
  if (lacksProof(subject)) return diagnoseProof(subject)
  const { signed, error } = subject
  const methods = boundBy(signed)
  if (methods === undefined) {
    return {
      kind: 'confirmation-unknown',
      cause: error?.reason ?? 'the token is bound in a way that is not known here',
      fix: 'have the issuer bind its tokens by "jkt" or "x5t#S256" alone, or ask for a token without binding',
    }
  }
  return methods.jkt === undefined
    ? {
        kind: 'bound-token-as-bearer',
        cause: 'the token is bound to a client certificate (cnf.x5t#S256), and this server accepts no proof of it',
        fix: 'set the option clientCertificates, or have the client ask for a token without binding',
      }
    : {
        kind: 'dpop-token-as-bearer',
        cause: 'the token is bound to a DPoP key (cnf.jkt), and this server accepts no DPoP proofs',
        fix: 'set the option dpop, or have the client ask for a token without DPoP',
      }
}

/** `undefined` for a `cnf` that the verifier cannot read either. */
function boundBy(signed: TokenSubject['signed']): Confirmation | undefined {
  try {
    return signed === undefined ? undefined : readConfirmation(signed.claims)
  } catch {
    return undefined
  }
}
