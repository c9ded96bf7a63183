import assert from 'node:assert/strict'
import type { KeyObject } from 'node:crypto'
import { describe, it } from 'node:test'
import { algorithmsOfKey, knownAlgorithms, type VerificationKey } from '../../lib/keys/verification-key.ts'
import { parseUnverifiedToken } from '../../lib/tokens/unverified-token.ts'
import { VerifiedSignature } from '../../lib/verification/verify-signature.ts'
import { fixedClock, NOW } from '../support/clock.ts'
import { makeKeyPair, type KeyPair } from '../support/key-pairs.ts'
import { compact, flipSignatureBit, forgedJwt, signedJwt } from '../support/tokens.ts'
import { oauthTrustedIssuer } from '../support/trusted-issuers.ts'

const issuer = oauthTrustedIssuer({ algorithms: new Set(knownAlgorithms) })
const pairs = {
  RS: makeKeyPair('rsa2048'),
  ES256: makeKeyPair('ec256'),
  ES384: makeKeyPair('ec384'),
  ES512: makeKeyPair('ec521'),
  Ed: makeKeyPair('ed25519'),
}
const otherPairs = {
  RS: makeKeyPair('rsa2048'),
  ES256: makeKeyPair('ec256'),
  ES384: makeKeyPair('ec384'),
  ES512: makeKeyPair('ec521'),
  Ed: makeKeyPair('ed25519'),
}
const claims = { sub: 'svc' }

function pairFor(algorithm: string, set: typeof pairs = pairs): KeyPair {
  if (algorithm.startsWith('Ed')) return set.Ed
  return algorithm.startsWith('ES') ? set[algorithm as 'ES256' | 'ES384' | 'ES512'] : set.RS
}

function keyOf(publicKey: KeyObject, changes: Partial<VerificationKey> = {}): VerificationKey {
  return { id: 'key', key: publicKey, algorithms: new Set(algorithmsOfKey(publicKey)), ...changes }
}

function prove(token: string, key: VerificationKey, by: typeof issuer = issuer): VerifiedSignature {
  return VerifiedSignature.prove(parseUnverifiedToken(token), { issuer: by, key, clock: fixedClock })
}

const invalid = { code: 'ERR_S2S_SIGNATURE_INVALID', reason: 'the signature does not verify', status: 401 }
const notAllowed = {
  code: 'ERR_S2S_ALGORITHM_NOT_ALLOWED',
  reason: 'the algorithm is not allowed for this issuer and key',
}
const outOfDate = { code: 'ERR_S2S_KEY_UNUSABLE', reason: 'the certificate is outside its validity dates' }

for (const algorithm of knownAlgorithms) {
  describe(`VerifiedSignature.prove, ${algorithm}`, () => {
    const { privateKey, publicKey } = pairFor(algorithm)
    const key = keyOf(publicKey)
    const token = signedJwt({ header: {}, claims, algorithm, key: privateKey })

    it('accepts what jose signs, and keeps claims and issuer', async () => {
      const proof = prove(await token, key)
      assert.ok(proof instanceof VerifiedSignature)
      assert.deepEqual(proof.claims, claims)
      assert.equal(proof.issuer, issuer)
    })

    it('refuses one flipped bit, another key, other claims, a stripped or shortened signature', async () => {
      const [head = '', body = '', signature = ''] = (await token).split('.')
      const otherBody = compact({}, { sub: 'admin' }).split('.')[1] ?? ''
      const shorter = Buffer.from(signature, 'base64url').subarray(1).toString('base64url')
      const longer = Buffer.concat([Buffer.from(signature, 'base64url'), Buffer.alloc(1)]).toString('base64url')
      const zeros = Buffer.alloc(Buffer.from(signature, 'base64url').length).toString('base64url')
      const bad = [
        `${head}.${otherBody}.${signature}`,
        ...[shorter, longer, zeros, ''].map((s) => `${head}.${body}.${s}`),
      ]
      for (const text of [flipSignatureBit(await token), ...bad]) assert.throws(() => prove(text, key), invalid)
      assert.throws(
        () => prove(`${head}.${body}.${signature}`, keyOf(pairFor(algorithm, otherPairs).publicKey)),
        invalid,
      )
    })

    it('refuses the algorithm when issuer or key does not allow it', async () => {
      const text = await token
      assert.throws(() => prove(text, key, oauthTrustedIssuer({ algorithms: new Set() })), notAllowed)
      assert.throws(() => prove(text, keyOf(publicKey, { algorithms: new Set() })), notAllowed)
    })
  })
}

describe('VerifiedSignature.prove', () => {
  const { privateKey, publicKey } = pairs.RS

  for (const algorithm of ['RS256', 'PS256'] as const) {
    it(`refuses a signature of ${algorithm} whose leading zero was left out (RFC 8017 section 8)`, async () => {
      const [signingInput, signature] = await signatureWithLeadingZero(algorithm, privateKey)
      const whole = `${signingInput}.${signature.toString('base64url')}`
      assert.ok(prove(whole, keyOf(publicKey)) instanceof VerifiedSignature)
      const shorter = `${signingInput}.${signature.subarray(1).toString('base64url')}`
      assert.throws(() => prove(shorter, keyOf(publicKey)), invalid)
    })
  }

  it('knows no other algorithm, whatever issuer and key say', () => {
    for (const alg of ['none', 'HS256', 'rs256', 'RS1', 'ES256K', '__proto__', 'constructor']) {
      const by = oauthTrustedIssuer({ algorithms: new Set([alg]) })
      const token = forgedJwt({ header: { alg }, claims, algorithm: 'RS256', key: privateKey })
      assert.throws(() => prove(token, keyOf(publicKey, { algorithms: new Set([alg]) }), by), notAllowed)
    }
  })

  it('refuses a DER signature where JWS wants the two numbers side by side', () => {
    const header = { alg: 'ES256' }
    const der = Buffer.from('3006020101020101', 'hex').toString('base64url')
    assert.throws(() => prove(compact(header, claims, der), keyOf(pairs.ES256.publicKey)), invalid)
  })

  it('takes no PSS signature for PKCS#1, nor another salt length', () => {
    const token = forgedJwt({ header: { alg: 'RS256' }, claims, algorithm: 'PS256', key: privateKey })
    assert.throws(() => prove(token, keyOf(publicKey)), invalid)
    const otherHash = forgedJwt({ header: { alg: 'PS384' }, claims, algorithm: 'PS256', key: privateKey })
    assert.throws(() => prove(otherHash, keyOf(publicKey)), invalid)
  })

  const dates: readonly [name: string, dates: Partial<VerificationKey>, usable: boolean][] = [
    ['a certificate of today', { usableFrom: NOW - 10, usableUntil: NOW + 10 }, true],
    ['a certificate that begins within the tolerance', { usableFrom: NOW + 60 }, true],
    ['a certificate that ended within the tolerance', { usableUntil: NOW - 60 }, true],
    ['a certificate that begins later', { usableFrom: NOW + 61 }, false],
    ['a certificate that has ended', { usableUntil: NOW - 61 }, false],
  ]
  for (const [name, usable, isUsable] of dates) {
    it(`${isUsable ? 'accepts' : 'refuses'} ${name}`, async () => {
      const token = await signedJwt({ header: {}, claims, algorithm: 'RS256', key: privateKey })
      if (isUsable) assert.ok(prove(token, keyOf(publicKey, usable)))
      else assert.throws(() => prove(token, keyOf(publicKey, usable)), outOfDate)
    })
  }
})

/** One of 256 signatures begins with a zero, which is a number as well without it. */
async function signatureWithLeadingZero(
  algorithm: 'RS256' | 'PS256',
  key: KeyObject,
): Promise<readonly [signingInput: string, signature: Buffer]> {
  for (let number = 0; ; number += 1) {
    const token = await signedJwt({ header: {}, claims: { ...claims, number }, algorithm, key })
    const end = token.lastIndexOf('.')
    const signature = Buffer.from(token.slice(end + 1), 'base64url')
    if (signature[0] === 0) return [token.slice(0, end), signature]
  }
}
