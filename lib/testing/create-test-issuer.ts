import { parseOptions } from '../foundation/parse-options.ts'
import { createIntrospectionTestIssuer, type IntrospectionTestIssuer } from './introspection-test-issuer.ts'
import { createOAuthTestIssuer, type OAuthTestIssuer } from './oauth-test-issuer.ts'
import { createS2STestIssuer, type S2STestIssuer } from './s2s-test-issuer.ts'
import {
  testIssuerSchema,
  type IntrospectionTestIssuerOptions,
  type OAuthTestIssuerOptions,
  type S2STestIssuerOptions,
  type TestIssuerOptions,
} from './test-issuer-options.ts'

/** An issuer in memory whose tokens are signed, of either protocol. */
export type TestIssuer = OAuthTestIssuer | S2STestIssuer

/**
 * Makes an issuer with keys of its own that lives in memory: give its `options` to `createS2S` and its tokens to your
 * requests. An `openid`, `introspection` or `s2s-metadata` issuer answers the server's own requests for documents, keys and what its tokens are worth, so that all of
 * that code runs, without a network.
 *
 * For tests only. The S2S types need the package `selfsigned`, an optional peer.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function createTestIssuer(options: OAuthTestIssuerOptions): Promise<OAuthTestIssuer>
export function createTestIssuer(options: S2STestIssuerOptions): Promise<S2STestIssuer>
export function createTestIssuer(options: IntrospectionTestIssuerOptions): Promise<IntrospectionTestIssuer>
export async function createTestIssuer(options: TestIssuerOptions): Promise<TestIssuer | IntrospectionTestIssuer> {
  parseOptions(testIssuerSchema, options, '')
  if (options.type === 'introspection') return createIntrospectionTestIssuer(options)
  return isOAuth(options) ? createOAuthTestIssuer(options) : createS2STestIssuer(options)
}

function isOAuth(options: OAuthTestIssuerOptions | S2STestIssuerOptions): options is OAuthTestIssuerOptions {
  return options.type === 'openid' || options.type === 'static'
}
