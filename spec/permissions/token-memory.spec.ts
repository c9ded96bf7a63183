import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createAuditLog } from '../../lib/audit/audit-log.ts'
import { createMemoryGrants } from '../../lib/permissions/grants.ts'
import { createTokenMemory, refusedSenderOf } from '../../lib/permissions/token-memory.ts'
import { createSenders } from '../../lib/permissions/token-senders.ts'
import type { KeySet } from '../../lib/keys/key-set.ts'
import { createSuspensions } from '../../lib/suspension/suspensions.ts'
import { tokenHashOf } from '../../lib/verification/token-ids.ts'
import { createTokenVerifier } from '../../lib/verification/token-verifier.ts'
import { makeMovableClock, NOW } from '../support/clock.ts'
import { issuerOfOAuth } from '../support/trusted-issuers.ts'
import { makeWorld } from '../support/world.ts'

const { oauth } = await makeWorld()
const known = issuerOfOAuth(oauth)
const keySet = await known.keys.current()

/** A memory whose verifications are counted; its issuer's keys are there when `keys` says so. */
function memoryWith(keys: () => KeySet | Promise<KeySet>, keepsHashes = false) {
  const issuer = issuerOfOAuth(oauth, { keys: { ...known.keys, current: keys } })
  const { clock, advance } = makeMovableClock()
  const trust = { version: 0 }
  const verifyToken = createTokenVerifier({ issuers: { find: () => issuer }, clock })
  const verified: string[] = []
  const suspensions = createSuspensions({ state: undefined, clock })
  suspensions.serve({ audit: createAuditLog({ clock }), isKnownIssuer: () => true })
  const { recognise, health, close } = createTokenMemory(
    (token) => {
      verified.push(token)
      return verifyToken(token)
    },
    createSenders(createMemoryGrants([])),
    {
      clock,
      issuers: { has: (given) => given === issuer, version: () => trust.version },
      suspensions,
      keepsHashes,
    },
  )
  return { recognise, health, close, verified, advance, trust, suspensions }
}

describe('createTokenMemory', () => {
  it('remembers nothing once it is closed, and is told of suspensions no more', async () => {
    const { recognise, close, verified, suspensions } = memoryWith(() => keySet)
    const token = await oauth.token()
    assert.ok(!(recognise(token) instanceof Promise))
    close()
    for (const again of [recognise(token), recognise(token)]) assert.ok(!(again instanceof Promise))
    assert.deepEqual(verified, [token, token, token])
    await suspensions.suspend({ issuer: 'login' })
    assert.throws(() => recognise(token), { code: 'ERR_S2S_TOKEN_SUSPENDED' })
  })

  it('verifies a token once, and says the same each time, in the same turn', async () => {
    const { recognise, verified, health } = memoryWith(() => keySet)
    const token = await oauth.token()
    assert.deepEqual(health(), { entries: 0, hits: 0, misses: 0 })
    const first = recognise(token)
    assert.ok(!(first instanceof Promise))
    for (let times = 0; times < 5; times += 1) {
      const again = recognise(token)
      assert.ok(!(again instanceof Promise))
      assert.deepEqual([again.sender, again.expiresAt], [first.sender, first.expiresAt])
    }
    assert.deepEqual(verified, [token])
    assert.deepEqual(health(), { entries: 1, hits: 5, misses: 1 })
  })

  it('remembers no refusal', async () => {
    const { recognise, verified } = memoryWith(() => keySet)
    const token = await oauth.token({ claims: { aud: 'https://elsewhere.example' } })
    for (let times = 0; times < 3; times += 1) {
      await assert.rejects(async () => recognise(token), { code: 'ERR_S2S_AUDIENCE_MISMATCH' })
    }
    assert.equal(verified.length, 3)
  })

  it('shares one verification among requests that wait for the keys, and no longer', async () => {
    let keys: KeySet | Promise<KeySet> = Promise.resolve(keySet)
    const { recognise, verified } = memoryWith(() => keys)
    const [token, other] = [await oauth.token({ claims: { jti: 'a' } }), await oauth.token({ claims: { jti: 'b' } })]
    const waiting = [recognise(token), recognise(token), recognise(other), recognise(token)]
    keys = keySet
    const [first, second] = await Promise.all(waiting.map(async (one) => one))
    assert.equal(first?.sender, second?.sender)
    assert.deepEqual(verified, [token, other])
    await recognise(token)
    assert.deepEqual(verified, [token, other], 'remembered')
  })

  it('shares nothing with who comes after the trusted issuers changed', async () => {
    let arrive: (found: KeySet) => void = () => undefined
    const arriving = new Promise<KeySet>((resolve) => {
      arrive = resolve
    })
    let keys: KeySet | Promise<KeySet> = arriving
    const { recognise, verified, trust } = memoryWith(() => keys)
    const token = await oauth.token()
    const early = recognise(token)
    trust.version += 1
    const late = [recognise(token), recognise(token)]
    assert.deepEqual(verified, [token, token])
    keys = keySet
    arrive(keySet)
    await Promise.all([early, ...late].map(async (one) => one))
    assert.deepEqual(verified, [token, token])
  })

  it('ends the sharing of its own verification only', async () => {
    const arrivals: ((found: KeySet) => void)[] = []
    let keys = (): KeySet | Promise<KeySet> => new Promise((resolve) => arrivals.push(resolve))
    const { recognise, verified, trust } = memoryWith(() => keys())
    const token = await oauth.token()
    const early = recognise(token)
    trust.version += 1
    const late = recognise(token)
    arrivals[0]?.(keySet)
    await new Promise(setImmediate)
    const count = verified.length
    const last = recognise(token)
    assert.equal(verified.length, count, 'it shares the later one')
    keys = () => keySet
    for (const arrive of arrivals) arrive(keySet)
    const senders = await Promise.all([early, late, last].map(async (one) => (await one).sender))
    assert.equal(new Set(senders).size, 1)
  })

  it('lets nobody in with a token that ended while keys are fetched', async () => {
    let keys: KeySet | Promise<KeySet> = Promise.resolve(keySet)
    const { recognise, advance } = memoryWith(() => keys)
    const token = await oauth.token()
    const early = recognise(token)
    advance(660)
    const late = recognise(token)
    keys = keySet
    for (const one of [early, late]) await assert.rejects(async () => one, { code: 'ERR_S2S_TOKEN_EXPIRED' })
  })

  it('shares a failure too, and tries again afterwards', async () => {
    const outage = new Error('no network')
    let isDown = true
    const { recognise, verified } = memoryWith(() => (isDown ? Promise.reject(outage) : keySet))
    const token = await oauth.token()
    const waiting = [recognise(token), recognise(token)]
    for (const one of waiting) await assert.rejects(async () => one, outage)
    assert.equal(verified.length, 1)
    isDown = false
    assert.equal((await recognise(token)).sender.issuer.name, 'login')
  })

  it('forgets everything when somebody is suspended, and refuses who it was, with the sender for the audit log', async () => {
    const { recognise, verified, suspensions } = memoryWith(() => keySet)
    const [token, other] = [await oauth.token({ claims: { jti: 'a' } }), await oauth.token({ claims: { jti: 'b' } })]
    for (const one of [token, other]) await recognise(one)
    const { id } = await suspensions.suspend({ issuer: 'login', tokenId: 'a' })
    for (let times = 0; times < 2; times += 1) {
      await assert.rejects(async () => recognise(token), isSuspended)
      await recognise(other)
    }
    assert.deepEqual(verified, [token, other, token, other, token])
    await suspensions.resume(id)
    await recognise(token)
    assert.equal(refusedSenderOf('no error'), undefined)
  })

  it('forgets a token that is suspended by its name, also where it keeps hashes', async () => {
    const { recognise, suspensions } = memoryWith(() => keySet, true)
    const token = await oauth.token({ claims: { jti: 'a' } })
    await recognise(token)
    await suspensions.suspend({ issuer: 'login', tokenId: 'a' })
    await assert.rejects(async () => recognise(token), isSuspended)
  })

  it('forgets only the token that was burnt, where it keeps their hashes', async () => {
    for (const keepsHashes of [true, false]) {
      const { recognise, verified, suspensions } = memoryWith(() => keySet, keepsHashes)
      const [token, other] = [await oauth.token({ claims: { jti: 'a' } }), await oauth.token({ claims: { jti: 'b' } })]
      for (const one of [token, other]) await recognise(one)
      suspensions.burn({ issuer: oauth.issuer, tokenId: tokenHashOf(token), expiresAt: NOW + 600 })
      await assert.rejects(async () => recognise(token), { code: 'ERR_S2S_TOKEN_EXPOSED' })
      await recognise(other)
      assert.equal(verified.filter((one) => one === other).length, keepsHashes ? 1 : 2)
    }
  })

  it('lets nobody in who is suspended while keys are fetched', async () => {
    let keys: KeySet | Promise<KeySet> = Promise.resolve(keySet)
    const { recognise, suspensions } = memoryWith(() => keys)
    const token = await oauth.token()
    const waiting = [recognise(token), recognise(token)]
    await suspensions.suspend({ application: 'reporting' })
    keys = keySet
    for (const one of waiting) await assert.rejects(async () => one, isSuspended)
  })
})

function isSuspended(error: unknown): boolean {
  assert.equal((error as { readonly code?: unknown }).code, 'ERR_S2S_TOKEN_SUSPENDED')
  return refusedSenderOf(error)?.caller.application.id === 'reporting'
}
