import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Introspection } from '../../../lib/trust/introspection/introspection.ts'
import { checkOpaqueIssuers, findOpaqueIssuer } from '../../../lib/trust/introspection/opaque-issuers.ts'
import type { OAuthTrustedIssuer } from '../../../lib/trust/trusted-issuer.ts'
import { refusal } from '../../support/refusal.ts'
import { oauthTrustedIssuer, s2sIssuer } from '../../support/trusted-issuers.ts'

function asked(tokenPrefix?: string, accepts: Introspection['accepts'] = 'opaque'): OAuthTrustedIssuer {
  const flags = { acceptsMissingAudience: false, acceptsMissingTokenType: false }
  const never = (): never => assert.fail('nobody is asked')
  return oauthTrustedIssuer({
    name: `asked ${tokenPrefix ?? ''}`,
    introspection: { accepts, tokenPrefix, ...flags, ask: never, held: never },
  })
}

describe('issuers of opaque tokens', () => {
  it('are found by what a token begins with, or as the only one', () => {
    const [one, two, plain, jwts] = [asked('one_'), asked('two_'), asked(), asked(undefined, 'jwt')]
    assert.equal(findOpaqueIssuer([s2sIssuer(), oauthTrustedIssuer(), one, two, jwts], 'two_x'), two)
    assert.equal(findOpaqueIssuer([oauthTrustedIssuer(), plain], 'anything'), plain)
    assert.equal(findOpaqueIssuer([s2sIssuer(), oauthTrustedIssuer(), jwts], 'anything'), undefined)
    assert.throws(() => findOpaqueIssuer([one, two], 'three_x'), refusal('ERR_S2S_ISSUER_UNTRUSTED'))
  })

  it('may be several when each has a prefix that begins no other', () => {
    checkOpaqueIssuers([asked('one_'), asked('two_'), asked(undefined, 'jwt'), oauthTrustedIssuer(), s2sIssuer()])
    checkOpaqueIssuers([asked()])
    for (const pair of [
      ['a', 'ab'],
      ['ab', 'a'],
      ['a', 'a'],
      ['a', undefined],
      [undefined, undefined],
    ] as const) {
      const issuers = [asked(pair[0]), oauthTrustedIssuer(), asked(pair[1], 'any')]
      assert.throws(
        () => {
          checkOpaqueIssuers(issuers)
        },
        { code: 'ERR_S2S_OPTION_INVALID', message: /are both asked about opaque tokens/ },
      )
    }
  })
})
