import { parseOptions } from '../foundation/parse-options.ts'
import { createOAuthTestIssuer, type OAuthTestIssuer } from './oauth-test-issuer.ts'
import { createS2STestIssuer, type S2STestIssuer } from './s2s-test-issuer.ts'
import {
  testIssuerSchema,
  type OAuthTestIssuerOptions,
  type S2STestIssuerOptions,
  type TestIssuerOptions,
} from './test-issuer-options.ts'

/** An issuer in memory, of either protocol. */
export type TestIssuer = OAuthTestIssuer | S2STestIssuer

/**
 * Makes an issuer with keys of its own that lives in memory: give its `options` to `createS2S` and its tokens to your
 * requests. An `openid` or `s2s-metadata` issuer answers the server's own requests for documents and keys, so that all of
 * that code runs, without a network.
 *
 * For tests only. The S2S types need the package `selfsigned`, an optional peer.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function createTestIssuer(options: OAuthTestIssuerOptions): Promise<OAuthTestIssuer>
export function createTestIssuer(options: S2STestIssuerOptions): Promise<S2STestIssuer>
export async function createTestIssuer(options: TestIssuerOptions): Promise<TestIssuer> {
  parseOptions(testIssuerSchema, options, '')
  return isOAuth(options) ? createOAuthTestIssuer(options) : createS2STestIssuer(options)
}

function isOAuth(options: TestIssuerOptions): options is OAuthTestIssuerOptions {
  return options.type === 'openid' || options.type === 'static'
}
