import { constants, createHmac, sign, type KeyObject } from 'node:crypto'
import { CompactSign } from 'jose'

/** A part of a token: an object becomes JSON, a text goes in as it is (duplicate members, bad JSON...). */
export type TokenPart = object | string

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
  return new CompactSign(Buffer.from(textOf(token.claims)))
    .setProtectedHeader({ ...token.header, alg: token.algorithm })
    .sign(token.key)
}

/** Joins the parts of a token; nothing is checked. The signature is text as it stands in the token, by default empty. */
export function compact(header: TokenPart, payload: TokenPart, signature = ''): string {
  return `${encodePart(header)}.${encodePart(payload)}.${signature}`
}

/** base64url of a text, or of the JSON of an object. */
export function encodePart(part: TokenPart): string {
  return Buffer.from(textOf(part)).toString('base64url')
}

function textOf(part: TokenPart): string {
  return typeof part === 'string' ? part : JSON.stringify(part)
}

/** A forged token: any header, any payload, and a signature that really fits them. */
export interface ForgedJwt {
  /** Goes in as it is; `algorithm` is not added to it. */
  readonly header: TokenPart
  readonly claims: TokenPart
  /** How the bytes are signed, whatever the header says. */
  readonly algorithm: string
  /** A private key, or the secret of an HMAC. */
  readonly key: KeyObject | string | Buffer
}

/** Signs without asking: for tokens that no honest library makes. */
export function forgedJwt(token: ForgedJwt): string {
  const signingInput = `${encodePart(token.header)}.${encodePart(token.claims)}`
  return `${signingInput}.${signText(signingInput, token.algorithm, token.key).toString('base64url')}`
}

/** The JWS signature of a text. */
export function signText(text: string, algorithm: string, key: KeyObject | string | Buffer): Buffer {
  const hash = `sha${algorithm.slice(2)}`
  if (algorithm.startsWith('HS')) return createHmac(hash, key).update(text).digest()
  const privateKey = key as KeyObject
  const bytes = Buffer.from(text)
  if (algorithm === 'EdDSA' || algorithm === 'Ed25519') return sign(null, bytes, privateKey)
  if (algorithm.startsWith('ES')) return sign(hash, bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' })
  if (!algorithm.startsWith('PS')) return sign(hash, bytes, privateKey)
  const saltLength = constants.RSA_PSS_SALTLEN_DIGEST
  return sign(hash, bytes, { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength })
}

/** The token with one bit of its signature turned over. */
export function flipSignatureBit(token: string): string {
  const end = token.lastIndexOf('.') + 1
  const signature = Buffer.from(token.slice(end), 'base64url')
  signature[0] = (signature[0] ?? 0) ^ 1
  return token.slice(0, end) + signature.toString('base64url')
}

/** The claims of a token, unverified. */
export function readClaims(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>
}
