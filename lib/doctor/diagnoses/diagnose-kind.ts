import type { Diagnosis } from '../finding.ts'
import { claimOf, type TokenSubject } from '../token-subject.ts'

/** Another kind of token than the issuer's type expects: whichever check it failed first, this is the cause. */
export function diagnoseKind(subject: TokenSubject): Diagnosis | undefined {
  return diagnoseIdToken(subject) ?? diagnoseProtocol(subject) ?? diagnoseType(subject)
}

function has({ signed }: TokenSubject, name: string): boolean {
  return claimOf(signed, name) !== undefined
}

/** ID tokens have `nonce` and hashes; Keycloak and Cognito say what they are. */
function diagnoseIdToken(subject: TokenSubject): Diagnosis | undefined {
  const { signed } = subject
  const says = [claimOf(signed, 'typ'), claimOf(signed, 'token_use')]
  // Keycloak wrote the nonce into access tokens, too, for years.
  const hasNonce = has(subject, 'nonce') && !has(subject, 'scope') && !has(subject, 'scp')
  if (says.includes('ID') || says.includes('id') || has(subject, 'at_hash') || has(subject, 'c_hash') || hasNonce) {
    return {
      kind: 'id-token',
      cause: 'this is an ID token, which is for the client that signed the user in',
      fix: 'send the access token (access_token of the token answer)',
    }
  }
  if (has(subject, 'events')) {
    return {
      kind: 'event-token',
      cause: 'this is a logout token or security event, not an access token',
      fix: 'send the access token (access_token of the token answer)',
    }
  }
  return says.some((kind) => kind === 'Refresh' || kind === 'Offline')
    ? {
        kind: 'refresh-token',
        cause: 'this is a refresh token, which is for the issuer only',
        fix: 'exchange it at the issuer and send the access token',
      }
    : undefined
}

/** The type of the issuer chooses the protocol, the token never does. */
function diagnoseProtocol(subject: TokenSubject): Diagnosis | undefined {
  const { issuer, outer, error } = subject
  if (issuer === undefined) return undefined
  const named = `${issuer.name} is configured as an issuer of`
  if (issuer.protocol === 'oauth' && outer !== undefined) {
    return {
      kind: 'wrapped-oauth-token',
      cause: `an OAuth token is wrapped in an unsigned token, and only the actor token of an S2S issuer may be`,
      fix: 'send the OAuth token alone',
    }
  }
  if (issuer.protocol === 'oauth' && has(subject, 'nameid') && !has(subject, 'scope')) {
    return {
      kind: 's2s-token-for-oauth-issuer',
      cause: `this is an S2S token, and ${named} OAuth tokens`,
      fix: 'configure the issuer with type s2s-metadata or s2s-certificate',
    }
  }
  const isOAuth =
    !has(subject, 'nameid') && ['client_id', 'azp', 'appid', 'scope', 'scp'].some((name) => has(subject, name))
  return issuer.protocol === 's2s' && isOAuth && error?.code !== 'ERR_S2S_ISSUER_UNTRUSTED'
    ? {
        kind: 'oauth-token-for-s2s-issuer',
        cause: `this is an OAuth token, and ${named} S2S tokens`,
        fix: 'configure the issuer with type openid, static or microsoft365',
      }
    : undefined
}

/** What the header says the token is. */
function diagnoseType(subject: TokenSubject): Diagnosis | undefined {
  const { issuer, error, outer, signed, show } = subject
  if (error?.code !== 'ERR_S2S_TOKEN_TYPE' || issuer === undefined || signed === undefined) return undefined
  const isOuterAtFault = outer !== undefined && !issuer.acceptedTypes.has(outer.header.typ?.toLowerCase() ?? 'jwt')
  const { typ } = isOuterAtFault ? outer.header : signed.header
  if (typ?.toLowerCase() === 'dpop+jwt') {
    return {
      kind: 'dpop-proof',
      cause: 'this is a DPoP proof, not the access token',
      fix: 'send the access token in Authorization, and the proof in the header DPoP',
    }
  }
  if (typ === undefined) {
    return {
      kind: 'type-missing',
      cause: 'the header has no "typ", and strict demands at+jwt',
      fix: 'have the issuer write RFC 9068 tokens, or leave out strict',
    }
  }
  return {
    kind: 'type-other',
    cause: `"typ" is ${show(typ)}, and ${issuer.name} may use ${[...issuer.acceptedTypes].join(', ')} only`,
    fix: 'list it in acceptedTypes of the issuer, if its access tokens really have it',
  }
}
