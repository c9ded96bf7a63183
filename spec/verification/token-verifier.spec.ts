import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createDelegationPolicy } from '../../lib/trust/delegation.ts'
import { TokenError } from '../../lib/foundation/errors.ts'
import type { KeySource, TrustedIssuer } from '../../lib/trust/trusted-issuer.ts'
import { createTokenVerifier, type VerifyToken } from '../../lib/verification/token-verifier.ts'
import { VerifiedSignature } from '../../lib/verification/verify-signature.ts'
import { fixedClock, NOW } from '../support/clock.ts'
import { makeFarm } from '../support/farm.ts'
import { makeOAuthIssuer } from '../support/oauth-issuer.ts'
import { refusal } from '../support/refusal.ts'
import { compact, encodePart, flipSignatureBit } from '../support/tokens.ts'
import { takeApart } from '../support/token-parts.ts'
import { issuerOfFarm, issuerOfOAuth } from '../support/trusted-issuers.ts'
import { dana, oauthAudience, s2sAudience, self } from '../support/world.ts'

const client = '4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28'
const clock = fixedClock
const farm = await makeFarm({ realm: self.realm, clientId: client, issuerId: 'broker', audience: s2sAudience, clock })
const oauth = makeOAuthIssuer({ issuer: 'https://login.example.com', audience: oauthAudience, clock })
const { forgeActor, forgeOuter, actorToken, wrap } = await takeApart(farm)
const allowDelegation = createDelegationPolicy({ applications: [client] }, 'farm')
const trustedFarm = issuerOfFarm(farm, { isTrustBroker: true, allowDelegation })
const trustedOAuth = issuerOfOAuth(oauth)

function verifierFor(...issuers: readonly TrustedIssuer[]): VerifyToken {
  const find = (name: string): TrustedIssuer => {
    const found = issuers.find(({ issuerNames }) => issuerNames.includes(name))
    if (found === undefined) throw new TokenError('ERR_S2S_ISSUER_UNTRUSTED')
    return found
  }
  return createTokenVerifier({ issuers: { find }, clock })
}

const verify = verifierFor(trustedFarm, trustedOAuth)
const acs = { actor: farm.applicationName, nameid: dana.nameid, identityprovider: 'urn:federation:microsoftonline' }

const withoutTyp = { header: { typ: undefined } }
const accessToken = await oauth.token()
const expiredAccessToken = await oauth.token({ claims: { exp: NOW - 600 } })
const untypedAccessToken = await oauth.token(withoutTyp)
const psToken = accessToken.replace(/^[^.]+/, encodePart({ alg: 'PS256', typ: 'at+jwt' }))
const boundProof = await oauth.token({ header: { typ: 'dpop+jwt' } })
const fullyTyped = await oauth.token({ header: { typ: 'application/AT+JWT' } })

describe('createTokenVerifier', () => {
  it('verifies an access token of an OAuth issuer', async () => {
    const verified = await verify(await oauth.token({ claims: { scope: 'reports.read' } }))
    assert.equal(verified.format, 'jwt')
    assert.equal(verified.issuer, trustedOAuth)
    assert.deepEqual([verified.issuedAt, verified.expiresAt], [NOW, NOW + 600])
    assert.ok(verified.proof instanceof VerifiedSignature)
    assert.equal(verified.proof.claims['scope'], 'reports.read')
    assert.ok(!('user' in verified))
  })

  it('verifies an actor token that comes on its own as the application alone', async () => {
    const verified = await verify(forgeActor({ claims: { upn: dana.upn } }))
    assert.ok(verified.format === 's2s-app')
    assert.deepEqual(verified.application, { id: client, realm: self.realm })
    assert.ok(!('user' in verified))
  })

  it('verifies an outer token around an actor token, and proves the actor', async () => {
    const verified = await verify(wrap(actorToken))
    assert.ok(verified.format === 's2s-user')
    assert.deepEqual(verified.user, { ...dana })
    assert.deepEqual(verified.application, { id: client, realm: self.realm })
    assert.equal(verified.proof.claims['trustedfordelegation'], 'true')
    assert.equal(Object.hasOwn(verified.proof.claims, 'upn'), false)
  })

  it('verifies a user token of an ACS where that is accepted', async () => {
    const accepting = verifierFor(issuerOfFarm(farm, { isTrustBroker: true, allowDelegation, acceptsUserTokens: true }))
    const verified = await accepting(forgeActor({ claims: acs }))
    assert.ok(verified.format === 'acs-user')
    assert.deepEqual(verified.user, { nameid: dana.nameid, nii: 'urn:federation:microsoftonline' })
    const alone = await accepting(forgeActor())
    assert.equal(alone.format, 's2s-app')
  })

  const refused: readonly [
    name: string,
    token: string,
    check: ReturnType<typeof refusal>,
    issuers?: readonly TrustedIssuer[],
  ][] = [
    ['garbage', 'garbage', refusal('ERR_S2S_TOKEN_MALFORMED', 'the token does not have three segments')],
    [
      'an unknown algorithm before it looks at the issuer',
      compact({ alg: 'HS256' }, {}, 'AA'),
      refusal('ERR_S2S_ALGORITHM_NOT_ALLOWED', 'the algorithm is not one of the known asymmetric ones'),
    ],
    ['a token without iss', compact({ alg: 'RS256' }, {}, 'AA'), refusal('ERR_S2S_CLAIM_INVALID', '"iss" is missing')],
    ['an unknown issuer', compact({ alg: 'RS256' }, { iss: 'x@y' }, 'AA'), refusal('ERR_S2S_ISSUER_UNTRUSTED')],
    [
      'an algorithm that is not among the several of the issuer',
      psToken,
      refusal('ERR_S2S_ALGORITHM_NOT_ALLOWED', 'login may use RS256, ES256 only'),
    ],
    [
      'an algorithm that is known, but not allowed to the issuer',
      forgeActor({ header: { alg: 'ES256' } }),
      refusal('ERR_S2S_ALGORITHM_NOT_ALLOWED', 'farm may use RS256 only'),
    ],
    [
      'a typ of OAuth from an S2S issuer',
      forgeActor({ header: { typ: 'at+jwt' } }),
      refusal('ERR_S2S_TOKEN_TYPE', '"typ" is not one of jwt'),
    ],
    [
      'a typ of another kind of token',
      boundProof,
      refusal('ERR_S2S_TOKEN_TYPE', '"typ" is not one of jwt, at+jwt, application/at+jwt'),
    ],
    [
      'a wrong typ of the outer token',
      forgeOuter({ header: { typ: 'at+jwt' } }),
      refusal('ERR_S2S_TOKEN_TYPE', '"typ" is not one of jwt'),
    ],
    [
      'an unsigned token with a signature',
      `${wrap(actorToken)}AAAA`,
      refusal('ERR_S2S_SIGNATURE_INVALID', 'a token with alg none has a signature'),
    ],
    [
      'an unsigned token alone',
      wrap(undefined),
      refusal('ERR_S2S_ALGORITHM_NOT_ALLOWED', 'an unsigned token without an actor token'),
    ],
    ['an actor token that is no text', wrap({}), refusal('ERR_S2S_TOKEN_MALFORMED', '"actortoken" is not a text')],
    [
      'an OAuth token in an outer token',
      wrap(accessToken),
      refusal('ERR_S2S_TOKEN_TYPE', 'only the actor token of an S2S issuer may be wrapped in an unsigned token'),
    ],
    [
      'an unsigned token in an outer token',
      wrap(wrap(actorToken)),
      refusal('ERR_S2S_ALGORITHM_NOT_ALLOWED', 'the algorithm is not one of the known asymmetric ones'),
    ],
    [
      'a flipped bit, OAuth',
      flipSignatureBit(accessToken),
      refusal('ERR_S2S_SIGNATURE_INVALID', 'the signature does not verify'),
    ],
    [
      'a flipped bit, app-only',
      flipSignatureBit(actorToken),
      refusal('ERR_S2S_SIGNATURE_INVALID', 'the signature does not verify'),
    ],
    [
      'a flipped bit in the actor token',
      wrap(flipSignatureBit(actorToken)),
      refusal('ERR_S2S_SIGNATURE_INVALID', 'the signature does not verify'),
    ],
    [
      'a user token of an ACS where that is not accepted',
      forgeActor({ claims: acs }),
      refusal('ERR_S2S_CLAIM_INVALID', '"actor" is not accepted here'),
    ],
    [
      'an application that may not act for users',
      wrap(actorToken),
      refusal('ERR_S2S_DELEGATION_NOT_ALLOWED', 'an application of farm: the issuer has no allowDelegation'),
      [issuerOfFarm(farm, { isTrustBroker: true })],
    ],
    [
      'a user token of an ACS for an application that may not',
      forgeActor({ claims: { ...acs, actor: `other@${self.realm}` } }),
      refusal(
        'ERR_S2S_DELEGATION_NOT_ALLOWED',
        'an application of farm: it is not listed in allowDelegation.applications',
      ),
      [issuerOfFarm(farm, { isTrustBroker: true, allowDelegation, acceptsUserTokens: true })],
    ],
    [
      'a flipped bit in a user token of an ACS',
      flipSignatureBit(forgeActor({ claims: acs })),
      refusal('ERR_S2S_SIGNATURE_INVALID', 'the signature does not verify'),
      [issuerOfFarm(farm, { isTrustBroker: true, allowDelegation, acceptsUserTokens: true })],
    ],
    [
      'a token without typ from a strict issuer',
      untypedAccessToken,
      refusal('ERR_S2S_TOKEN_TYPE', /^"typ" is not one of /),
      [issuerOfOAuth(oauth, { strict: true })],
    ],
  ]
  for (const [name, token, check, issuers] of refused) {
    it(`refuses ${name}`, async () => {
      const verifier = issuers === undefined ? verify : verifierFor(...issuers)
      await assert.rejects(async () => verifier(token), check)
    })
  }

  const accepted: readonly [name: string, token: string][] = [
    ['no typ from an OAuth issuer', untypedAccessToken],
    ['no typ from an S2S issuer', forgeActor(withoutTyp)],
    ['no typ in the outer token', forgeOuter(withoutTyp)],
    ['a typ in other letters', forgeActor({ header: { typ: 'jwt' } })],
    ['a full media type', fullyTyped],
  ]
  for (const [name, token] of accepted) {
    it(`accepts ${name}`, async () => {
      assert.ok(await verify(token))
    })
  }

  it('asks for no key before every claim holds', async () => {
    const keys: KeySource = {
      current: () => assert.fail('a key was asked for'),
      refresh: () => assert.fail('a key was looked for'),
      failing: () => false,
      state: () => assert.fail('nobody asks how the keys stand'),
      close: () => undefined,
    }
    const lazy = verifierFor({ ...trustedFarm, keys }, { ...trustedOAuth, keys })
    const late = { exp: NOW - 600 }
    const tokens = [expiredAccessToken, forgeActor({ claims: late }), forgeOuter({ claims: late })]
    for (const token of tokens) await assert.rejects(async () => lazy(token), { code: 'ERR_S2S_TOKEN_EXPIRED' })
  })

  it('waits for an issuer whose name has to be learnt', async () => {
    const learning = createTokenVerifier({ issuers: { find: () => Promise.resolve(trustedFarm) }, clock })
    assert.equal((await learning(actorToken)).format, 's2s-app')
  })
})
