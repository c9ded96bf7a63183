import assert from 'node:assert/strict'
import {
  createTestIssuer,
  forgedTokens,
  type ForgedTokensOptions,
  type OAuthTestIssuer,
  type S2STestIssuer,
  type TestIssuer,
} from 'passport-s2s/testing'
import type { AttackCase } from './attack.ts'
import { fixedClock } from './clock.ts'
import type { Farm } from './farm.ts'
import type { OAuthIssuer } from './oauth-issuer.ts'
import { oauthAudience, s2sAudience } from './world.ts'

/** An OAuth issuer of a story as the test kit knows it: the same name and keys. */
export function asTestIssuer(oauth: OAuthIssuer): Promise<OAuthTestIssuer> {
  return createTestIssuer({
    type: 'static',
    name: 'login',
    issuer: oauth.issuer,
    audience: oauthAudience,
    application: 'reporting',
    clock: fixedClock,
    keyPairs: { RS256: oauth.keyPair('RS256'), ES256: oauth.keyPair('ES256') },
  })
}

/** A farm of a story as the test kit knows it: the same names and certificate. */
export function asS2STestIssuer(farm: Farm, trust: S2STestIssuer['options'] | object = {}): Promise<S2STestIssuer> {
  const [issuerId = '', realm = ''] = farm.issuerName.split('@')
  const [applicationId = ''] = farm.applicationName.split('@')
  const { certificate } = farm
  const names = { name: 'farm', issuerId, applicationId, realm }
  return createTestIssuer({
    type: 's2s-certificate',
    audience: s2sAudience,
    clock: fixedClock,
    ...names,
    certificate,
    trust,
  })
}

/** The attacks of one family of the test kit, as cases: each has exactly one code. */
export async function forgedCases(
  family: string,
  issuer: TestIssuer,
  more: Partial<ForgedTokensOptions> = {},
): Promise<AttackCase[]> {
  const attacks = await forgedTokens({ issuer, families: [family], scopes: ['reports.read'], ...more })
  return attacks.map(({ name, token, headers, expected: { status, codes } }) => {
    assert.equal(codes.length, 1, name)
    const { authorization, ...others } = headers
    assert.equal(authorization, `Bearer ${token}`, name)
    return { name, token, headers: Object.entries(others), status, code: codes[0] }
  })
}
