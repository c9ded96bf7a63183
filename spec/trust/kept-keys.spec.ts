import assert from 'node:assert/strict'
import { Agent } from 'node:https'
import { describe, it } from 'node:test'
import { createRefreshingValue } from '../../lib/foundation/refreshing-value.ts'
import { KeptKeys, type KeyOrigin } from '../../lib/trust/kept-keys.ts'
import type { S2SMetadataIssuerOptions } from '../../lib/trust/issuer-options.ts'
import type { TrustContext } from '../../lib/trust/trusted-issuer.ts'
import { createS2SMetadataIssuer } from '../../lib/trust/s2s-metadata-issuer.ts'
import { makeMovableClock } from '../support/clock.ts'
import { makeFarm } from '../support/farm.ts'
import { makeTrustWorld } from '../support/trust-context.ts'
import { s2sAudience, self } from '../support/world.ts'

const { clock, advance } = makeMovableClock()
const { context } = makeTrustWorld({ clock, ownKeys: new Set(['ours']), fetchOptions: { ca: 'authority' } })
const origin: KeyOrigin = { kind: 'openid', place: { url: 'https://a' }, options: {} }
const keys = createRefreshingValue({ load: () => Promise.resolve('keys'), refreshSeconds: 1, staleSeconds: 1, clock })

describe('KeptKeys', () => {
  const before = new KeptKeys()
  before.keep({ origin, context, keys })

  it('hands keys on to the next configuration, until that is made', () => {
    const next = new KeptKeys(before)
    assert.equal(next.earlier({ ...origin, place: { url: 'https://a' } }, { ...context }), keys)
    next.settle()
    assert.equal(next.earlier(origin, context), undefined)
    assert.equal(before.earlier(origin, context), undefined)
  })

  for (const [name, changedOrigin, changedContext] of [
    ['of another kind', { kind: 's2s-metadata' }, {}],
    ['of another place', { place: { url: 'https://b' } }, {}],
    ['asked over other TLS', { options: { ca: 'other' } }, {}],
    ['asked over other TLS of the server', {}, { fetchOptions: {} }],
    ['by another fetch', { options: { fetch } }, {}],
    ['by another agent', { options: { agent: new Agent() } }, {}],
    ['by another agent of the server', {}, { fetchOptions: { ca: 'authority', agent: new Agent() } }],
    ['on another clock', {}, { clock: () => 0 }],
    ['of a server of another name', {}, { ownName: 'b@c' }],
    ['when another key is ours now', {}, { ownKeys: new Set(['ours', 'more']) }],
  ] as const satisfies readonly (readonly [string, Partial<KeyOrigin>, Partial<TrustContext>])[]) {
    it(`does not hand on keys ${name}`, () => {
      const next = new KeptKeys(before)
      assert.equal(next.earlier({ ...origin, ...changedOrigin }, { ...context, ...changedContext }), undefined)
    })
  }

  it('closes all that it keeps', () => {
    const closed: string[] = []
    const kept = new KeptKeys()
    for (const name of ['a', 'b']) {
      const close = (): void => {
        closed.push(name)
      }
      kept.keep({ origin, context, keys: { ...keys, close } })
    }
    kept.close()
    assert.deepEqual(closed, ['a', 'b'])
  })

  it('hands them on when fewer keys are ours', () => {
    assert.equal(new KeptKeys(before).earlier(origin, { ...context, ownKeys: new Set() }), keys)
  })
})

describe('an s2s-metadata issuer of the next configuration', () => {
  it('knows its keys and its name without a fetch, and they are as old as they are', async () => {
    const farm = await makeFarm({ realm: self.realm, clientId: 'a', issuerId: 'teller', audience: s2sAudience, clock })
    let fetches = 0
    const answering: typeof fetch = () => {
      fetches += 1
      return Promise.resolve(Response.json(farm.metadata('sharepoint')))
    }
    const options = {
      type: 's2s-metadata',
      metadataEndpoint: 'https://farm.example/metadata',
      keysRefreshSeconds: 100,
    } as const
    const first = new KeptKeys()
    const world = { ...context, fetchOptions: { fetch: answering } }
    const issuer = createS2SMetadataIssuer(options, { ...world, keptKeys: first })
    const keySet = await issuer.keys.current()
    advance(60)
    const next = createS2SMetadataIssuer(options, { ...world, keptKeys: new KeptKeys(first) })
    assert.deepEqual(next.issuerNames, [farm.issuerName])
    assert.equal(next.keys.current(), keySet)
    advance(40)
    assert.ok(next.keys.current() instanceof Promise)
    await next.keys.current()
    assert.equal(fetches, 2)
    first.close()
    next.keys.close()
  })

  it('keeps its name when its keys are too old to serve: its tokens are an outage, not a stranger', async () => {
    const farm = await makeFarm({ realm: self.realm, clientId: 'a', issuerId: 'teller', audience: s2sAudience, clock })
    let isDown = false
    const answering: typeof fetch = () =>
      isDown ? Promise.reject(new Error('no network')) : Promise.resolve(Response.json(farm.metadata('sharepoint')))
    const options = { type: 's2s-metadata', metadataEndpoint: 'https://farm.example/metadata' } as const
    const first = new KeptKeys()
    const world = { ...context, fetchOptions: { fetch: answering } }
    await createS2SMetadataIssuer(options, { ...world, keptKeys: first }).keys.current()
    isDown = true
    advance(20_000)
    const next = createS2SMetadataIssuer(options, { ...world, keptKeys: new KeptKeys(first) })
    assert.deepEqual(next.issuerNames, [farm.issuerName])
    assert.equal(next.keys.state().value, undefined)
    await assert.rejects(async () => next.keys.current(), { code: 'ERR_S2S_KEYS_UNREACHABLE' })
    first.close()
    next.keys.close()
  })

  const base = { type: 's2s-metadata', metadataEndpoint: 'https://farm.example/metadata' } as const
  const changes: readonly [
    name: string,
    changes: Partial<S2SMetadataIssuerOptions>,
    before?: Partial<S2SMetadataIssuerOptions>,
  ][] = [
    ['another address', { metadataEndpoint: 'https://other.example/metadata' }],
    ['a name', { registeredIssuerName: `other@${self.realm}` }],
    ['thumbprints', { thumbprints: ['00'.repeat(20)] }],
    ['other realms', { realms: ['b'] }, { realms: ['a'] }],
  ]
  for (const [name, after, before = {}] of changes) {
    it(`begins anew with ${name}`, async () => {
      const farm = await makeFarm({
        realm: before.realms === undefined ? self.realm : '*',
        clientId: 'a',
        issuerId: 'teller',
        audience: s2sAudience,
        clock,
      })
      const world = {
        ...context,
        fetchOptions: { fetch: () => Promise.resolve(Response.json(farm.metadata('sharepoint'))) },
      }
      const first = new KeptKeys()
      const issuer = createS2SMetadataIssuer({ ...base, ...before }, { ...world, keptKeys: first })
      await issuer.keys.current()
      const same = createS2SMetadataIssuer({ ...base, ...before }, { ...world, keptKeys: new KeptKeys(first) })
      assert.ok(!(same.keys.current() instanceof Promise))
      const changed = { ...base, ...before, ...after }
      const next = createS2SMetadataIssuer(changed, { ...world, keptKeys: new KeptKeys(first) })
      assert.deepEqual(next.issuerNames, after.registeredIssuerName === undefined ? [] : [after.registeredIssuerName])
      const current = next.keys.current()
      assert.ok(current instanceof Promise)
      await current.catch(() => undefined)
      first.close()
      next.keys.close()
    })
  }
})
