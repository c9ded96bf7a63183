import { knownAlgorithms } from '../keys/verification-key.ts'
import { maximumTokenLength, type UnverifiedToken } from '../tokens/unverified-token.ts'
import { askedDescriptions } from './describe-asked-check.ts'
import { printDuration, printTime } from './print-duration.ts'
import { lacksProof } from './lacks-proof.ts'
import type { CheckName, TokenCheck } from './token-checks.ts'
import { claimOf, type TokenSubject } from './token-subject.ts'

/** What is expected of a check, and what was found. */
export type Description = Pick<TokenCheck, 'expected' | 'found'>

/** What is expected of one check, and what this token has. Decides nothing. */
export function describeCheck(check: CheckName, subject: TokenSubject): Description {
  const own = subject.asked === undefined ? undefined : askedDescriptions[check]
  return (own ?? descriptions[check])(subject)
}

const descriptions: Readonly<Record<CheckName, (subject: TokenSubject) => Description>> = {
  form: ({ text, signed }) => ({
    expected: `one JWT: three segments of base64url, at most ${maximumTokenLength} characters`,
    found: `${segmentsOf(text)}, ${text.length} characters${signed === undefined ? ', not readable' : ''}`,
  }),
  issuer: (subject) => ({
    expected: `"iss" is one of ${listed(subject.issuers.flatMap(({ issuerNames }) => issuerNames))}`,
    found: shownClaim(subject, subject.signed, 'iss'),
  }),
  algorithm: ({ issuer, signed, show }) => ({
    expected: `"alg" is one of ${listed([...(issuer?.algorithms ?? knownAlgorithms)])}`,
    found: show(signed?.header.alg),
  }),
  type: ({ issuer, signed, show }) => ({
    expected: issuer === undefined ? 'an access token' : `"typ" is one of ${listed([...issuer.acceptedTypes])}`,
    found: show(signed?.header.typ),
  }),
  claims: claimsCheck,
  audience: (subject) => audienceCheck(subject, subject.signed),
  lifetime: (subject) => lifetimeCheck(subject, subject.signed),
  'outer token': (subject) => ({
    expected: `"iss" of the outer token is "nameid" of the actor token: ${shownClaim(subject, subject.signed, 'nameid')}`,
    found: shownClaim(subject, subject.outer, 'iss'),
  }),
  'outer audience': (subject) => audienceCheck(subject, subject.outer),
  'outer lifetime': (subject) => lifetimeCheck(subject, subject.outer),
  'delegation claim': (subject) => ({
    expected: '"trustedfordelegation" of the actor token is true',
    found: shownClaim(subject, subject.signed, 'trustedfordelegation'),
  }),
  'user named': (subject) => ({
    expected: 'the outer token names a user: nameid, upn, smtp or sip',
    found: listed(['nameid', 'nii', 'upn', 'smtp', 'sip'].filter((name) => claimOf(subject.outer, name) !== undefined)),
  }),
  introspection: () => ({ expected: 'a signature, nobody is asked', found: 'nothing' }),
  key: ({ issuer, signed, show }) => ({
    expected: `a usable key of ${issuer?.name ?? 'the issuer'} that "kid" or "x5t" names`,
    found: `"kid" ${show(signed?.header.kid)}, "x5t" ${show(signed?.header.x5t ?? signed?.header['x5t#S256'])}`,
  }),
  signature: ({ error, signed }) => ({
    expected: 'the signature is made with that key',
    found: `${signed?.signature.length ?? 0} bytes${error?.code === 'ERR_S2S_SIGNATURE_INVALID' ? ', which do not verify' : ''}`,
  }),
  policy: ({ issuer, outer }) => ({
    expected: outer === undefined ? 'the application may act as itself' : 'the application may act for this user',
    found:
      issuer?.protocol === 's2s' && issuer.allowDelegation !== false ? 'allowDelegation is set' : 'no allowDelegation',
  }),
  caller: (subject) => ({
    expected: 'the application, and the user where profiles are asked for, can be told',
    found: isRecognised(subject) ? 'they can' : reasonOf(subject),
  }),
  possession: () => ({
    expected: 'each request proves that the token is its own, by all that "cnf" names',
    found: 'the token alone',
  }),
}

/** Whether all that a token is judged by was found in order. */
function isRecognised(subject: TokenSubject): boolean {
  return subject.error === undefined || lacksProof(subject)
}

function claimsCheck(subject: TokenSubject): Description {
  const { issuer, show, signed } = subject
  if (issuer?.protocol === 's2s') {
    return {
      expected: `"nameid" is id@realm of the realm of "iss"${issuer.isTrustBroker ? '' : ', and is "iss" itself'}`,
      found: shownOf(show, signed, 'nameid'),
    }
  }
  const mayBeBound = issuer !== undefined && (issuer.dpop !== 'refused' || issuer.mtls !== 'refused')
  return {
    expected: `the claims of an access token${mayBeBound ? '' : ' that is not bound to a key'}`,
    found: isRecognised(subject) ? 'nothing that contradicts' : reasonOf(subject),
  }
}

function reasonOf({ error }: TokenSubject): string {
  return error?.reason ?? String(error?.message)
}

function audienceCheck({ issuer, show }: TokenSubject, token: UnverifiedToken | undefined): Description {
  return { expected: `"aud" is ${listed([...(issuer?.audience ?? [])], ' or ')}`, found: shownOf(show, token, 'aud') }
}

function lifetimeCheck({ issuer, now, show }: TokenSubject, token: UnverifiedToken | undefined): Description {
  const tolerance = issuer?.clockToleranceSeconds ?? 60
  const longest = issuer?.maximumLifetimeSeconds ?? 86_400
  const atMost = Number.isFinite(longest) ? `, for at most ${printDuration(longest)}` : ''
  const times = ['nbf', 'iat', 'exp'].flatMap((name) => {
    const value = claimOf(token, name)
    return value === undefined ? [] : [`"${name}" ${typeof value === 'number' ? printTime(value) : show(value)}`]
  })
  return {
    expected: `valid at ${printTime(now)} (${printDuration(tolerance)} tolerated)${atMost}`,
    found: listed(times),
  }
}

function shownClaim({ show }: TokenSubject, token: UnverifiedToken | undefined, name: string): string {
  return shownOf(show, token, name)
}

function shownOf(show: TokenSubject['show'], token: UnverifiedToken | undefined, name: string): string {
  return show(claimOf(token, name))
}

function segmentsOf(text: string): string {
  const count = text === '' ? 0 : text.split('.').length
  return count === 1 ? '1 segment' : `${count} segments`
}

function listed(names: readonly string[], separator = ', '): string {
  return names.length === 0 ? 'nothing' : names.slice(0, 20).join(separator)
}
