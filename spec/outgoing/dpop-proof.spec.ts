import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { EmbeddedJWK, jwtVerify, type JWTVerifyResult } from 'jose'
import { signProof, type ProofInput } from '../../lib/outgoing/dpop-proof.ts'
import { createProofKeySource } from '../../lib/outgoing/proof-key.ts'
import { NOW } from '../support/clock.ts'

const key = await createProofKeySource(true)()
const usual: ProofInput = {
  method: 'POST',
  url: new URL('https://Reports.example:443/a/../reports/1?secret=1#fragment'),
  token: 'a.b.c',
  nonce: undefined,
  clock: () => NOW + 0.9,
}
const verify = (proof: string): Promise<JWTVerifyResult> =>
  jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt', algorithms: ['ES256'], currentDate: new Date(NOW * 1000) })

describe('a proof of possession', () => {
  it('is for one method, one address without its query, one token and one moment', async () => {
    const { payload, protectedHeader } = await verify(await signProof(key, usual))
    const { jti, ...claims } = payload
    assert.deepEqual(claims, {
      htm: 'POST',
      htu: 'https://reports.example/reports/1',
      iat: NOW,
      ath: createHash('sha256').update('a.b.c').digest('base64url'),
    })
    assert.match(String(jti), /^[\w-]{36}$/)
    assert.deepEqual(protectedHeader, { typ: 'dpop+jwt', alg: 'ES256', jwk: key.jwk })
  })

  it('says a nonce again, to the letter', async () => {
    const nonce = "!#$%&'()*+,-./0AZ[]^_`az{|}~"
    const { payload } = await verify(await signProof(key, { ...usual, nonce }))
    assert.equal(payload['nonce'], nonce)
  })

  it('is never the same twice', async () => {
    const proofs = await Promise.all(Array.from({ length: 50 }, async () => verify(await signProof(key, usual))))
    assert.equal(new Set(proofs.map(({ payload }) => payload.jti)).size, 50)
  })

  it('shows no private key', async () => {
    const { protectedHeader } = await verify(await signProof(key, usual))
    assert.deepEqual(Object.keys(protectedHeader.jwk ?? {}).sort(), ['crv', 'kty', 'x', 'y'])
  })
})
