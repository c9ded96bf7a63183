import { TokenError } from '../foundation/errors.ts'
import type { JsonObject } from '../foundation/parse-json.ts'

/**
 * To what a token is bound. Every member must be proved by whoever sends the token, with every request.
 *
 * @see RFC 7800 section 3
 */
export interface Confirmation {
  /** The SHA-256 thumbprint (RFC 7638, base64url) of a DPoP key. @see RFC 9449 section 6.1 */
  readonly jkt?: string
  /** The SHA-256 (base64url) of a client certificate in DER. @see RFC 8705 section 3.1 */
  readonly 'x5t#S256'?: string
}

/** 32 bytes in canonical base64url: the last character carries four bits only. */
const sha256Text = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/
const methods = ['jkt', 'x5t#S256'] as const
/** Members that are known to confirm nothing: Keycloak says by what grant it learnt the key of `jkt`. */
const annotations: ReadonlySet<string> = new Set(['kc-jkt-type'])

/**
 * Reads `cnf` of a token; `undefined` for a token that is bound to nothing.
 *
 * RFC 7800 lets a server ignore members that it does not understand, where nothing else is required. Here something is: one
 * of them may be a way of confirmation, and a token that is bound in a way that nobody checks is a bearer token. So every
 * member must be one that can be proved here, or one that is known to bind nothing.
 *
 * Proves nothing (see `createPossessionProver`).
 *
 * @throws TokenError `ERR_S2S_TOKEN_BOUND` for anything but an object with `jkt`, `x5t#S256` or both
 */
export function readConfirmation(claims: JsonObject): Confirmation | undefined {
  if (!Object.hasOwn(claims, 'cnf')) return undefined
  const members = Object.entries(Object(claims['cnf']) as JsonObject).filter(([name]) => !annotations.has(name))
  if (members.length === 0) throw unprovable('"cnf" names no key that could be proved')
  for (const [name, value] of members) {
    if (!isMethod(name)) throw unprovable('"cnf" has a member other than "jkt" and "x5t#S256"')
    if (typeof value !== 'string' || !sha256Text.test(value)) {
      throw unprovable(`"${name}" in "cnf" is not the SHA-256 of something`)
    }
  }
  return Object.freeze(Object.fromEntries(members))
}

/**
 * Refuses a token that says it is bound, where no way of proof is known.
 *
 * @throws TokenError `ERR_S2S_TOKEN_BOUND`
 */
export function refuseConfirmation(claims: JsonObject): void {
  if (Object.hasOwn(claims, 'cnf')) throw unprovable('"cnf" in an S2S token: the protocol has no proof of it')
}

function isMethod(name: string): name is (typeof methods)[number] {
  return (methods as readonly string[]).includes(name)
}

function unprovable(reason: string): TokenError {
  return new TokenError('ERR_S2S_TOKEN_BOUND', reason)
}
