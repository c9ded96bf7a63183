import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createDpopProver, type DpopProverParts } from '../../lib/binding/dpop-prover.ts'
import { createNonces } from '../../lib/binding/nonces.ts'
import type { PresentedDpop } from '../../lib/binding/presented.ts'
import type { ProveDpop } from '../../lib/binding/prove-possession.ts'
import { createTestDpopKey, type TestProofOptions } from '../../lib/testing/test-dpop-key.ts'
import { fixedClock, NOW } from '../support/clock.ts'
import { refusal } from '../support/refusal.ts'

const origin = 'https://resource.example.org'

/** A prover that writes down which ids are used up, in turn. */
function proverWith(changes: Partial<DpopProverParts> = {}): { readonly prove: ProveDpop; readonly used: number[] } {
  const used: number[] = []
  const known = new Set<string>()
  const useOnce = (key: string, until: number): boolean => {
    used.push(until)
    return known.size !== known.add(key).size
  }
  const prove = createDpopProver({
    origins: new Set([origin]),
    algorithms: new Set(['ES256', 'PS256', 'EdDSA', 'Ed25519']),
    maximumAgeSeconds: 60,
    clockToleranceSeconds: 60,
    nonces: undefined,
    memory: { useOnce, nonceSecret: Buffer.alloc(32) },
    clock: fixedClock,
    ...changes,
  })
  return { prove, used }
}

describe('the examples of RFC 9449', () => {
  const header =
    'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19'
  /** Section 7.1, to a protected resource. */
  const resourceProof = `${header}.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA`
  /** Section 4.1, to a token endpoint. */
  const tokenProof = `${header}.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg`
  const bound = {
    token: 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU',
    jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
  }
  const request = { proof: resourceProof, method: 'GET', path: '/protectedresource' }

  it('section 7.1: the request is proved, once', () => {
    const { prove, used } = proverWith({ clock: () => 1_562_262_618 })
    assert.equal(prove(bound, request), undefined)
    assert.deepEqual(used, [1_562_262_618 + 60 + 120 + 1])
    assert.throws(() => prove(bound, request), refusal('ERR_S2S_DPOP_PROOF_REPLAYED'))
  })

  for (const [name, changes, change] of [
    ['another method', { method: 'POST' }, {}],
    ['another path', { path: '/protectedresource2' }, {}],
    ['another token', {}, { token: `${bound.token}x` }],
    ['a changed signature', { proof: resourceProof.replace(/A$/, 'Q') }, {}],
  ] as const) {
    it(`section 7.1: not for ${name}`, () => {
      const { prove, used } = proverWith({ clock: () => 1_562_262_618 })
      assert.throws(
        () => prove({ ...bound, ...change }, { ...request, ...changes }),
        refusal('ERR_S2S_DPOP_PROOF_INVALID'),
      )
      assert.deepEqual(used, [])
    })
  }

  it('section 4.1: a proof for a token endpoint is none for a resource', () => {
    const { prove } = proverWith({ clock: () => 1_562_262_616, origins: new Set(['https://server.example.com']) })
    const presented = { proof: tokenProof, method: 'POST', path: '/token' }
    assert.throws(
      () => prove(bound, presented),
      refusal('ERR_S2S_DPOP_PROOF_INVALID', '"ath" is missing, or not a text'),
    )
  })
})

const client = createTestDpopKey({ clock: fixedClock })
const token = 'a.b.c'
const bound = { token, jkt: client.jkt }
const make = (changes: Partial<TestProofOptions> = {}): string =>
  client.proof({ token, url: `${origin}/x`, ...changes })
const presented = (proof: PresentedDpop['proof'], changes: Partial<PresentedDpop> = {}): PresentedDpop => ({
  proof,
  method: 'GET',
  path: '/x',
  ...changes,
})

describe('createDpopProver', () => {
  for (const [name, proof, reason] of [
    ['no proof', undefined, 'the request has no DPoP header'],
    ['an empty list', [], 'the request has no DPoP header'],
    ['two', [make(), make()], 'the request has more than one DPoP header'],
    ['garbage', 'x', 'the token does not have three segments'],
    ['a long one', 'x'.repeat(9000), 'it is longer than 8192 characters'],
    ['typ JWT', make({ header: { typ: 'JWT' } }), '"typ" is not dpop+jwt'],
    ['no alg', make({ header: { alg: undefined } }), 'the header has no "alg"'],
    ['no jwk', make({ header: { jwk: undefined } }), 'the header has no "jwk"'],
    ['crit', make({ header: { crit: [] } }), 'the header parameter "crit" is never accepted'],
    [
      'an algorithm that is not allowed',
      make({ header: { alg: 'RS256' } }),
      '"alg" is not one of ES256, PS256, EdDSA, Ed25519',
    ],
    ['no key', make({ header: { jwk: {} } }), '"jwk" is not a public key, written as RFC 7518 says'],
    ['no jti', make({ claims: { jti: undefined } }), '"jti" is missing, or not a text'],
    ['a long jti', make({ claims: { jti: 'x'.repeat(257) } }), '"jti" is longer than 256 characters'],
    ['another method', make({ method: 'PUT' }), '"htm" is not the method of the request'],
    ['an odd htu', make({ claims: { htu: 'x' } }), '"htu" is not an https address'],
    ['another target', make({ url: `${origin}/y` }), /^"htu" is not the address of the request/],
    ['a target below', make({ url: `${origin}/y/x` }), /^"htu" is not the address of the request/],
    ['another token', make({ token: 'd' }), '"ath" is not the hash of the token'],
    ['no iat', make({ claims: { iat: undefined } }), '"iat" is missing'],
    ['an iat that is no date', make({ claims: { iat: -1 } }), '"iat" is not a date'],
    ['too old', make({ claims: { iat: NOW - 121 } }), /^"iat" is more than 60 seconds ago/],
    ['made ahead', make({ claims: { iat: NOW + 61 } }), '"iat" or "nbf" lies ahead; compare the clocks'],
    ['not valid yet', make({ claims: { nbf: NOW + 61 } }), '"iat" or "nbf" lies ahead; compare the clocks'],
    ['expired', make({ claims: { exp: NOW - 60 } }), '"exp" has passed'],
    ['exp that is no date', make({ claims: { exp: 'soon' } }), '"exp" is not a date'],
    [
      'a key for encryption',
      make({ header: { jwk: { ...client.jwk, use: 'enc' } } }),
      '"jwk" is not for signatures of this "alg"',
    ],
    [
      'a key for another algorithm',
      make({ header: { jwk: { ...client.jwk, alg: 'ES384' } } }),
      '"jwk" is not for signatures of this "alg"',
    ],
    [
      'another algorithm than the key has',
      make({ header: { alg: 'EdDSA' } }),
      '"jwk" is not for signatures of this "alg"',
    ],
    ['a stranger’s signature', make({ key: createTestDpopKey().keyPair.privateKey }), 'the signature does not verify'],
  ] as const) {
    it(`refuses ${name}, says why, and uses nothing up`, () => {
      const { prove, used } = proverWith()
      assert.throws(() => prove(bound, presented(proof)), refusal('ERR_S2S_DPOP_PROOF_INVALID', reason))
      assert.deepEqual(used, [])
    })
  }

  it('holds the key against the token before it is looked at: a point off its curve costs nothing', () => {
    const { x, ...others } = client.jwk
    const jwk = { ...others, x: Buffer.alloc(32, 1).toString('base64url') }
    const { prove } = proverWith()
    assert.ok(x !== jwk.x)
    assert.throws(
      () => prove(bound, presented(make({ header: { jwk } }))),
      refusal('ERR_S2S_TOKEN_BOUND', 'the proof is made with another key than the token is bound to ("jkt")'),
    )
  })

  for (const iat of [NOW - 120, NOW - 60.5, NOW, NOW + 60]) {
    it(`accepts a proof of ${NOW - iat} seconds ago`, () => {
      const { prove, used } = proverWith()
      void prove(bound, presented(make({ claims: { iat, nbf: iat, exp: NOW + 1 } })))
      assert.deepEqual(used, [Math.ceil(iat) + 181])
    })
  }

  it('takes every origin that is configured, and knows a key again', () => {
    const other = 'https://other.example:8443'
    const { prove } = proverWith({ origins: new Set([origin, other]) })
    for (const url of [`${origin}/x`, `${other}/x`, `${origin.toUpperCase()}:443/x?y`])
      void prove(bound, presented(make({ url })))
    assert.throws(
      () => prove(bound, presented(make({ url: 'https://other.example/x' }))),
      refusal('ERR_S2S_DPOP_PROOF_INVALID'),
    )
  })

  it('keeps ids apart by key and target', () => {
    const { prove } = proverWith()
    const stranger = createTestDpopKey({ clock: fixedClock })
    const claims = { jti: 'one' }
    void prove(bound, presented(make({ claims })))
    void prove(bound, presented(make({ claims, url: `${origin}/y` }), { path: '/y' }))
    void prove({ token, jkt: stranger.jkt }, presented(stranger.proof({ token, url: `${origin}/x`, claims })))
    assert.throws(() => prove(bound, presented(make({ claims }))), refusal('ERR_S2S_DPOP_PROOF_REPLAYED'))
  })

  it('demands a nonce before anything is verified, and offers one each time it should be replaced', () => {
    const nonces = createNonces({ secret: 's', lifetimeSeconds: 300 })
    const { prove, used } = proverWith({ nonces })
    const offered: string[] = []
    const offerNonce = (nonce: string): void => {
      offered.push(nonce)
    }
    const current = nonces.current(NOW)
    for (const nonce of [undefined, '', 7, 'made-up', `${current}x`, nonces.current(NOW - 450)]) {
      assert.throws(
        () => prove(bound, presented(make({ claims: { nonce } }), { offerNonce })),
        refusal('ERR_S2S_DPOP_NONCE_REQUIRED', '"nonce" is missing, too old, or not one of this server'),
      )
    }
    assert.deepEqual([offered, used], [Array.from({ length: 6 }, () => current), []])
    void prove(bound, presented(make({ nonce: current }), { offerNonce }))
    assert.equal(offered.length, 6)
    void prove(bound, presented(make({ nonce: nonces.current(NOW - 300) }), { offerNonce }))
    assert.deepEqual(offered.slice(6), [current])
    assert.equal(used.length, 2)
  })
})
