import type { KeyObject } from 'node:crypto'
import { forgeToken, type ForgingKey, type TokenPart } from '../forge-token.ts'
import type { OAuthTestIssuer } from '../oauth-test-issuer.ts'
import type { TestCertificate } from '../test-certificate.ts'
import type { Members, TokenChanges } from '../token-changes.ts'

/** What attacks have at hand, whatever protocol they are for. */
export interface CommonSetup {
  /** The time of the issuer's clock, in whole seconds. */
  readonly now: number
  /** Seconds by which that clock may move until an attack is sent; 0 for one that stands still. */
  readonly drift: number
  /** Seconds by which the application lets clocks differ. */
  readonly tolerance: number
  /** The longest lifetime that the application accepts, in seconds. */
  readonly longest: number
  /** Somebody nobody trusts. */
  readonly attacker: TestCertificate
  /** Where the attacker's server is; nobody may ask there. */
  readonly attackerUrl: string
}

/** What attacks on an OAuth issuer have at hand: an honest token taken apart. */
export interface OAuthSetup extends CommonSetup {
  readonly issuer: OAuthTestIssuer
  readonly header: Members
  readonly claims: Members
  /** An honest token of header and claims. */
  readonly good: string
  /** The private keys of the issuer. */
  readonly rsa: KeyObject
  readonly ec: KeyObject
  /** Any parts, really signed, by default with the issuer's RSA key. */
  sign(this: void, header: TokenPart, claims: TokenPart, by?: { algorithm?: string; key?: ForgingKey }): string
  /** The honest token with something changed, really signed. The header says `RS256` unless told otherwise. */
  forge(this: void, changes: TokenChanges): string
}

/** Takes an honest token of the issuer apart. */
export function createOAuthSetup(common: CommonSetup, issuer: OAuthTestIssuer, scopes: readonly string[]): OAuthSetup {
  const { RS256, ES256 } = issuer.keys
  const [, payload = ''] = issuer.appToken({ scopes }).split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Members
  const header = { alg: 'RS256', kid: RS256.kid, typ: 'at+jwt' }
  const sign: OAuthSetup['sign'] = (first, second, { algorithm = 'RS256', key = RS256.privateKey } = {}) =>
    forgeToken({ header: first, claims: second, algorithm, key })
  return {
    ...common,
    issuer,
    header,
    claims,
    good: sign(header, claims),
    rsa: RS256.privateKey,
    ec: ES256.privateKey,
    sign,
    forge: ({ header: head, claims: body, ...by }) => sign({ ...header, ...head }, { ...claims, ...body }, by),
  }
}
