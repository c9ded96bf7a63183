import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { verifyOAuthAudience, verifyS2SAudience, verifyTimes } from '../../lib/verification/verify-claims.ts'
import { NOW } from '../support/clock.ts'
import { refusal } from '../support/refusal.ts'
import { oauthTrustedIssuer, s2sIssuer } from '../support/trusted-issuers.ts'
import { oauthAudience, s2sAudience, self } from '../support/world.ts'

const oauth = oauthTrustedIssuer()
const s2s = s2sIssuer()

describe('verifyTimes', () => {
  const accepted: readonly [name: string, issuer: typeof oauth | typeof s2s, claims: object, times: object][] = [
    ['exp alone, OAuth', oauth, { exp: NOW + 60 }, { issuedAt: undefined, startsAt: 0, expiresAt: NOW + 60 }],
    ['iat and exp', oauth, { iat: NOW, exp: NOW + 60 }, { issuedAt: NOW, startsAt: NOW, expiresAt: NOW + 60 }],
    ['nbf stands in for iat', s2s, { nbf: NOW, exp: NOW + 60 }, { issuedAt: NOW, startsAt: NOW, expiresAt: NOW + 60 }],
    [
      'iat before nbf',
      s2s,
      { nbf: NOW, iat: NOW - 5, exp: NOW + 60 },
      { issuedAt: NOW - 5, startsAt: NOW, expiresAt: NOW + 60 },
    ],
    ['texts, S2S', s2s, { nbf: `${NOW}`, exp: `${NOW + 60}` }, { issuedAt: NOW, startsAt: NOW, expiresAt: NOW + 60 }],
    ['a fraction', oauth, { exp: NOW + 0.5 }, { issuedAt: undefined, startsAt: 0, expiresAt: NOW + 0.5 }],
    ['ended within the tolerance', oauth, { exp: NOW - 59 }, { issuedAt: undefined, startsAt: 0, expiresAt: NOW - 59 }],
    [
      'begins within the tolerance',
      oauth,
      { nbf: NOW + 60, exp: NOW + 90 },
      { issuedAt: NOW + 60, startsAt: NOW + 60, expiresAt: NOW + 90 },
    ],
    [
      'issued within the tolerance',
      oauth,
      { iat: NOW + 60, exp: NOW + 90 },
      { issuedAt: NOW + 60, startsAt: NOW + 60, expiresAt: NOW + 90 },
    ],
    [
      'exactly the longest lifetime from now',
      oauth,
      { exp: NOW + 86_400 },
      { issuedAt: undefined, startsAt: 0, expiresAt: NOW + 86_400 },
    ],
    [
      'exactly the longest lifetime from nbf, although iat is later',
      s2s,
      { nbf: NOW - 43_200, iat: NOW, exp: NOW + 43_200 },
      { issuedAt: NOW, startsAt: NOW, expiresAt: NOW + 43_200 },
    ],
  ]
  for (const [name, issuer, claims, times] of accepted) {
    it(`accepts ${name}`, () => {
      assert.deepEqual(verifyTimes({ ...claims }, issuer, NOW), times)
    })
  }

  type Check = ReturnType<typeof refusal>
  const refused: readonly [name: string, issuer: typeof oauth | typeof s2s, claims: object, check: Check][] = [
    ['no exp', oauth, {}, refusal('ERR_S2S_CLAIM_INVALID', '"exp" is missing')],
    [
      'an inherited exp',
      oauth,
      Object.create({ exp: NOW + 60 }) as object,
      refusal('ERR_S2S_CLAIM_INVALID', '"exp" is missing'),
    ],
    ['no nbf, S2S', s2s, { exp: NOW + 60 }, refusal('ERR_S2S_CLAIM_INVALID', '"nbf" is missing')],
    ['texts, OAuth', oauth, { exp: `${NOW + 60}` }, refusal('ERR_S2S_CLAIM_INVALID', '"exp" is not a date')],
    ['exp Infinity', oauth, { exp: Infinity }, refusal('ERR_S2S_CLAIM_INVALID', '"exp" is not a date')],
    [
      'iat a text, OAuth',
      oauth,
      { iat: `${NOW}`, exp: NOW + 60 },
      refusal('ERR_S2S_CLAIM_INVALID', '"iat" is not a date'),
    ],
    ['ended', oauth, { exp: NOW - 60 }, refusal('ERR_S2S_TOKEN_EXPIRED', '"exp" has passed')],
    [
      'nbf ahead',
      oauth,
      { nbf: NOW + 61, exp: NOW + 600 },
      refusal('ERR_S2S_TOKEN_NOT_YET_VALID', '"nbf" or "iat" lies ahead; compare the clocks'),
    ],
    [
      'iat ahead',
      oauth,
      { iat: NOW + 61, exp: NOW + 600 },
      refusal('ERR_S2S_TOKEN_NOT_YET_VALID', '"nbf" or "iat" lies ahead; compare the clocks'),
    ],
    [
      'iat ahead although nbf is not',
      oauth,
      { nbf: NOW, iat: NOW + 61, exp: NOW + 600 },
      refusal('ERR_S2S_TOKEN_NOT_YET_VALID', '"nbf" or "iat" lies ahead; compare the clocks'),
    ],
    [
      'a lifetime too long from now',
      oauth,
      { exp: NOW + 86_401 },
      refusal('ERR_S2S_TOKEN_LIFETIME', 'the token lives longer than 86400 seconds (maximumLifetimeSeconds)'),
    ],
    [
      'a lifetime too long from iat',
      oauth,
      { iat: NOW - 1, exp: NOW + 86_400 },
      refusal('ERR_S2S_TOKEN_LIFETIME', 'the token lives longer than 86400 seconds (maximumLifetimeSeconds)'),
    ],
    [
      'a lifetime too long from nbf',
      s2s,
      { nbf: NOW - 1, exp: NOW + 86_400 },
      refusal('ERR_S2S_TOKEN_LIFETIME', 'the token lives longer than 86400 seconds (maximumLifetimeSeconds)'),
    ],
  ]
  for (const [name, issuer, claims, check] of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(() => verifyTimes(claims as Record<string, unknown>, issuer, NOW), check)
    })
  }

  it("uses the issuer's own tolerance and maximum", () => {
    const issuer = oauthTrustedIssuer({ clockToleranceSeconds: 0, maximumLifetimeSeconds: 30 })
    assert.throws(() => verifyTimes({ exp: NOW }, issuer, NOW), { code: 'ERR_S2S_TOKEN_EXPIRED' })
    assert.throws(() => verifyTimes({ exp: NOW + 31 }, issuer, NOW), {
      code: 'ERR_S2S_TOKEN_LIFETIME',
      reason: 'the token lives longer than 30 seconds (maximumLifetimeSeconds)',
    })
    assert.equal(verifyTimes({ exp: NOW + 30 }, issuer, NOW).expiresAt, NOW + 30)
  })
})

describe('verifyOAuthAudience', () => {
  for (const aud of [oauthAudience, [oauthAudience], ['https://other.example', oauthAudience]]) {
    it(`accepts ${JSON.stringify(aud)}`, () => {
      assert.doesNotThrow(() => {
        verifyOAuthAudience({ aud }, oauth)
      })
    })
  }

  const reasons: Readonly<Record<string, string>> = {
    ERR_S2S_CLAIM_INVALID: '"aud" is missing, or not a text or list of texts',
    ERR_S2S_AUDIENCE_MISMATCH: `"aud" is not ${oauthAudience}`,
  }
  const refused: readonly [aud: unknown, code: string][] = [
    [undefined, 'ERR_S2S_CLAIM_INVALID'],
    [null, 'ERR_S2S_CLAIM_INVALID'],
    ['', 'ERR_S2S_CLAIM_INVALID'],
    [[], 'ERR_S2S_CLAIM_INVALID'],
    [7, 'ERR_S2S_CLAIM_INVALID'],
    [{ aud: oauthAudience }, 'ERR_S2S_CLAIM_INVALID'],
    [[oauthAudience, 7], 'ERR_S2S_CLAIM_INVALID'],
    [[oauthAudience, ''], 'ERR_S2S_CLAIM_INVALID'],
    [[[oauthAudience]], 'ERR_S2S_CLAIM_INVALID'],
    [`${oauthAudience}/`, 'ERR_S2S_AUDIENCE_MISMATCH'],
    [oauthAudience.toUpperCase(), 'ERR_S2S_AUDIENCE_MISMATCH'],
    [['https://other.example'], 'ERR_S2S_AUDIENCE_MISMATCH'],
  ]
  for (const [aud, code] of refused) {
    it(`refuses ${JSON.stringify(aud)}`, () => {
      assert.throws(
        () => {
          verifyOAuthAudience({ aud }, oauth)
        },
        { code, reason: reasons[code] },
      )
    })
  }

  it('does not read an inherited audience, and says what was expected', () => {
    const inherited = Object.create({ aud: oauthAudience }) as Record<string, unknown>
    assert.throws(
      () => {
        verifyOAuthAudience(inherited, oauth)
      },
      { code: 'ERR_S2S_CLAIM_INVALID' },
    )
    const two = oauthTrustedIssuer({ audience: new Set(['a', 'b']) })
    assert.throws(
      () => {
        verifyOAuthAudience({ aud: 'secret' }, two)
      },
      { reason: '"aud" is not a or b' },
    )
  })
})

describe('verifyS2SAudience', () => {
  it('compares the host without letter case and gives it in lower case', () => {
    const aud = s2sAudience.replace('portal', 'PORTAL')
    assert.equal(verifyS2SAudience({ aud }, s2s), s2sAudience)
  })

  const refused: readonly [aud: unknown, code: string][] = [
    [undefined, 'ERR_S2S_CLAIM_INVALID'],
    [[s2sAudience], 'ERR_S2S_CLAIM_INVALID'],
    [self.clientId, 'ERR_S2S_AUDIENCE_MISMATCH'],
    [s2sAudience.toUpperCase(), 'ERR_S2S_AUDIENCE_MISMATCH'],
    [s2sAudience.replace('portal', 'evil'), 'ERR_S2S_AUDIENCE_MISMATCH'],
  ]
  for (const [aud, code] of refused) {
    it(`refuses ${JSON.stringify(aud)}`, () => {
      assert.throws(() => verifyS2SAudience({ aud }, s2s), { code })
    })
  }
})
