import type { KeyObject } from 'node:crypto'
import { CompactSign } from 'jose'
import type { TokenPart } from '../../lib/testing/forge-token.ts'

export {
  compact,
  encodePart,
  flipSignatureBit,
  forgeToken as forgedJwt,
  signText,
} from '../../lib/testing/forge-token.ts'
export type { TokenPart }

/** A compact token as genuine issuers make it: signed by `jose`, so that it does not depend on our own reading. */
export interface SignedJwt {
  /** Everything but `alg`, for example `{ typ: 'JWT', x5t }`. */
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: TokenPart
  readonly algorithm: string
  readonly key: KeyObject
}

/** Signs a token with `jose`. */
export function signedJwt(token: SignedJwt): Promise<string> {
  return new CompactSign(Buffer.from(typeof token.claims === 'string' ? token.claims : JSON.stringify(token.claims)))
    .setProtectedHeader({ ...token.header, alg: token.algorithm })
    .sign(token.key)
}

/** The claims of a token, unverified. */
export function readClaims(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
}
