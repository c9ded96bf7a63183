import { createPublicKey, type JsonWebKey } from 'node:crypto'
import { S2SError } from '../../foundation/errors.ts'
import { parseJwks } from '../../keys/jwks-key-set.ts'
import { normalizeThumbprint, parseCertificate, type Certificate } from '../../keys/certificate.ts'
import { algorithmsOfKey } from '../../keys/verification-key.ts'

/** One key of an issuer, and what keeps it from being used. */
export interface PublishedKey {
  /** `kid` or thumbprint; a text of the issuer's document. */
  readonly id: string | undefined
  /** A clause such as `is for encryption`; `undefined` for a key that is used. */
  readonly ignored: string | undefined
  readonly certificate?: Certificate
}

/** The keys of a JWKS document. What is used `parseJwks` says; why not is looked for here. */
export function readJwks(list: readonly unknown[]): readonly PublishedKey[] {
  return list.map((jwk): PublishedKey => {
    const { kid } = Object(jwk) as { kid?: unknown }
    const id = typeof kid === 'string' ? kid.slice(0, 80) : undefined
    return { id, ignored: isUsed({ keys: [jwk] }) ? undefined : whyIgnored(Object(jwk) as Record<string, unknown>) }
  })
}

function isUsed(document: { readonly keys: readonly unknown[] }): boolean {
  try {
    return parseJwks(document).keys.length > 0
  } catch (error) {
    if (error instanceof S2SError) return false
    throw error
  }
}

function whyIgnored({ use, key_ops: operations, kty, d, alg, ...members }: Record<string, unknown>): string {
  if (use === 'enc') return 'is for encryption'
  if (use !== undefined && use !== 'sig') return 'is not for signatures'
  if (operations !== undefined) return 'is not for verifying (key_ops)'
  if (kty === 'oct') return 'is a shared secret'
  if (d !== undefined) return 'shows its private half'
  try {
    const key = createPublicKey({ key: { kty, ...members } as JsonWebKey, format: 'jwk' })
    algorithmsOfKey(key)
    return `has an "alg" that does not fit it (${typeof alg === 'string' ? alg.slice(0, 20) : 'no text'})`
  } catch (error) {
    const { message } = error as Error
    return /^the (?:RSA|key is not|curve|Ed25519)/.test(message) ? `cannot be used: ${message}` : 'cannot be read'
  }
}

type Members = Readonly<Record<string, unknown>>

/** The keys of an S2S metadata document. `used` are those that `parseS2SMetadata` took. */
export function readMetadataKeys(list: readonly unknown[], used: readonly Certificate[]): readonly PublishedKey[] {
  return list.map((key): PublishedKey => {
    const members = folded(key)
    const value = folded(members['keyvalue'])
    const usage = String(members['usage']).toLowerCase()
    if (usage !== 'signing') return { id: undefined, ignored: 'is not for signing' }
    if (String(value['type']).toLowerCase() !== 'x509certificate' || typeof value['value'] !== 'string') {
      return { id: undefined, ignored: 'is no certificate' }
    }
    return readMetadataCertificate(value['value'], folded(members['keyinfo'])['x5t'], used)
  })
}

function readMetadataCertificate(text: string, thumbprint: unknown, used: readonly Certificate[]): PublishedKey {
  let certificate: Certificate
  try {
    certificate = parseCertificate(text)
  } catch (error) {
    return { id: undefined, ignored: `cannot be used: ${(error as Error).message}` }
  }
  const id = certificate.x5t
  if (used.some(({ x5t }) => x5t === id)) return { id, ignored: undefined, certificate }
  const isForeign = typeof thumbprint === 'string' && normalizeThumbprint(thumbprint) !== id
  return { id, ignored: isForeign ? 'has the thumbprint of another certificate' : 'is not used', certificate }
}

function folded(value: unknown): Members {
  const members = Object.entries(Object(value) as object)
  return Object.fromEntries(members.map(([name, member]) => [name.toLowerCase(), member as unknown]))
}
