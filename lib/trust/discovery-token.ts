import { readFile } from 'node:fs/promises'
import { UnavailableError } from '../foundation/errors.ts'
import type { OpenIdIssuerOptions } from './issuer-options.ts'

/** A bearer token for an issuer's own documents, and the one origin that may see it. */
export interface DiscoveryToken {
  readonly file: string
  readonly origin: string
}

/** The token of an issuer's options; `undefined` where its documents are open to everybody. */
export function discoveryTokenOf({
  discoveryTokenFile: file,
  issuer,
  jwksUri,
  bundleEndpoint,
}: OpenIdIssuerOptions): DiscoveryToken | undefined {
  return file === undefined ? undefined : { file, origin: new URL(jwksUri ?? bundleEndpoint ?? issuer).origin }
}

/** @see RFC 6750 section 2.1 */
const bearerToken = /^[A-Za-z0-9\-._~+/]{1,16384}=*$/

/**
 * The `Authorization` for one address: none but for the token's own origin. The file is read anew each time, because the token
 * in it is replaced before it ends.
 *
 * @throws UnavailableError `ERR_S2S_KEYS_UNREACHABLE` when the file cannot be read or holds no token; never with its content
 */
export async function authorizationFor(url: string, token: DiscoveryToken | undefined): Promise<string | undefined> {
  if (token === undefined || new URL(url).origin !== token.origin) return undefined
  let text: string
  try {
    text = (await readFile(token.file, 'utf8')).trim()
  } catch (cause) {
    throw unusable(`the file ${token.file} (discoveryTokenFile) cannot be read`, cause)
  }
  if (bearerToken.test(text)) return `Bearer ${text}`
  throw unusable(`the file ${token.file} (discoveryTokenFile) does not hold one bearer token`)
}

function unusable(reason: string, cause?: unknown): UnavailableError {
  return new UnavailableError('ERR_S2S_KEYS_UNREACHABLE', reason, cause === undefined ? {} : { cause })
}
