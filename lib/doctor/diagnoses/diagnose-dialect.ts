import type { ErrorCode } from '../../foundation/error-codes.ts'
import { parseServiceAccount } from '../../tokens/kubernetes-account.ts'
import { parseSpiffeId } from '../../tokens/spiffe-id.ts'
import type { Diagnosis } from '../finding.ts'
import { claimOf, type TokenSubject } from '../token-subject.ts'

/** The usual mistakes with tokens of Kubernetes, SPIFFE, Google, Cognito and RFC 8693. */
export function diagnoseDialect(subject: TokenSubject): Diagnosis | undefined {
  const { error } = subject
  return error === undefined ? undefined : byCode[error.code]?.(subject, error.reason ?? '')
}

type Diagnose = (subject: TokenSubject, reason: string) => Diagnosis | undefined

const byCode: Readonly<Partial<Record<ErrorCode, Diagnose>>> = {
  ERR_S2S_ISSUER_UNTRUSTED: diagnoseFormerIssuer,
  ERR_S2S_TOKEN_TYPE: diagnosePerson,
  ERR_S2S_CLAIM_INVALID: diagnoseClaims,
  ERR_S2S_AUDIENCE_MISMATCH: diagnoseClient,
  ERR_S2S_REALM_MISMATCH: diagnoseTrustDomain,
  ERR_S2S_ACTOR_MISMATCH: diagnoseActorIssuer,
  ERR_S2S_APPLICATION_NOT_ALLOWED: diagnoseApplication,
}

/** Names that issuers do not use any more, or trust domains that nobody configured. */
function diagnoseFormerIssuer({ signed, show }: TokenSubject): Diagnosis | undefined {
  const found = claimOf(signed, 'iss')
  if (found === 'kubernetes/serviceaccount') {
    return {
      kind: 'kubernetes-secret-token',
      cause: 'this is a service account token of the time before bound tokens: it is for nobody and never ends',
      fix: 'have the pod mount a projected token with the audience of this server',
    }
  }
  if (found === 'accounts.google.com') {
    return {
      kind: 'google-former-issuer',
      cause: 'the token names its issuer as Google did once, without https',
      fix: 'have the client get its token from the metadata server or the IAM API, which write https://accounts.google.com',
    }
  }
  const workload = found === undefined ? parseSpiffeId(claimOf(signed, 'sub')) : undefined
  return workload === undefined
    ? undefined
    : {
        kind: 'trust-domain-unknown',
        cause: `the token has no "iss", and nobody is trusted for the trust domain of ${show(workload.id)}`,
        fix: "add an issuer with callerKind: 'spiffe' and that trustDomain, if you trust it",
      }
}

function diagnosePerson(_subject: TokenSubject, reason: string): Diagnosis | undefined {
  if (!reason.includes('Google service account')) return undefined
  return {
    kind: 'google-person',
    cause: 'this is the Google ID token of a person (or of a client for a person), not of a service account',
    fix: 'have the application get its ID token as its service account, with the audience of this server',
  }
}

function diagnoseClaims(subject: TokenSubject, reason: string): Diagnosis | undefined {
  if (reason.includes('acceptsActorClaim')) return diagnoseActorClaim(subject)
  if (reason.startsWith('"kubernetes.io" does not')) return unboundToken
  return reason.startsWith('"aud"') ? diagnoseCognitoAudience(subject) : undefined
}

function diagnoseActorClaim({ signed, issuer, show }: TokenSubject): Diagnosis {
  return {
    kind: 'actor-claim',
    cause: `the token is of an actor (act.sub ${show(actorOf(claimOf(signed, 'act')))}) that acts for somebody, and ${issuer?.name ?? 'the issuer'} may not name actors`,
    fix: 'set acceptsActorClaim: true on the issuer, if its actors may act for users',
  }
}

const unboundToken: Diagnosis = {
  kind: 'kubernetes-unbound-token',
  cause: 'this is a service account token that is bound to nothing ("kubernetes.io" is missing)',
  fix: 'have the pod mount a projected token with the audience of this server',
}

function diagnoseCognitoAudience({ signed, issuer, show }: TokenSubject): Diagnosis | undefined {
  const isCognito = issuer?.protocol === 'oauth' && issuer.callerKind === 'cognito'
  if (!isCognito || claimOf(signed, 'aud') !== undefined) return undefined
  return {
    kind: 'cognito-audience',
    cause: 'access tokens of Cognito have no "aud", and nobody said which clients are meant for this server',
    fix: `set clientIds: [${show(claimOf(signed, 'client_id'))}] on ${issuer.name}, if that client may come here`,
  }
}

function actorOf(act: unknown): unknown {
  return (Object(act) as { readonly sub?: unknown }).sub
}

function diagnoseClient({ signed, issuer, show }: TokenSubject): Diagnosis | undefined {
  if (issuer?.protocol !== 'oauth' || issuer.clientIds === undefined || claimOf(signed, 'aud') !== undefined) {
    return undefined
  }
  return {
    kind: 'client-not-listed',
    cause: `the token has no "aud", and its client ${show(claimOf(signed, 'client_id'))} is not listed in clientIds of ${issuer.name}`,
    fix: 'add the client to clientIds, if its tokens are meant for this server',
  }
}

function diagnoseTrustDomain({ signed, issuer, show }: TokenSubject): Diagnosis | undefined {
  if (issuer?.protocol !== 'oauth' || issuer.trustDomain === undefined) return undefined
  return {
    kind: 'trust-domain-other',
    cause: `the workload ${show(claimOf(signed, 'sub'))} is not of the trust domain ${issuer.trustDomain}`,
    fix: 'add an issuer for that trust domain, if you trust it',
  }
}

function diagnoseActorIssuer({ outer, signed, show }: TokenSubject): Diagnosis | undefined {
  if (outer !== undefined) return undefined
  const { iss } = Object(claimOf(signed, 'act')) as { readonly iss?: unknown }
  return {
    kind: 'actor-issuer',
    cause: `the actor in "act" is of the issuer ${show(iss)}, and the token of ${show(claimOf(signed, 'iss'))}`,
    fix: 'have the issuer of the token name the actor as its own client',
  }
}

/** Who is not among those that may come at all. */
function diagnoseApplication({ signed, issuer, show, options }: TokenSubject, reason: string): Diagnosis {
  const account = parseServiceAccount(String(claimOf(signed, 'sub')))
  if (reason.includes('namespaces') && account !== undefined) {
    return {
      kind: 'namespace-not-listed',
      cause: `the service account ${show(account.name)} is of the namespace ${show(account.namespace)}, which is not listed in namespaces of ${issuer?.name ?? 'the issuer'}`,
      fix: 'add the namespace, if its service accounts may call this server',
    }
  }
  const named = ['client_id', 'azp', 'appid', 'cid', 'email', 'nameid', 'sub'].flatMap((name) => {
    const value = claimOf(signed, name)
    return typeof value === 'string' ? [value] : []
  })
  const entry = options.trustedIssuers.flatMap((one) => one.applications ?? [])
  const near = entry.find((listed) =>
    named.some((name) => name !== listed && name.toLowerCase() === listed.toLowerCase()),
  )
  const shown = named.slice(0, 3).map((name) => show(name))
  if (near !== undefined) {
    return {
      kind: 'application-case',
      cause: `the application is listed as ${near}, which differs in letter case from the token (${shown.join(', ')})`,
      fix: 'write it in applications exactly as the token has it',
    }
  }
  return {
    kind: 'application-not-listed',
    cause: `the application (by its token ${shown.join(', ')}) is not listed in applications of ${issuer?.name ?? 'the issuer'}`,
    fix: 'add it to applications of the issuer, if it may call this server',
  }
}
