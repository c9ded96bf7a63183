import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { OAuthTrustedIssuer } from '../../lib/trust/trusted-issuer.ts'
import { verifyOAuthClaims } from '../../lib/verification/verify-oauth-token.ts'
import { NOW } from '../support/clock.ts'
import { oauthTrustedIssuer } from '../support/trusted-issuers.ts'
import { oauthAudience } from '../support/world.ts'

const claims = { aud: oauthAudience, sub: 'svc', client_id: 'svc', jti: '1', iat: NOW, exp: NOW + 600 }
type Options = Partial<OAuthTrustedIssuer>
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
    ['nonce and act, which say nothing here', { nonce: 'n', act: { sub: 'other' } }],
  ]
  for (const [name, changes, options] of accepted) {
    it(`accepts ${name}`, () => {
      const times = verifyOAuthClaims(without({ ...claims, ...changes }), oauthTrustedIssuer(options), NOW)
      assert.equal(times.expiresAt, NOW + 600)
    })
  }

  const refused: readonly [name: string, changes: object, code: string, options?: Options][] = [
    ['another audience', { aud: 'other' }, 'ERR_S2S_AUDIENCE_MISMATCH'],
    ['an expired token', { exp: NOW - 600 }, 'ERR_S2S_TOKEN_EXPIRED'],
    ['an ID token (at_hash)', { at_hash: 'x' }, 'ERR_S2S_TOKEN_TYPE'],
    ['an ID token (c_hash)', { c_hash: 'x' }, 'ERR_S2S_TOKEN_TYPE'],
    ['a logout token', { events: {} }, 'ERR_S2S_TOKEN_TYPE'],
    ['an actor token inside', { actortoken: 'x.y.z' }, 'ERR_S2S_CLAIM_INVALID'],
    ['a token bound to a DPoP key', { cnf: { jkt: 'x' } }, 'ERR_S2S_TOKEN_BOUND'],
    ['a token bound to a certificate', { cnf: { 'x5t#S256': 'x' } }, 'ERR_S2S_TOKEN_BOUND'],
    ['an empty cnf', { cnf: null }, 'ERR_S2S_TOKEN_BOUND'],
    ['a sub that is no text', { sub: ['svc'] }, 'ERR_S2S_CLAIM_INVALID'],
    ['no sub, strictly', { sub: undefined }, 'ERR_S2S_CLAIM_INVALID', strict],
    ['no client_id, strictly', { client_id: undefined }, 'ERR_S2S_CLAIM_INVALID', strict],
    ['no jti, strictly', { jti: undefined }, 'ERR_S2S_CLAIM_INVALID', strict],
    ['no iat, strictly', { iat: undefined }, 'ERR_S2S_CLAIM_INVALID', strict],
    ['nbf in place of iat, strictly', { iat: undefined, nbf: NOW }, 'ERR_S2S_CLAIM_INVALID', strict],
    ['a Keycloak ID token', { typ: 'ID' }, 'ERR_S2S_TOKEN_TYPE', keycloak],
    ['a Keycloak refresh token', { typ: 'Refresh' }, 'ERR_S2S_TOKEN_TYPE', keycloak],
    ['a Cognito ID token', { token_use: 'id' }, 'ERR_S2S_TOKEN_TYPE', cognito],
    ['another tenant', { tid: 'fa15d692-e9c7-4460-a743-29f2956fd429' }, 'ERR_S2S_REALM_MISMATCH', tenant],
    ['the tenant in other letter case', { tid: tenant.tenantId?.toUpperCase() }, 'ERR_S2S_REALM_MISMATCH', tenant],
    ['no tid of a tenant', {}, 'ERR_S2S_CLAIM_INVALID', tenant],
    ['a tid that is no text', { tid: [tenant.tenantId] }, 'ERR_S2S_CLAIM_INVALID', tenant],
    ['a Cognito token of no stated use', {}, 'ERR_S2S_TOKEN_TYPE', cognito],
  ]
  for (const [name, changes, code, options] of refused) {
    it(`refuses ${name}`, () => {
      const changed = without({ ...claims, ...changes })
      assert.throws(() => verifyOAuthClaims(changed, oauthTrustedIssuer(options), NOW), { code })
    })
  }
})

/** As JSON does: members that are undefined are not there. */
function without(members: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}
