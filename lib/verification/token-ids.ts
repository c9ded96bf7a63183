import { hash } from 'node:crypto'
import type { JsonObject } from '../foundation/parse-json.ts'
import { isOpaqueToken } from '../tokens/opaque-token.ts'
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

/**
 * See `hashOfSignedText`; for a token that was verified, of which it never throws. A token that cannot be a JWT has the
 * SHA-256 of its whole text.
 */
export function tokenHashOf(text: string): string {
  return readIds(text).hash
}

/**
 * Everything a signed token (the actor token when nested) may be called by: `jti` and `uti`, where they are texts of 1 to
 * 1,024 characters, and its hash. Of a token whose issuer was asked also those that stand in its answer. Never throws for a
 * token that was verified.
 */
export function tokenIdsOf(text: string, answer: JsonObject = noAnswer): readonly string[] {
  const { claims, hash: ownHash } = readIds(text)
  return [...new Set([...namedIds(answer), ...namedIds(claims), ownHash])]
}

/**
 * The identifier of a token in audit events: the first of `tokenIdsOf`. Never throws for a token that was verified: one with
 * an odd identifier must not slip through without an event.
 */
export function tokenIdOf(text: string, answer: JsonObject = noAnswer): string {
  const { claims, hash: ownHash } = readIds(text)
  return namedIds(answer)[0] ?? namedIds(claims)[0] ?? ownHash
}

const noAnswer: JsonObject = Object.freeze({})

function readIds(text: string): { readonly claims: JsonObject; readonly hash: string } {
  if (isOpaqueToken(text)) return { claims: noAnswer, hash: hashOfSignedText(text) }
  const { claims, signingInput } = signedPart(parseUnverifiedToken(text))
  return { claims, hash: hashOfSignedText(signingInput) }
}

function namedIds(claims: JsonObject): readonly string[] {
  return ['jti', 'uti']
    .map((name) => (Object.hasOwn(claims, name) ? claims[name] : undefined))
    .filter((id): id is string => typeof id === 'string' && id !== '' && id.length <= 1024)
}
