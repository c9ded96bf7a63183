import { base64url } from 'jose'
import { readStrictObject } from './strict-json.ts'

/** The parts of a compact token of which nothing is proved. */
export interface StrictParts {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  readonly signingInput: string
  /** In hexadecimal digits. */
  readonly signature: string
}

const refused = ['crit', 'b64', 'zip', 'enc', 'jku', 'jwk', 'x5u', 'x5c', 'cty', 'actortoken']

/** Reads a compact token by the strictest reading of RFC 7515 and 7519; `undefined` for anything else. */
export function readStrictParts(text: string): StrictParts | undefined {
  const segments = text.split('.')
  const [first = '', second = '', third = ''] = segments
  if (text.length > 12 * 1024 || segments.length !== 3 || first === '' || second === '') return undefined
  const header = readPart(first)
  const claims = readPart(second)
  const signature = readSegment(third)
  if (header === undefined || claims === undefined || signature === undefined) return undefined
  if (typeof header['alg'] !== 'string' || refused.some((name) => Object.hasOwn(header, name))) return undefined
  for (const name of ['typ', 'kid', 'x5t', 'x5t#S256']) {
    const value = Object.hasOwn(header, name) ? header[name] : ''
    if (typeof value !== 'string' || value.length > 1024) return undefined
  }
  return { header, claims, signingInput: `${first}.${second}`, signature: Buffer.from(signature).toString('hex') }
}

function readPart(segment: string): Readonly<Record<string, unknown>> | undefined {
  const bytes = readSegment(segment)
  if (bytes === undefined) return undefined
  try {
    return readStrictObject(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    return undefined
  }
}

/** Only the one spelling that these bytes have. */
function readSegment(segment: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9_-]*$/.test(segment) || segment.length % 4 === 1) return undefined
  const bytes = base64url.decode(segment)
  return base64url.encode(bytes) === segment ? bytes : undefined
}
