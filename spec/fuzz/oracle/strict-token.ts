import { compactVerify } from 'jose'
import { readStrictAppClaims, readStrictOAuthClaims, readStrictUserClaims } from './strict-claims.ts'
import { readStrictParts, type StrictParts } from './strict-parts.ts'
import type { StrictCaller, StrictIssuer, StrictWorld } from './strict-world.ts'

/**
 * Judges a bearer token anew: signatures by `jose`, everything else by rules written from the standards and the protocol,
 * once more and slowly. Gives who calls, or `undefined` when nobody may be let in.
 *
 * @see RFC 7515, RFC 7519, RFC 8725, RFC 9068; MS-XOAUTH 3.2.5.6, MS-SPS2SAUTH
 */
export async function judgeStrictly(text: string, world: StrictWorld): Promise<StrictCaller | undefined> {
  const token = readStrictParts(text)
  if (token === undefined) return undefined
  if (token.header['alg'] !== 'none') return judgeSigned(text, token, world)
  const actor = token.claims['actortoken']
  if (token.signature !== '' || !Object.hasOwn(token.claims, 'actortoken') || typeof actor !== 'string')
    return undefined
  return judgeWrapped(token, actor, world)
}

async function judgeSigned(text: string, token: StrictParts, world: StrictWorld): Promise<StrictCaller | undefined> {
  const issuer = issuerOf(token, world)
  if (issuer === undefined) return undefined
  const read = issuer.protocol === 'oauth' ? readStrictOAuthClaims : readStrictAppClaims
  const caller = read(token.claims, issuer, world.now)
  return caller !== undefined && (await isSigned(text, token, issuer)) ? caller : undefined
}

async function judgeWrapped(outer: StrictParts, text: string, world: StrictWorld): Promise<StrictCaller | undefined> {
  const inner = readStrictParts(text)
  const issuer = inner === undefined ? undefined : issuerOf(inner, world)
  if (inner === undefined || issuer?.protocol !== 's2s' || !hasType(outer, issuer)) return undefined
  const caller = readStrictUserClaims({ outer: outer.claims, inner: inner.claims }, issuer, world.now)
  return caller !== undefined && (await isSigned(text, inner, issuer)) ? caller : undefined
}

/** The one issuer that `iss` names to the letter, if it may use the algorithm and the type. */
function issuerOf(token: StrictParts, world: StrictWorld): StrictIssuer | undefined {
  const named = Object.hasOwn(token.claims, 'iss') ? token.claims['iss'] : undefined
  const issuer = world.issuers.find((each) => each.issuer === named)
  const algorithm = token.header['alg']
  if (issuer === undefined || typeof algorithm !== 'string') return undefined
  const isAllowed = issuer.keys.some(({ algorithms }) => algorithms.includes(algorithm))
  return isAllowed && hasType(token, issuer) ? issuer : undefined
}

function hasType({ header }: StrictParts, { protocol }: StrictIssuer): boolean {
  if (!Object.hasOwn(header, 'typ')) return true
  const type = String(header['typ'])
  if (/[^\x00-\x7f]/.test(type)) return false
  const known = protocol === 'oauth' ? ['jwt', 'at+jwt', 'application/at+jwt'] : ['jwt']
  return known.includes(type.toLowerCase())
}

async function isSigned(text: string, { header }: StrictParts, issuer: StrictIssuer): Promise<boolean> {
  const algorithm = String(header['alg'])
  const fitting = issuer.keys.filter(
    ({ algorithms, kid, x5t }) => algorithms.includes(algorithm) && isNamed(header, { kid, x5t }),
  )
  const [key] = fitting
  if (key === undefined || fitting.length > 1) return false
  try {
    await compactVerify(text, key.key, { algorithms: [algorithm] })
    return true
  } catch {
    return false
  }
}

/** A certificate must be named; a key of a set may be left unnamed when it is the only one that fits. */
function isNamed(
  header: StrictParts['header'],
  { kid, x5t }: { readonly kid: string | undefined; readonly x5t: string | undefined },
): boolean {
  if (x5t === undefined) return !Object.hasOwn(header, 'kid') || header['kid'] === kid
  if (Object.hasOwn(header, 'x5t#S256')) return false
  const named = header['x5t']
  if (typeof named !== 'string' || named.length > 28) return false
  const plain = named.replace(/=$/, '').replaceAll('+', '-').replaceAll('/', '_')
  return plain === x5t
}
