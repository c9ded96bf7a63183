import { KeyObject } from 'node:crypto'
import { z } from 'zod'
import type { Clock } from '../foundation/clock.ts'
import { optionsObject } from '../foundation/parse-options.ts'
import type { IntrospectionIssuerOptions } from '../trust/introspection/introspection-options.ts'
import type { OpenIdIssuerOptions, S2SIssuerOptions } from '../trust/issuer-options.ts'
import type { TestCertificate } from './test-certificate.ts'
import type { TestKeyPair } from './test-key-pair.ts'

/** Options of every test issuer. */
export interface CommonTestIssuerOptions {
  /** `aud` of its tokens: your `audience` (OAuth), or `clientId/host@realm` of your `self` (S2S). */
  readonly audience: string
  /** Its name in `grants` and logs. Default: the issuer's `iss`. */
  readonly name?: string
  /** The clock of your server. Tokens are valid around its time. Default: the system clock. */
  readonly clock?: Clock
}

/** An OAuth issuer: `openid` is asked for discovery and keys (in memory), `static` has its keys in the options. */
export interface OAuthTestIssuerOptions extends CommonTestIssuerOptions {
  readonly type: 'openid' | 'static'
  /** `iss` of its tokens. Default `https://issuer.test`. */
  readonly issuer?: string
  /** The application that calls (`client_id`). Default `test-application`. */
  readonly application?: string
  /** Default: new ones. */
  readonly keyPairs?: { readonly RS256?: TestKeyPair; readonly ES256?: TestKeyPair }
  /** Further options of this trusted issuer, such as `permissionCeiling`. */
  readonly trust?: Partial<Omit<OpenIdIssuerOptions, 'type' | 'issuer' | 'jwksUri' | 'fetch'>>
}

/** An OAuth issuer that is asked (in memory) about its opaque tokens. */
export interface IntrospectionTestIssuerOptions extends CommonTestIssuerOptions {
  readonly type: 'introspection'
  /** `iss` in its answers. Default `https://issuer.test`. */
  readonly issuer?: string
  /** The application that calls (`client_id`). Default `test-application`. */
  readonly application?: string
  /** Further options of this trusted issuer, such as `cacheSeconds`. */
  readonly trust?: Partial<
    Omit<
      IntrospectionIssuerOptions,
      'type' | 'issuer' | 'introspectionEndpoint' | 'fetch' | 'clientId' | 'authentication'
    >
  >
}

/** An S2S issuer: `s2s-metadata` is asked for its document (in memory), `s2s-certificate` is in the options. */
export interface S2STestIssuerOptions extends CommonTestIssuerOptions {
  readonly type: 's2s-metadata' | 's2s-certificate'
  /** Default: the realm of `audience`. */
  readonly realm?: string
  /** Id of who signs. Another one than `applicationId` makes a trust broker. Default: `applicationId`. */
  readonly issuerId?: string
  /** Id of the application that calls. Default: a GUID of its own. */
  readonly applicationId?: string
  /** Its certificate. Default: a new one. */
  readonly certificate?: TestCertificate
  /** Further options of this trusted issuer, such as `allowDelegation`, without which no user is believed. */
  readonly trust?: S2SIssuerOptions
}

/** Options of `createTestIssuer`: the type chooses the protocol. */
export type TestIssuerOptions = OAuthTestIssuerOptions | IntrospectionTestIssuerOptions | S2STestIssuerOptions

const text = z.string().min(1, 'is empty')
const commonShape = {
  audience: text,
  name: text.optional(),
  clock: z.custom<Clock>((value) => typeof value === 'function', 'must be a function that gives seconds').optional(),
  trust: z.custom<object>((value) => typeof value === 'object' && value !== null, 'must be an object').optional(),
}
const keyPair = optionsObject({
  publicKey: z.custom<KeyObject>(isKey, 'must be a KeyObject'),
  privateKey: z.custom<KeyObject>(isKey, 'must be a KeyObject'),
})

/**
 * Strict schema of `TestIssuerOptions`; what `trust` holds is checked by `createS2S`.
 *
 * @internal
 */
export const testIssuerSchema = z.discriminatedUnion('type', [
  optionsObject({
    ...commonShape,
    type: z.enum(['openid', 'static']),
    issuer: text.optional(),
    application: text.optional(),
    keyPairs: optionsObject({ RS256: keyPair.optional(), ES256: keyPair.optional() }).optional(),
  }),
  optionsObject({
    ...commonShape,
    type: z.literal('introspection'),
    issuer: text.optional(),
    application: text.optional(),
  }),
  optionsObject({
    ...commonShape,
    type: z.enum(['s2s-metadata', 's2s-certificate']),
    audience: z.string().regex(/^[^/@]+\/[^/@]+@[^/@]+$/, 'must be clientId/host@realm, as S2S tokens carry it'),
    realm: text.optional(),
    issuerId: text.optional(),
    applicationId: text.optional(),
    certificate: z.custom<TestCertificate>((value) => typeof value === 'object' && value !== null).optional(),
  }),
])

function isKey(value: unknown): boolean {
  return value instanceof KeyObject
}
