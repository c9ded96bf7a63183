import { constants, createHmac, sign, type KeyObject } from 'node:crypto'

/** A part of a token: an object becomes JSON; a text or bytes go in as they are (duplicate members, bad JSON...). */
export type TokenPart = object | string | Buffer

/** A private key, or the secret of an HMAC. */
export type ForgingKey = KeyObject | string | Buffer

/** A token of any header and any payload, with a signature that fits them, or with any text in its place. */
export type Forgery = {
  /** Goes in as it is; `algorithm` is not added to it. */
  readonly header: TokenPart
  readonly claims: TokenPart
} & (
  | {
      /** How the bytes are signed (`RS256`, `ES256`, `HS256`...), whatever the header says. */
      readonly algorithm: string
      readonly key: ForgingKey
    }
  | {
      /** The third segment as it stands in the token. */
      readonly signature: string
    }
)

/**
 * Makes a compact token without asking whether anybody should: for tokens that no honest library makes.
 *
 * Nothing is checked. For honest tokens see `createTestIssuer`.
 */
export function forgeToken(forgery: Forgery): string {
  const signingInput = `${encodePart(forgery.header)}.${encodePart(forgery.claims)}`
  if ('signature' in forgery) return `${signingInput}.${forgery.signature}`
  return signInput(signingInput, forgery.algorithm, forgery.key)
}

/** Joins the parts of a token; nothing is checked. The signature is text as it stands in the token, by default empty. */
export function compact(header: TokenPart, claims: TokenPart, signature = ''): string {
  return forgeToken({ header, claims, signature })
}

/** base64url of a text, of bytes, or of the JSON of an object. */
export function encodePart(part: TokenPart): string {
  if (Buffer.isBuffer(part)) return part.toString('base64url')
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')
}

/** Two segments, and their signature behind them. */
export function signInput(signingInput: string, algorithm: string, key: ForgingKey): string {
  return `${signingInput}.${signText(signingInput, algorithm, key).toString('base64url')}`
}

/** The JWS signature of a text. */
export function signText(text: string, algorithm: string, key: ForgingKey): Buffer {
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

/** The token with its signature changed. */
export function resigned(token: string, change: (signature: Buffer) => Buffer): string {
  const end = token.lastIndexOf('.') + 1
  return token.slice(0, end) + change(Buffer.from(token.slice(end), 'base64url')).toString('base64url')
}

/** The token with one bit of its signature turned over. */
export function flipSignatureBit(token: string): string {
  return resigned(token, (signature) => Buffer.from(signature.map((byte, index) => (index === 0 ? byte ^ 1 : byte))))
}

/** The three segments of a token. */
export function segmentsOf(token: string): readonly [header: string, claims: string, signature: string] {
  const [header = '', claims = '', signature = ''] = token.split('.')
  return [header, claims, signature]
}
