import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import type { Presented } from '../../lib/binding/presented.ts'
import { createPossessionProver, provedByNothing } from '../../lib/binding/prove-possession.ts'
import type { Confirmation } from '../../lib/tokens/confirmation.ts'
import { refusal } from '../support/refusal.ts'

const certificate = Buffer.from('a certificate')
const thumbprint = createHash('sha256').update(certificate).digest('base64url')
const dpop: Presented = { scheme: 'dpop', dpop: { proof: 'p', method: 'GET', path: '/' } }
const bearer: Presented = { scheme: 'bearer' }
const withCertificate = (presented: Presented, given: Uint8Array | undefined = certificate): Presented => ({
  ...presented,
  clientCertificate: () => given,
})
const key: Confirmation = { jkt: 'key' }
const certified: Confirmation = { 'x5t#S256': thumbprint }

/** A prover, and how often a proof was asked for. */
function story(answer?: Promise<void>) {
  const asked: unknown[] = []
  const prove = createPossessionProver({
    proveDpop: (bound, presented) => {
      asked.push([bound, presented])
      return answer
    },
  })
  return {
    asked,
    prove: (confirmation: Confirmation | undefined, presented?: Presented) =>
      prove({ token: 't', confirmation }, presented),
  }
}

describe('createPossessionProver', () => {
  for (const [name, confirmation, presented, expected] of [
    ['nothing, as Bearer', undefined, bearer, []],
    ['nothing, with a certificate', undefined, withCertificate(bearer), []],
    ['a DPoP key', key, dpop, ['dpop']],
    ['a DPoP key, with a certificate that nobody asked for', key, withCertificate(dpop), ['dpop']],
    ['a certificate', certified, withCertificate(bearer), ['mtls']],
    ['both', { ...key, ...certified }, withCertificate(dpop), ['dpop', 'mtls']],
  ] as const) {
    it(`lets a token pass that is bound to ${name}`, async () => {
      const { prove, asked } = story(Promise.resolve())
      assert.deepEqual(await prove(confirmation, presented), expected)
      assert.equal(asked.length, (expected as readonly string[]).includes('dpop') ? 1 : 0)
    })
  }

  it('waits for nothing where nothing must be asked, and gives one array for each outcome', () => {
    const { prove, asked } = story()
    assert.equal(prove(key, dpop), prove(key, dpop))
    assert.deepEqual(asked[0], [{ token: 't', jkt: 'key' }, dpop.dpop])
    assert.equal(prove(undefined, bearer), provedByNothing)
    assert.ok(Object.isFrozen(prove(key, dpop)))
  })

  for (const [name, confirmation, presented, code] of [
    ['a DPoP key, and nothing presented', key, undefined, 'ERR_S2S_TOKEN_BOUND'],
    ['a DPoP key, as Bearer', key, bearer, 'ERR_S2S_TOKEN_BOUND'],
    ['a DPoP key, as Bearer with a proof', key, { ...dpop, scheme: 'bearer' }, 'ERR_S2S_TOKEN_BOUND'],
    ['a DPoP key, as Bearer with a certificate', key, withCertificate(bearer), 'ERR_S2S_TOKEN_BOUND'],
    ['a DPoP key, under DPoP with nothing to hold a proof against', key, { scheme: 'dpop' }, 'ERR_S2S_TOKEN_BOUND'],
    ['a certificate, and nothing presented', certified, undefined, 'ERR_S2S_TOKEN_BOUND'],
    ['a certificate, and none there', certified, withCertificate(bearer, null as never), 'ERR_S2S_TOKEN_BOUND'],
    [
      'a certificate, and another one there',
      certified,
      withCertificate(bearer, Buffer.from('another')),
      'ERR_S2S_TOKEN_BOUND',
    ],
    ['a certificate, under DPoP', certified, withCertificate(dpop), 'ERR_S2S_TOKEN_NOT_BOUND'],
    ['nothing, under DPoP', undefined, dpop, 'ERR_S2S_TOKEN_NOT_BOUND'],
    ['both, without the certificate', { ...key, ...certified }, dpop, 'ERR_S2S_TOKEN_BOUND'],
    [
      'both, with another certificate',
      { ...key, ...certified },
      withCertificate(dpop, Buffer.from('another')),
      'ERR_S2S_TOKEN_BOUND',
    ],
    ['both, without the proof', { ...key, ...certified }, withCertificate(bearer), 'ERR_S2S_TOKEN_BOUND'],
  ] as const) {
    it(`refuses a token that is bound to ${name}, and uses no proof up`, () => {
      const { prove, asked } = story()
      assert.throws(() => prove(confirmation, presented), refusal(code))
      assert.deepEqual(asked, [])
    })
  }

  it('refuses a DPoP key where no proof is accepted', () => {
    const prove = createPossessionProver({})
    assert.throws(() => prove({ token: 't', confirmation: key }, dpop), refusal('ERR_S2S_TOKEN_BOUND'))
  })

  it('hands on what the proof is refused with', async () => {
    const refused = new Error('no')
    await assert.rejects(async () => story(Promise.reject(refused)).prove(key, dpop), refused)
  })
})
