import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { describe, it } from 'node:test'
import { compactVerify } from 'jose'
import { algorithmsOfKey, knownAlgorithms } from '../../lib/keys/verification-key.ts'
import { parseUnverifiedToken, type UnverifiedToken } from '../../lib/tokens/unverified-token.ts'
import { VerifiedSignature } from '../../lib/verification/verify-signature.ts'
import { fixedClock } from '../support/clock.ts'
import { flipSignatureBit } from '../support/tokens.ts'
import { oauthTrustedIssuer } from '../support/trusted-issuers.ts'
import { readPublishedSignatures } from '../support/vectors.ts'

const issuer = oauthTrustedIssuer({ algorithms: new Set(knownAlgorithms) })

/** Read by hand: the payloads of RFC 7520 and RFC 8037 are no JSON, and the parser rightly refuses those. */
function takeApart(text: string): UnverifiedToken {
  const [header = '', payload = '', signature = ''] = text.split('.')
  return {
    header: JSON.parse(Buffer.from(header, 'base64url').toString()) as UnverifiedToken['header'],
    claims: {},
    signingInput: `${header}.${payload}`,
    signature: Buffer.from(signature, 'base64url'),
  }
}

describe('signatures that standards show', () => {
  for (const { source, algorithm, key: jwk, token } of readPublishedSignatures()) {
    const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
    const key = { id: source, key: publicKey, algorithms: new Set(algorithmsOfKey(publicKey)) }
    const prove = (unverified: UnverifiedToken): VerifiedSignature =>
      VerifiedSignature.prove(unverified, { issuer, key, clock: fixedClock })

    it(`${source} (${algorithm}) holds for us and for jose`, async () => {
      const unverified = takeApart(token)
      assert.equal(unverified.header.alg, algorithm)
      assert.ok(prove(unverified) instanceof VerifiedSignature)
      assert.ok(await compactVerify(token, publicKey))
    })

    it(`${source} (${algorithm}) does not hold for either with one bit turned over`, async () => {
      const spoilt = flipSignatureBit(token)
      assert.throws(() => prove(takeApart(spoilt)), { code: 'ERR_S2S_SIGNATURE_INVALID' })
      await assert.rejects(compactVerify(spoilt, publicKey), { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' })
    })

    if (!source.startsWith('RFC 7515')) continue
    it(`${source} (${algorithm}) is read and proved as it stands`, () => {
      const { claims } = prove(parseUnverifiedToken(token))
      assert.deepEqual(claims, { iss: 'joe', exp: 1300819380, 'http://example.com/is_root': true })
    })
  }
})
