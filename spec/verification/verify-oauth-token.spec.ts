import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { OAuthTrustedIssuer } from '../../lib/trust/trusted-issuer.ts'
import { verifyOAuthClaims } from '../../lib/verification/verify-oauth-token.ts'
import { NOW } from '../support/clock.ts'
import { refusal } from '../support/refusal.ts'
import { oauthTrustedIssuer } from '../support/trusted-issuers.ts'
import { oauthAudience } from '../support/world.ts'

const claims = { aud: oauthAudience, sub: 'svc', client_id: 'svc', jti: '1', iat: NOW, exp: NOW + 600 }
type Options = Partial<OAuthTrustedIssuer>
const jkt = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'
const dpop: Options = { dpop: 'allowed' }
const both: Options = { dpop: 'required', mtls: 'required' }
const strict: Options = { strict: true }
const keycloak: Options = { callerKind: 'keycloak' }
const cognito: Options = { callerKind: 'cognito' }
const tenant: Options = { callerKind: 'entra', tenantId: '72f988bf-86f1-41af-91ab-2d7cd011db47' }

describe('verifyOAuthClaims', () => {
  const accepted: readonly [name: string, changes: object, options?: Options][] = [
    ['an RFC 9068 token', {}],
    ['a token without sub and iat', { sub: undefined, iat: undefined }],
    ['an RFC 9068 token, strictly', {}, strict],
    ['a Keycloak access token', { typ: 'Bearer' }, keycloak],
    ['a Keycloak token without the claim typ', {}, keycloak],
    ['any claim typ of other issuers', { typ: 'ID' }],
    ['a Cognito access token', { token_use: 'access' }, cognito],
    ['the tenant of the issuer', { tid: '72f988bf-86f1-41af-91ab-2d7cd011db47' }, tenant],
    ['any tid where the issuer is no tenant', { tid: 'other' }],
    ['a token bound to a DPoP key', { cnf: { jkt } }, dpop],
    ['a plain token where it may be bound', {}, dpop],
    ['a token bound to both', { cnf: { jkt, 'x5t#S256': jkt } }, both],
    ['nonce and act, which say nothing here', { nonce: 'n', act: { sub: 'other' } }],
  ]
  for (const [name, changes, options] of accepted) {
    it(`accepts ${name}`, () => {
      const times = verifyOAuthClaims(without({ ...claims, ...changes }), oauthTrustedIssuer(options), NOW)
      assert.equal(times.expiresAt, NOW + 600)
    })
  }

  const refused: readonly [name: string, changes: object, check: ReturnType<typeof refusal>, options?: Options][] = [
    ['another audience', { aud: 'other' }, refusal('ERR_S2S_AUDIENCE_MISMATCH', `"aud" is not ${oauthAudience}`)],
    ['an expired token', { exp: NOW - 600 }, refusal('ERR_S2S_TOKEN_EXPIRED', '"exp" has passed')],
    [
      'an ID token (at_hash)',
      { at_hash: 'x' },
      refusal('ERR_S2S_TOKEN_TYPE', '"at_hash" is not a claim of access tokens'),
    ],
    [
      'an ID token (c_hash)',
      { c_hash: 'x' },
      refusal('ERR_S2S_TOKEN_TYPE', '"c_hash" is not a claim of access tokens'),
    ],
    ['a logout token', { events: {} }, refusal('ERR_S2S_TOKEN_TYPE', '"events" is not a claim of access tokens')],
    [
      'an actor token inside',
      { actortoken: 'x.y.z' },
      refusal('ERR_S2S_CLAIM_INVALID', '"actortoken" is not accepted from an OAuth issuer'),
    ],
    [
      'a token bound to a DPoP key',
      { cnf: { jkt } },
      refusal('ERR_S2S_TOKEN_BOUND', 'the token is bound to a DPoP key ("jkt"), and no proof of it is accepted here'),
    ],
    [
      'a token bound to a certificate',
      { cnf: { 'x5t#S256': jkt } },
      refusal(
        'ERR_S2S_TOKEN_BOUND',
        'the token is bound to a client certificate ("x5t#S256"), and no proof of it is accepted here',
      ),
    ],
    ['an empty cnf', { cnf: null }, refusal('ERR_S2S_TOKEN_BOUND', '"cnf" names no key that could be proved')],
    [
      'a token bound to both where one proof is accepted',
      { cnf: { jkt, 'x5t#S256': jkt } },
      refusal('ERR_S2S_TOKEN_BOUND', /a client certificate/),
      dpop,
    ],
    ['a plain token where it must be bound', {}, refusal('ERR_S2S_TOKEN_NOT_BOUND', /to a DPoP key/), both],
    [
      'a token bound to one where it must be to both',
      { cnf: { jkt } },
      refusal('ERR_S2S_TOKEN_NOT_BOUND', /to a client certificate/),
      both,
    ],
    ['a sub that is no text', { sub: ['svc'] }, refusal('ERR_S2S_CLAIM_INVALID', /^"sub" is not a text/)],
    ['no sub, strictly', { sub: undefined }, refusal('ERR_S2S_CLAIM_INVALID', '"sub" is missing'), strict],
    [
      'no client_id, strictly',
      { client_id: undefined },
      refusal('ERR_S2S_CLAIM_INVALID', '"client_id" is missing'),
      strict,
    ],
    ['no jti, strictly', { jti: undefined }, refusal('ERR_S2S_CLAIM_INVALID', '"jti" is missing'), strict],
    ['no iat, strictly', { iat: undefined }, refusal('ERR_S2S_CLAIM_INVALID', '"iat" is missing'), strict],
    [
      'nbf in place of iat, strictly',
      { iat: undefined, nbf: NOW },
      refusal('ERR_S2S_CLAIM_INVALID', '"iat" is missing'),
      strict,
    ],
    ['a Keycloak ID token', { typ: 'ID' }, refusal('ERR_S2S_TOKEN_TYPE', '"typ" is not Bearer'), keycloak],
    ['a Keycloak refresh token', { typ: 'Refresh' }, refusal('ERR_S2S_TOKEN_TYPE', '"typ" is not Bearer'), keycloak],
    ['a Cognito ID token', { token_use: 'id' }, refusal('ERR_S2S_TOKEN_TYPE', '"token_use" is not access'), cognito],
    [
      'another tenant',
      { tid: 'fa15d692-e9c7-4460-a743-29f2956fd429' },
      refusal('ERR_S2S_REALM_MISMATCH', '"tid" is not the tenant of the issuer'),
      tenant,
    ],
    [
      'the tenant in other letter case',
      { tid: tenant.tenantId?.toUpperCase() },
      refusal('ERR_S2S_REALM_MISMATCH', '"tid" is not the tenant of the issuer'),
      tenant,
    ],
    ['no tid of a tenant', {}, refusal('ERR_S2S_CLAIM_INVALID', '"tid" is missing'), tenant],
    [
      'a tid that is no text',
      { tid: [tenant.tenantId] },
      refusal('ERR_S2S_CLAIM_INVALID', /^"tid" is not a text/),
      tenant,
    ],
    ['a Cognito token of no stated use', {}, refusal('ERR_S2S_TOKEN_TYPE', '"token_use" is not access'), cognito],
  ]
  for (const [name, changes, check, options] of refused) {
    it(`refuses ${name}`, () => {
      const changed = without({ ...claims, ...changes })
      assert.throws(() => verifyOAuthClaims(changed, oauthTrustedIssuer(options), NOW), check)
    })
  }
})

/** As JSON does: members that are undefined are not there. */
function without(members: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}
