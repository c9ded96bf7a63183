import { hash } from 'node:crypto'
import type { JsonObject } from '../foundation/parse-json.ts'
import { parseUnverifiedToken } from '../tokens/unverified-token.ts'
import { signedPart } from './signed-part.ts'

/**
 * The SHA-256 (base64url) of what the signature of a token covers: the signed token's `header.payload` as it came, of the
 * actor token when nested. A second signature of the same text and a new outer token around the same actor token do not
 * change it.
 */
export function hashOfSignedText(signingInput: string): string {
  return hash('sha256', signingInput, 'base64url')
}

/** See `hashOfSignedText`; for a token that was verified, of which it never throws. */
export function tokenHashOf(text: string): string {
  return hashOfSignedText(signedPart(parseUnverifiedToken(text)).signingInput)
}

/**
 * Everything a signed token (the actor token when nested) may be called by: `jti` and `uti`, where they are texts of 1 to
 * 1,024 characters, and its hash. Never throws for a token that was verified.
 */
export function tokenIdsOf(text: string): readonly string[] {
  const { claims, signingInput } = signedPart(parseUnverifiedToken(text))
  return [...namedIds(claims), hashOfSignedText(signingInput)]
}

/**
 * The identifier of a signed token in audit events: the first of `tokenIdsOf`. Never throws for a token that was verified:
 * one with an odd identifier must not slip through without an event.
 */
export function tokenIdOf(text: string): string {
  const { claims, signingInput } = signedPart(parseUnverifiedToken(text))
  return namedIds(claims)[0] ?? hashOfSignedText(signingInput)
}

function namedIds(claims: JsonObject): readonly string[] {
  return ['jti', 'uti']
    .map((name) => (Object.hasOwn(claims, name) ? claims[name] : undefined))
    .filter((id): id is string => typeof id === 'string' && id !== '' && id.length <= 1024)
}
