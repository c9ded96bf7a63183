import type { UnverifiedToken } from '../../tokens/unverified-token.ts'
import type { TrustedIssuer } from '../../trust/trusted-issuer.ts'
import type { TokenSubject } from '../token-subject.ts'

/** A subject whose token can be read, of an issuer that is trusted. */
export interface KeySubject extends TokenSubject {
  readonly signed: UnverifiedToken
  readonly issuer: TrustedIssuer
}

/** Whether there is a token to read and an issuer to ask. */
export function isKeySubject(subject: TokenSubject): subject is KeySubject {
  return subject.signed !== undefined && subject.issuer !== undefined
}
