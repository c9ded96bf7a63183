import type { Diagnosis } from '../finding.ts'
import type { TokenSubject } from '../token-subject.ts'
import { cleanToken, type CleanedToken } from './clean-token.ts'

const sendOnce = 'send exactly the text that the issuer gave, once, after the word Bearer'

const getJwt: Pick<Diagnosis, 'fix'> = {
  fix: 'ask the issuer for a JWT access token for this API; often that means naming the audience (or resource) in the token request',
}

/** Why a text cannot be read as a token. */
export function diagnoseForm({ text, error, outer }: TokenSubject): Diagnosis | undefined {
  const reason = error?.reason ?? ''
  if (outer !== undefined) {
    return {
      kind: 'actor-token-malformed',
      cause: `the actor token in it cannot be read: ${reason}`,
      fix: 'have the calling server put its signed actor token into "actortoken"',
    }
  }
  if (text === '') return { kind: 'no-token', cause: 'there is no token', fix: sendOnce }
  const cleaned = cleanToken(text)
  if (cleaned.removed.length > 0) return diagnoseCopy(cleaned)
  return diagnoseShape(text) ?? diagnoseSegments(text, reason)
}

function diagnoseCopy({ text, removed }: CleanedToken): Diagnosis {
  if (text === '') return { kind: 'no-token', cause: `there is no token, only ${removed.join(' and ')}`, fix: sendOnce }
  return { kind: 'copied-along', cause: `the text has ${removed.join(' and ')} in it besides the token`, fix: sendOnce }
}

/** What is no compact JWT at all. */
function diagnoseShape(text: string): Diagnosis | undefined {
  if (/^(?:<|PHNhbWw|PEFzc2Vy|PD94bW)/.test(text)) {
    return { kind: 'saml-token', cause: 'this is a SAML assertion, not a JWT', ...getJwt }
  }
  if (text.startsWith('{')) {
    return {
      kind: 'json-token',
      cause: 'this is JSON, perhaps the whole answer of the token endpoint',
      fix: 'send only the value of its member access_token',
    }
  }
  if (/(?:…|\.\.\.)$/.test(text)) {
    return { kind: 'truncated', cause: 'the token is cut off: it ends with dots', fix: sendOnce }
  }
  return diagnoseCount(text, text.split('.').length)
}

/** Whether a first segment begins a JSON object, as the header of every JWT does. */
function isHeader(segment: string): boolean {
  return Buffer.from(segment.slice(0, 8), 'base64url').toString('latin1').trimStart().startsWith('{')
}

function diagnoseCount(text: string, segments: number): Diagnosis | undefined {
  if (!isHeader(text)) {
    return {
      kind: 'opaque-token',
      cause: 'this is an opaque token, not a JWT: it does not begin with a header',
      fix: `${getJwt.fix}; or trust its issuer with type introspection`,
    }
  }
  if (segments === 5) {
    return {
      kind: 'encrypted-token',
      cause: 'this is an encrypted token (five segments), which is never decrypted here',
      fix: 'have the issuer send signed tokens that are not encrypted',
    }
  }
  return segments > 3
    ? { kind: 'several-tokens', cause: `the text has ${segments} segments: more than one token`, fix: sendOnce }
    : undefined
}

function diagnoseSegments(text: string, reason: string): Diagnosis {
  const segments = text.split('.')
  if (segments.length < 3) {
    return { kind: 'truncated', cause: 'the token is cut off: a JWT has three segments', fix: sendOnce }
  }
  if (/[=+/%]/.test(text)) {
    return {
      kind: 'wrong-alphabet',
      cause: 'the token has characters that base64url has not (=, +, / or %): something encoded it again',
      fix: sendOnce,
    }
  }
  if (reason.includes('canonical')) {
    return { kind: 'truncated', cause: 'a segment ends in the middle of a byte: the token is cut off', fix: sendOnce }
  }
  return { kind: 'malformed', cause: reason, fix: 'have the issuer make its tokens as RFC 7519 says' }
}
