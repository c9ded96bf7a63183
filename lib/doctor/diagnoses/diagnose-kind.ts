import type { TrustedIssuer } from '../../trust/trusted-issuer.ts'
import type { Diagnosis } from '../finding.ts'
import { claimOf, type TokenSubject } from '../token-subject.ts'

/** Another kind of token than the issuer's type expects: whichever check it failed first, this is the cause. */
export function diagnoseKind(subject: TokenSubject): Diagnosis | undefined {
  return diagnoseForeignKind(subject) ?? diagnoseProtocol(subject) ?? diagnoseType(subject)
}

const sendAccessToken = 'send the access token (access_token of the token answer)'

const foreignKinds: readonly (Diagnosis & {
  isIt(this: void, subject: TokenSubject, says: readonly unknown[]): boolean
})[] = [
  {
    kind: 'id-token',
    cause: 'this is an ID token, which is for the client that signed the user in',
    fix: sendAccessToken,
    isIt: (subject, says) =>
      ['ID', 'id'].some((kind) => says.includes(kind)) || hasAny(subject, ['at_hash', 'c_hash']) || hasNonce(subject),
  },
  {
    kind: 'event-token',
    cause: 'this is a logout token or security event, not an access token',
    fix: sendAccessToken,
    isIt: (subject) => hasAny(subject, ['events']),
  },
  {
    kind: 'refresh-token',
    cause: 'this is a refresh token, which is for the issuer only',
    fix: 'exchange it at the issuer and send the access token',
    isIt: (_subject, says) => ['Refresh', 'Offline'].some((kind) => says.includes(kind)),
  },
]

/** Keycloak and Cognito say what a token is; of others the claims tell it. */
function diagnoseForeignKind(subject: TokenSubject): Diagnosis | undefined {
  const says = [claimOf(subject.signed, 'typ'), claimOf(subject.signed, 'token_use')]
  const found = foreignKinds.find(({ isIt }) => isIt(subject, says))
  return found === undefined ? undefined : { kind: found.kind, cause: found.cause, fix: found.fix }
}

function hasAny({ signed }: TokenSubject, names: readonly string[]): boolean {
  return names.some((name) => claimOf(signed, name) !== undefined)
}

/** Keycloak wrote the nonce into access tokens, too, for years. */
function hasNonce(subject: TokenSubject): boolean {
  return hasAny(subject, ['nonce']) && !hasAny(subject, ['scope', 'scp'])
}

/** The type of the issuer chooses the protocol, the token never does. */
function diagnoseProtocol(subject: TokenSubject): Diagnosis | undefined {
  const { issuer } = subject
  if (issuer === undefined) return undefined
  return issuer.protocol === 'oauth' ? diagnoseForOAuth(subject, issuer.name) : diagnoseForS2S(subject, issuer.name)
}

function diagnoseForOAuth(subject: TokenSubject, name: string): Diagnosis | undefined {
  if (subject.outer !== undefined) {
    return {
      kind: 'wrapped-oauth-token',
      cause: 'an OAuth token is wrapped in an unsigned token, and only the actor token of an S2S issuer may be',
      fix: 'send the OAuth token alone',
    }
  }
  if (!hasAny(subject, ['nameid']) || hasAny(subject, ['scope'])) return undefined
  return {
    kind: 's2s-token-for-oauth-issuer',
    cause: `this is an S2S token, and ${name} is configured as an issuer of OAuth tokens`,
    fix: 'configure the issuer with type s2s-metadata or s2s-certificate',
  }
}

function diagnoseForS2S(subject: TokenSubject, name: string): Diagnosis | undefined {
  if (hasAny(subject, ['nameid']) || !hasAny(subject, ['client_id', 'azp', 'appid', 'scope', 'scp'])) return undefined
  return {
    kind: 'oauth-token-for-s2s-issuer',
    cause: `this is an OAuth token, and ${name} is configured as an issuer of S2S tokens`,
    fix: 'configure the issuer with type openid, static or microsoft365',
  }
}

/** What the header says the token is; or whatever else the verifier said of its kind. */
function diagnoseType(subject: TokenSubject): Diagnosis | undefined {
  const { issuer, error } = subject
  if (error?.code !== 'ERR_S2S_TOKEN_TYPE') return undefined
  const reason = error.reason ?? error.message
  if (issuer !== undefined && reason.startsWith('"typ" is not one of')) return diagnoseHeader(subject, issuer)
  return { kind: 'token-type', cause: reason, fix: sendAccessToken }
}

function diagnoseHeader(subject: TokenSubject, issuer: TrustedIssuer): Diagnosis {
  const outerType = refusedOuterType(subject, issuer)
  const typ = outerType ?? subject.signed?.header.typ
  if (typ === undefined) return typeMissing
  return typ.toLowerCase() === 'dpop+jwt' ? dpopProof : otherType(subject.show(typ) + placeOf(outerType), issuer)
}

function placeOf(outerType: string | undefined): string {
  return outerType === undefined ? '' : ' in the outer token'
}

const typeMissing: Diagnosis = {
  kind: 'type-missing',
  cause: 'the header has no "typ", and strict demands at+jwt',
  fix: 'have the issuer write RFC 9068 tokens, or leave out strict',
}

function refusedOuterType({ outer }: TokenSubject, { acceptedTypes }: TrustedIssuer): string | undefined {
  const typ = outer?.header.typ
  return typ === undefined || acceptedTypes.has(typ.toLowerCase()) ? undefined : typ
}

const dpopProof: Diagnosis = {
  kind: 'dpop-proof',
  cause: 'this is a DPoP proof, not the access token',
  fix: 'send the access token in Authorization, and the proof in the header DPoP',
}

function otherType(shown: string, { name, acceptedTypes }: TrustedIssuer): Diagnosis {
  return {
    kind: 'type-other',
    cause: `"typ" is ${shown}, and ${name} may use ${[...acceptedTypes].join(', ')} only`,
    fix: 'list it in acceptedTypes of the issuer, if its access tokens really have it',
  }
}
