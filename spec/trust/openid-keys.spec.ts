import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRefreshingValue } from '../../lib/foundation/refreshing-value.ts'
import { createJwksKeySet, parseJwks, type JwksKey } from '../../lib/keys/jwks-key-set.ts'
import { keySetsOf } from '../../lib/trust/openid-keys.ts'
import { makeMovableClock } from '../support/clock.ts'
import { makeKeyPair } from '../support/key-pairs.ts'

const jwk = { ...makeKeyPair('ec256').publicKey.export({ format: 'jwk' }), kid: 'a' }

describe('keySetsOf', () => {
  it('makes one key set for each state of the keys, at once where they are there', async () => {
    const { clock, advance } = makeMovableClock()
    const keys = createRefreshingValue<readonly JwksKey[]>({
      load: () => Promise.resolve(parseJwks({ keys: [jwk] }).keys),
      refreshSeconds: 100,
      staleSeconds: 1000,
      clock,
    })
    let made = 0
    let closed = 0
    const source = keySetsOf(
      keys,
      (all) => {
        made += 1
        return createJwksKeySet(all)
      },
      () => {
        closed += 1
      },
    )
    const first = await source.current()
    assert.equal(source.current(), first)
    assert.equal(made, 1)
    advance(100)
    const second = await source.current()
    assert.notEqual(second, first)
    assert.equal(made, 2)
    assert.equal((await source.refresh()).fresh, true)
    assert.equal(made, 3)
    assert.equal(source.failing(), false)
    source.close()
    assert.equal(closed, 1)
    keys.close()
  })
})
