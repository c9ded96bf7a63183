import { maximumTokenLength } from '../tokens/unverified-token.ts'
import type { Description } from './describe-check.ts'
import type { CheckName } from './token-checks.ts'
import { claimOf, type TokenSubject } from './token-subject.ts'

/** What differs where the issuer is asked about a token. */
export const askedDescriptions: Readonly<Partial<Record<CheckName, (subject: TokenSubject) => Description>>> = {
  form: ({ text }) => ({
    expected: `an opaque token of 20 to ${maximumTokenLength} characters, or a JWT where the issuer is asked about those`,
    found: `${text.length} characters`,
  }),
  issuer: ({ issuer }) => ({
    expected: 'an issuer that is asked about such tokens',
    found: issuer?.name ?? 'none',
  }),
  introspection: (subject) => ({
    expected: `${subject.issuer?.name ?? 'the issuer'} calls the token active`,
    found: sayOf(subject),
  }),
  type: ({ signed, show }) => ({
    expected: '"token_type" is Bearer or DPoP, and nothing says that it is another kind of token',
    found: show(claimOf(signed, 'token_type')),
  }),
}

function sayOf({ asked, error, show, signed }: TokenSubject): string {
  if (asked?.answer === undefined) return error?.reason ?? 'nothing was said'
  return `"active" ${show(claimOf(signed, 'active'))}`
}
