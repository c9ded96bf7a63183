import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TokenError, UnavailableError } from '../../lib/foundation/errors.ts'
import type { TrustedIssuer } from '../../lib/trust/trusted-issuer.ts'
import { createSignedTokenProver } from '../../lib/verification/prove-signed-token.ts'
import { tokenHashOf } from '../../lib/verification/token-ids.ts'
import { fixedClock, NOW } from '../support/clock.ts'
import { otherSignature } from '../support/token-changes.ts'
import { takeApart } from '../support/token-parts.ts'
import { compact, flipSignatureBit } from '../support/tokens.ts'
import { issuerOfFarm, issuerOfOAuth } from '../support/trusted-issuers.ts'
import { makeWorld, s2sAudience } from '../support/world.ts'

const { farm, otherFarm, oauth, otherOAuth } = await makeWorld()
const { forgeActor, forgeOuter, wrap, actorToken } = await takeApart(farm)
const trusted: readonly TrustedIssuer[] = [
  issuerOfFarm(farm),
  issuerOfOAuth(oauth, { algorithms: new Set(['RS256', 'ES256']) }),
]
const find = (name: string): TrustedIssuer => {
  const found = trusted.find(({ issuerNames }) => issuerNames.includes(name))
  if (found === undefined) throw new TokenError('ERR_S2S_ISSUER_UNTRUSTED')
  return found
}
const prove = createSignedTokenProver({ issuers: { find }, clock: fixedClock })

const es256 = await oauth.token({ algorithm: 'ES256' })
const accessToken = await oauth.token()
const future = await oauth.token({ claims: { nbf: NOW + 300 } })
const expiredOuter = forgeOuter({ claims: { exp: '1', actortoken: actorToken } })
const strangeOuter = compact({ alg: 'none' }, { actortoken: actorToken })

/** Whoever has one of these has a good token in hand. */
const proved: Readonly<Record<string, readonly [token: string, endsAt: number]>> = {
  'an OAuth token': [accessToken, NOW + 660],
  'its second signature': [otherSignature(es256), NOW + 660],
  'one that is not valid yet': [future, NOW + 660],
  'an application token': [await farm.appOnlyToken(), NOW + 3060],
  'one that writes our host in other letters': [
    await farm.appOnlyToken({ aud: s2sAudience.replace('portal', 'PORTAL') }),
    NOW + 3060,
  ],
  'a user token of an application that may not act for users': [
    await farm.userToken({ upn: 'dana' }, actorToken),
    NOW + 3060,
  ],
  'an actor token in an outer token that has ended': [expiredOuter, NOW + 3060],
  'an actor token in whatever': [strangeOuter, NOW + 3060],
}

/** Nobody has anything in hand. */
const refused: Readonly<Record<string, string>> = {
  'an OAuth token that writes its end as S2S does': await oauth.token({ claims: { exp: `${NOW + 600}` } }),
  garbage: 'garbage',
  'an OAuth token with another signature': flipSignatureBit(accessToken),
  'an actor token with another signature': wrap(flipSignatureBit(actorToken)),
  'an actor token of another key': forgeActor({ key: otherFarm.certificate.privateKey }),
  'an unsigned token without an actor token': forgeOuter({ claims: { actortoken: undefined } }),
  'a token of an issuer that is not trusted': await otherOAuth.token(),
  'an OAuth token that has ended': await oauth.token({ claims: { exp: NOW - 60 } }),
  'an OAuth token without an end': await oauth.token({ claims: { exp: undefined } }),
  'an OAuth token for another server': await oauth.token({ claims: { aud: 'https://elsewhere.example' } }),
  'an application token for another server': await farm.appOnlyToken({ aud: 'x/elsewhere.example@y' }),
  'a token of another type': await oauth.token({ header: { typ: 'dpop+jwt' } }),
}

describe('createSignedTokenProver', () => {
  for (const [name, [token, endsAt]] of Object.entries(proved)) {
    it(`proves ${name}`, () => {
      const found = prove(token)
      assert.ok(!(found instanceof Promise))
      assert.equal(found.hash, tokenHashOf(token))
      assert.equal(found.endsAt, endsAt)
      assert.ok([farm.issuerName, oauth.issuer].includes(found.issuerName))
    })
  }

  for (const [name, token] of Object.entries(refused)) {
    it(`does not prove ${name}`, () => {
      assert.throws(() => prove(token), TokenError)
    })
  }

  it('says why not', () => {
    assert.throws(() => prove(refused['an OAuth token that has ended'] ?? ''), {
      code: 'ERR_S2S_TOKEN_EXPIRED',
      reason: '"exp" has passed',
    })
    assert.throws(() => prove(refused['an OAuth token without an end'] ?? ''), {
      code: 'ERR_S2S_CLAIM_INVALID',
      reason: '"exp" is missing',
    })
  })

  it('waits for keys, and fails with them', async () => {
    const known = issuerOfOAuth(oauth)
    const keySet = known.keys.current()
    const waiting = { ...known, keys: { ...known.keys, current: () => Promise.resolve(keySet) } }
    const promise = createSignedTokenProver({ issuers: { find: () => waiting }, clock: fixedClock })(accessToken)
    assert.ok(promise instanceof Promise)
    assert.equal((await promise).issuerName, oauth.issuer)
    const outage = new UnavailableError('ERR_S2S_KEYS_UNREACHABLE')
    const down = { ...known, keys: { ...known.keys, current: () => Promise.reject(outage) } }
    await assert.rejects(
      async () => createSignedTokenProver({ issuers: { find: () => down }, clock: fixedClock })(accessToken),
      outage,
    )
  })
})
