import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { parseJwks, type JwksKey, type JwksUse } from '../../keys/jwks-key-set.ts'
import { parseCertificate, type Certificate } from '../../keys/certificate.ts'
import { algorithmsOfKey } from '../../keys/verification-key.ts'

/** One key of an issuer, and what keeps it from being used. */
export interface PublishedKey {
  /** `kid` or thumbprint; a text of the issuer's document. */
  readonly id: string | undefined
  /** A clause such as `is for encryption`; `undefined` for a key that is used. */
  readonly ignored: string | undefined
  /** What a key that is used may verify. */
  readonly algorithms: readonly string[]
  readonly certificate?: Certificate
}

/**
 * The keys of a JWKS document. What is used `parseJwks` says; why not is looked for here. The X.509 authorities that every
 * SPIFFE bundle has are no keys for tokens, and no fault.
 */
export function readJwks(list: readonly unknown[], use: JwksUse = 'sig'): readonly PublishedKey[] {
  const keys = use === 'sig' ? list : list.filter((value) => (Object(value) as { use?: unknown }).use !== 'x509-svid')
  return keys.map((value): PublishedKey => {
    const jwk = Object(value) as Record<string, unknown>
    const { kid } = jwk
    const id = typeof kid === 'string' ? kid.slice(0, 80).replace(/[^\x20-\x7e]/g, '?') : undefined
    const key = usedKey({ keys: [value] }, use)
    if (key === undefined) return { id, ignored: whyIgnored(jwk, use), algorithms: [] }
    return { id, ignored: undefined, algorithms: [...key.algorithms] }
  })
}

function usedKey(document: { readonly keys: readonly unknown[] }, wanted: JwksUse): JwksKey | undefined {
  try {
    return parseJwks(document, wanted).keys[0]
  } catch {
    // By design: a set of one unusable key is refused as a whole; why is looked for by the caller.
    return undefined
  }
}

function whyIgnored(jwk: Record<string, unknown>, wanted: JwksUse): string {
  const { key_ops: operations, kty, d } = jwk
  const otherUse = wanted === 'sig' ? whyNotForSignatures(jwk) : whyNotForWorkloads(jwk)
  if (otherUse !== undefined) return otherUse
  if (operations !== undefined) return 'is not for verifying (key_ops)'
  if (kty === 'oct') return 'is a shared secret'
  return d === undefined ? whyUnusable(jwk) : 'shows its private half'
}

function whyNotForSignatures({ use }: Record<string, unknown>): string | undefined {
  if (use === 'enc') return 'is for encryption'
  return use === undefined || use === 'sig' ? undefined : 'is not for signatures'
}

function whyNotForWorkloads({ use, kid }: Record<string, unknown>): string | undefined {
  if (use !== 'jwt-svid') return 'is not for JWT-SVIDs (use)'
  return kid === undefined ? 'has no kid' : undefined
}

function whyUnusable({ kty, n, e, crv, x, y }: Record<string, unknown>): string {
  try {
    algorithmsOfKey(createPublicKey({ key: { kty, n, e, crv, x, y } as JsonWebKey, format: 'jwk' }))
    return 'has a member (kid, alg, issuer) that is no text or does not fit it'
  } catch (error) {
    const { message } = error as Error
    return /^the (?:RSA|key is not|curve|Ed25519)/.test(message) ? `cannot be used: ${message}` : 'cannot be read'
  }
}

const nameless = { id: undefined, algorithms: [] } as const

type Members = Readonly<Record<string, unknown>>

/** The keys of an S2S metadata document. `used` are those that `parseS2SMetadata` took. */
export function readMetadataKeys(list: readonly unknown[], used: readonly Certificate[]): readonly PublishedKey[] {
  return list.map((key): PublishedKey => {
    const members = folded(key)
    const value = folded(members['keyvalue'])
    const usage = String(members['usage']).toLowerCase()
    if (usage !== 'signing') return { ...nameless, ignored: 'is not for signing' }
    if (String(value['type']).toLowerCase() !== 'x509certificate' || typeof value['value'] !== 'string') {
      return { ...nameless, ignored: 'is no certificate' }
    }
    return readMetadataCertificate(value['value'], used)
  })
}

function readMetadataCertificate(text: string, used: readonly Certificate[]): PublishedKey {
  let certificate: Certificate
  try {
    certificate = parseCertificate(text)
  } catch (error) {
    return { ...nameless, ignored: `cannot be used: ${(error as Error).message}` }
  }
  const { x5t: id, algorithms } = certificate
  if (used.some(({ x5t }) => x5t === id)) return { id, ignored: undefined, algorithms, certificate }
  return { id, ignored: 'has the thumbprint of another certificate', algorithms: [], certificate }
}

function folded(value: unknown): Members {
  const members = Object.entries(Object(value) as object)
  return Object.fromEntries(members.map(([name, member]) => [name.toLowerCase(), member as unknown]))
}
