import type { ErrorCode } from '../../foundation/error-codes.ts'
import { parsePrincipalName } from '../../tokens/principal-name.ts'
import type { Diagnosis } from '../finding.ts'
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

/** A token that is good, and was shown without the proof that every request with it needs. */
function diagnoseProof({ signed, issuer, error }: TokenSubject): Diagnosis | undefined {
  if (
    issuer?.protocol !== 'oauth' ||
    error?.reason === undefined ||
    !error.reason.startsWith('the token is bound to')
  ) {
    return undefined
  }
  const isDpop = Object.hasOwn(Object(claimOf(signed, 'cnf')) as object, 'jkt')
  if ((isDpop ? issuer.dpop : issuer.mtls) === 'refused') return undefined
  return {
    kind: 'proof-missing',
    cause: `${error.reason}: with a proof the token itself would be accepted`,
    fix: isDpop
      ? 'send it as "Authorization: DPoP" with a DPoP proof of that key in each request'
      : 'send it over a connection with that client certificate',
  }
}

function diagnoseBinding(subject: TokenSubject): Diagnosis {
  const proof = diagnoseProof(subject)
  if (proof !== undefined) return proof
  const { signed } = subject
  const members = Object.keys(Object(claimOf(signed, 'cnf')) as object)
  if (members.includes('jkt')) {
    return {
      kind: 'dpop-token-as-bearer',
      cause: 'the token is bound to a DPoP key (cnf.jkt) and came as a plain Bearer token',
      fix: 'have the client ask for a token without DPoP',
    }
  }
  return {
    kind: 'bound-token-as-bearer',
    cause: `the token is bound to a ${members.includes('x5t#S256') ? 'client certificate (cnf.x5t#S256)' : 'key (cnf)'} and came without proof`,
    fix: 'have the client ask for a token without binding',
  }
}
