import { TokenError } from '../foundation/errors.ts'
import type { JsonObject } from '../foundation/parse-json.ts'

/** A SPIFFE ID of a workload, in parts. */
export interface SpiffeId {
  /** The whole ID, as it stands in the token. */
  readonly id: string
  /** Such as `example.org`. */
  readonly trustDomain: string
}

const maximumLength = 2048
const workload = /^spiffe:\/\/([a-z0-9._-]{1,255})((?:\/[A-Za-z0-9._-]+)+)$/
const trustDomainName = /^[a-z0-9._-]{1,255}$/

/** Whether a text can be the name of a trust domain: lower case letters, digits, dots, dashes and underscores. */
export function isTrustDomain(text: string): boolean {
  return trustDomainName.test(text)
}

/** The ID of a trust domain itself: by it issuers are looked up for tokens that have no `iss`. */
export function trustDomainId(trustDomain: string): string {
  return `spiffe://${trustDomain}`
}

/**
 * Reads the SPIFFE ID of a workload; `undefined` for anything else: another scheme, upper case in the trust domain, user name,
 * port, query, fragment, percent-encoding, empty or dot segments, a slash at the end, no path, more than 2,048 characters.
 *
 * @see SPIFFE-ID section 2
 */
export function parseSpiffeId(text: unknown): SpiffeId | undefined {
  if (typeof text !== 'string' || text.length > maximumLength) return undefined
  const [, trustDomain, path] = workload.exec(text) ?? []
  if (trustDomain === undefined || path === undefined) return undefined
  return path.split('/').some((segment) => segment === '.' || segment === '..') ? undefined : { id: text, trustDomain }
}

/**
 * The workload that a JWT-SVID of one trust domain names in `sub`.
 *
 * @throws TokenError `ERR_S2S_CLAIM_INVALID` (no SPIFFE ID of a workload), `ERR_S2S_REALM_MISMATCH` (another trust domain)
 * @see JWT-SVID section 3.1
 */
export function readWorkload(claims: JsonObject, trustDomain: string | undefined): string {
  const found = parseSpiffeId(Object.hasOwn(claims, 'sub') ? claims['sub'] : undefined)
  if (found === undefined) {
    throw new TokenError(
      'ERR_S2S_CLAIM_INVALID',
      '"sub" is not the SPIFFE ID of a workload (spiffe://trust-domain/path)',
    )
  }
  if (found.trustDomain === trustDomain) return found.id
  throw new TokenError('ERR_S2S_REALM_MISMATCH', '"sub" is of another trust domain than the issuer')
}
