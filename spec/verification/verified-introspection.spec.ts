import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readCaller } from '../../lib/identity/principal.ts'
import type { JsonObject } from '../../lib/foundation/parse-json.ts'
import type { OAuthTrustedIssuer } from '../../lib/trust/trusted-issuer.ts'
import { VerifiedIntrospection } from '../../lib/verification/verified-introspection.ts'
import { verifyOpaqueToken } from '../../lib/verification/verify-introspected-token.ts'
import type { VerifiedOpaqueToken, VerifiedToken } from '../../lib/verification/verified-token.ts'
import { fixedClock, NOW } from '../support/clock.ts'
import { refusal } from '../support/refusal.ts'
import { oauthTrustedIssuer } from '../support/trusted-issuers.ts'
import { oauthAudience } from '../support/world.ts'

const iss = 'https://opaque.example'
const token = 'a-token-that-says-nothing'
const usual = { active: true, aud: oauthAudience, client_id: 'billing', token_type: 'Bearer', exp: NOW + 60 }

function issuerThatSays(document: JsonObject, note?: string): OAuthTrustedIssuer {
  const answer = { document, askedAt: NOW, usableUntil: NOW + 30, ...(note === undefined ? {} : { note }) }
  return oauthTrustedIssuer({
    issuerNames: [iss],
    introspection: {
      ...{ accepts: 'opaque', tokenPrefix: undefined, acceptsMissingAudience: false, acceptsMissingTokenType: false },
      ...{ ask: () => answer, held: () => answer },
    },
  })
}

const prove = (document: JsonObject, note?: string): VerifiedIntrospection =>
  VerifiedIntrospection.prove(token, issuerThatSays(document, note)) as VerifiedIntrospection

describe('VerifiedIntrospection', () => {
  it('proves what the issuer says of an active token, in the name of the issuer', () => {
    const { claims, usableUntil } = prove({ active: true, sub: 'ana' })
    assert.deepEqual(claims, { sub: 'ana', iss })
    assert.equal(usableUntil, NOW + 30)
    assert.ok(Object.isFrozen(claims))
    assert.deepEqual(prove({ active: true, iss }).claims, { iss })
  })

  it('is nothing without active: true, and says why where more is known', () => {
    for (const active of [false, undefined, 1, 'true', null, {}, [true]]) {
      assert.throws(() => prove({ active }), refusal('ERR_S2S_TOKEN_INACTIVE', 'login does not call the token active'))
    }
    assert.throws(() => prove({ active: false }, 'a note'), refusal('ERR_S2S_TOKEN_INACTIVE', /active: a note$/))
  })

  it('is no proof of what another issuer says', () => {
    assert.throws(() => prove({ active: true, iss: `${iss}/` }), refusal('ERR_S2S_ISSUER_UNTRUSTED'))
  })

  it('comes from issuers only that are asked', () => {
    assert.throws(() => VerifiedIntrospection.prove(token, oauthTrustedIssuer()), refusal('ERR_S2S_TOKEN_TYPE'))
  })

  it('is what a principal needs: nothing that looks like one will do, nor a proof of the other kind', () => {
    const verified = verifyOpaqueToken(token, issuerThatSays(usual), fixedClock) as VerifiedOpaqueToken
    assert.equal(readCaller(verified).application.id, 'billing')
    const fakes: readonly unknown[] = [
      { ...verified, proof: Object.assign({}, verified.proof) },
      { ...verified, proof: { claims: verified.proof.claims, issuer: verified.issuer } },
      { ...verified, format: 'jwt' },
      { ...verified, proof: undefined },
    ]
    for (const fake of fakes) {
      assert.throws(
        () => readCaller(fake as VerifiedToken),
        refusal('ERR_S2S_SIGNATURE_INVALID', 'no signature was verified'),
      )
    }
  })
})
