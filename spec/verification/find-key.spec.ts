import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TokenError, UnavailableError } from '../../lib/foundation/errors.ts'
import type { KeySet } from '../../lib/keys/key-set.ts'
import type { VerificationKey } from '../../lib/keys/verification-key.ts'
import type { KeySource } from '../../lib/trust/trusted-issuer.ts'
import { findKey } from '../../lib/verification/find-key.ts'
import { makeKeyPair } from '../support/key-pairs.ts'
import { oauthTrustedIssuer } from '../support/trusted-issuers.ts'

const key: VerificationKey = { id: 'new', key: makeKeyPair('ed25519').publicKey, algorithms: new Set(['EdDSA']) }
const alg = 'EdDSA'

/** A key set that knows one `kid`, whatever the field it stands in. */
function knowing(known: string): KeySet {
  return {
    keys: [key],
    findKey: ({ kid, x5t, 'x5t#S256': x5tS256 }) => {
      if (kid === known || x5t === known || x5tS256 === known) return key
      if (kid === 'unusable') throw new TokenError('ERR_S2S_KEY_UNUSABLE')
      throw new TokenError('ERR_S2S_KEY_UNKNOWN')
    },
  }
}

interface Source extends KeySource {
  refreshes: number
}

function source(changes: Partial<KeySource> = {}, fresh = true): Source {
  const keys: Source = {
    refreshes: 0,
    current: () => knowing('old'),
    refresh: () => {
      keys.refreshes += 1
      return Promise.resolve({ value: fresh ? knowing('new') : knowing('old'), fresh })
    },
    failing: () => false,
    state: () => assert.fail('nobody asks how the keys stand'),
    close: () => undefined,
    ...changes,
  }
  return keys
}

describe('findKey', () => {
  it('finds a known key without a look at the issuer', async () => {
    const keys = source()
    assert.equal((await findKey({ alg, kid: 'old' }, oauthTrustedIssuer({ keys }))).key, key)
    assert.equal(keys.refreshes, 0)
  })

  it('waits for keys that are still on their way', async () => {
    const keys = source({ current: () => Promise.resolve(knowing('old')) })
    assert.equal((await findKey({ alg, kid: 'old' }, oauthTrustedIssuer({ keys }))).key, key)
  })

  for (const name of ['kid', 'x5t', 'x5t#S256'] as const) {
    it(`looks once more for an unknown ${name}`, async () => {
      const keys = source()
      assert.equal((await findKey({ alg, [name]: 'new' }, oauthTrustedIssuer({ keys }))).key, key)
      assert.equal(keys.refreshes, 1)
    })
  }

  it('says that the key is unknown when it is not there after that look', async () => {
    const keys = source()
    await assert.rejects(async () => findKey({ alg, kid: 'stranger' }, oauthTrustedIssuer({ keys })), {
      code: 'ERR_S2S_KEY_UNKNOWN',
    })
    assert.equal(keys.refreshes, 1)
  })

  it('says that the key is unknown when the token bucket gave no look', async () => {
    const keys = source({}, false)
    await assert.rejects(async () => findKey({ alg, kid: 'new' }, oauthTrustedIssuer({ keys })), {
      code: 'ERR_S2S_KEY_UNKNOWN',
    })
  })

  it('lets the first refusal stand when the look brought the very same keys', async () => {
    const refusals: TokenError[] = []
    const keySet: KeySet = {
      keys: [],
      findKey: () => {
        const refusal = new TokenError('ERR_S2S_KEY_UNKNOWN')
        refusals.push(refusal)
        throw refusal
      },
    }
    const keys = source({ current: () => keySet, refresh: () => Promise.resolve({ value: keySet, fresh: false }) })
    await assert.rejects(
      async () => findKey({ alg, kid: 'new' }, oauthTrustedIssuer({ keys })),
      (error) => error === refusals[0],
    )
    assert.equal(refusals.length, 1)
  })

  it('says that the issuer is out of reach when it is, and gave no look', async () => {
    const keys = source({ failing: () => true }, false)
    await assert.rejects(async () => findKey({ alg, kid: 'new' }, oauthTrustedIssuer({ keys })), {
      code: 'ERR_S2S_KEYS_UNREACHABLE',
      reason: 'login: the key is not known and the issuer is out of reach',
      status: 503,
    })
  })

  it('does not look for a header that names no key', async () => {
    const keys = source()
    await assert.rejects(async () => findKey({ alg }, oauthTrustedIssuer({ keys })), { code: 'ERR_S2S_KEY_UNKNOWN' })
    assert.equal(keys.refreshes, 0)
  })

  it('does not look for a key that is known but not usable', async () => {
    const keys = source()
    await assert.rejects(async () => findKey({ alg, kid: 'unusable' }, oauthTrustedIssuer({ keys })), {
      code: 'ERR_S2S_KEY_UNUSABLE',
    })
    assert.equal(keys.refreshes, 0)
  })

  it('passes an outage on, at the first load and at the second look', async () => {
    const outage = new UnavailableError('ERR_S2S_KEYS_UNREACHABLE')
    const never = source({ current: () => Promise.reject(outage) })
    await assert.rejects(async () => findKey({ alg, kid: 'old' }, oauthTrustedIssuer({ keys: never })), outage)
    const later = source({ refresh: () => Promise.reject(outage) })
    await assert.rejects(async () => findKey({ alg, kid: 'new' }, oauthTrustedIssuer({ keys: later })), outage)
  })

  it('passes on what is neither guilt nor outage', async () => {
    const bug = new RangeError('a bug')
    const keys = source({
      current: () => ({
        keys: [],
        findKey: () => {
          throw bug
        },
      }),
    })
    await assert.rejects(async () => findKey({ alg, kid: 'old' }, oauthTrustedIssuer({ keys })), bug)
    assert.equal(keys.refreshes, 0)
  })
})
