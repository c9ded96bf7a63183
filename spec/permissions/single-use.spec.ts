import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSpendToken, tokenUseOf, type TokenUse } from '../../lib/permissions/single-use.ts'
import { createMemoryState } from '../../lib/state/memory-state.ts'
import type { TrustedIssuer } from '../../lib/trust/trusted-issuer.ts'
import { createTokenVerifier } from '../../lib/verification/token-verifier.ts'
import { fixedClock, NOW } from '../support/clock.ts'
import { issuerOfFarm, issuerOfOAuth } from '../support/trusted-issuers.ts'
import { dana, makeWorld } from '../support/world.ts'

const { farm, oauth } = await makeWorld()
const singleUse = true
const login = issuerOfOAuth(oauth, { singleUse })
const allowDelegation = { refusalAsItself: () => undefined, refusalForUser: () => undefined }
const ownFarm = issuerOfFarm(farm, { isTrustBroker: true, allowDelegation, singleUse })

async function useOf(token: string, issuer: TrustedIssuer = login): Promise<ReturnType<typeof tokenUseOf>> {
  const verified = await createTokenVerifier({ issuers: { find: () => issuer }, clock: fixedClock })(token)
  return tokenUseOf(token, verified)
}

describe('tokenUseOf', () => {
  it('is nothing for an issuer whose tokens may be used any number of times', async () => {
    assert.equal(await useOf(await oauth.token(), { ...login, singleUse: false }), undefined)
  })

  it('knows a token by issuer and id, else by its signed part, until nobody accepts it any more', async () => {
    const named = await useOf(await oauth.token({ claims: { jti: 'one', iat: NOW - 5, exp: NOW + 100 } }))
    assert.deepEqual(named && [named.untilSeconds, named.sinceSeconds], [NOW + 220, NOW - 5])
    const again = await useOf(await oauth.token({ claims: { jti: 'one', scope: 'other' } }))
    assert.equal(again?.key, named?.key)
    const others = await Promise.all(
      [{ jti: 'two' }, { jti: undefined }, { jti: undefined, scope: 'other' }].map(async (claims) =>
        useOf(await oauth.token({ claims })),
      ),
    )
    assert.equal(new Set([...others, named].map((use) => use?.key)).size, 4)
  })

  it('takes a token that does not say when it was issued for as old as it can be', async () => {
    const use = await useOf(await oauth.token({ claims: { iat: undefined, nbf: undefined, exp: NOW + 100 } }))
    assert.equal(use?.sinceSeconds, NOW + 100 - 86_400)
  })

  it('knows a nested token by its actor token, whatever the outer one says', async () => {
    const actor = await farm.actorToken({ jti: 'actor', iat: String(NOW - 60), exp: String(NOW + 500) })
    const outer = { iat: String(NOW), nbf: String(NOW), exp: String(NOW + 30), jti: 'outer' }
    const uses = await Promise.all(
      [await farm.userToken({ ...dana, ...outer }, actor), await farm.userToken({ upn: 'eve' }, actor)].map((token) =>
        useOf(token, ownFarm),
      ),
    )
    assert.deepEqual(uses[0], uses[1])
    assert.deepEqual([uses[0]?.untilSeconds, uses[0]?.sinceSeconds], [NOW + 620, NOW - 60])
  })
})

describe('createSpendToken', () => {
  const use: TokenUse = { key: 'a', untilSeconds: NOW + 60, sinceSeconds: NOW }
  const other: TokenUse = { ...use, key: 'b' }
  const replayed = { code: 'ERR_S2S_TOKEN_REPLAYED', status: 401 }
  const unavailable = { code: 'ERR_S2S_STATE_UNAVAILABLE', status: 503 }
  const memory = createMemoryState({ clock: fixedClock })

  for (const [name, state] of Object.entries({
    'at once': memory,
    'in a promise': { useOnce: async (...asked: Parameters<typeof memory.useOnce>) => memory.useOnce(...asked) },
  })) {
    it(`lets a token be used once, on one occasion as often as it is asked there; answered ${name}`, async () => {
      const spend = createSpendToken(state)
      const [occasion, later] = [{}, {}]
      const mine = { ...use, key: name }
      for (const one of [mine, mine, { ...other, key: `${name} b` }, mine]) await spend(one, occasion)
      for (const asked of [later, later, undefined]) {
        await assert.rejects(async () => spend(mine, asked), replayed)
      }
      await assert.rejects(async () => createSpendToken({ ...state })(mine, occasion), replayed, 'another state')
    })
  }

  it('lets nothing be used that the state cannot vouch for', async () => {
    const spend = createSpendToken(memory)
    await assert.rejects(async () => spend({ ...use, key: 'c', sinceSeconds: NOW - 1 }), replayed)
    await assert.rejects(async () => spend({ ...use, key: 'c', untilSeconds: NOW }), replayed)
    for (const answer of [undefined, null, 1, 'OK', {}]) {
      await assert.rejects(async () => createSpendToken({ useOnce: () => answer as boolean })(use), replayed)
    }
  })

  it('takes any failure of the state for an outage', async () => {
    const failing: readonly (() => boolean | Promise<boolean>)[] = [
      () => Promise.reject(new Error('down')),
      () => {
        throw new TypeError('broken')
      },
    ]
    for (const useOnce of failing) {
      await assert.rejects(async () => createSpendToken({ useOnce })(use), unavailable)
    }
    const full = createMemoryState({ clock: fixedClock, maximumKeys: 1 })
    await createSpendToken(full)(use)
    await assert.rejects(async () => createSpendToken(full)(other), /shared state cannot be reached/)
  })
})
