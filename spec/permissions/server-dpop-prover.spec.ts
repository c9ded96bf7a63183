import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { createProofMemory } from '../../lib/binding/proof-memory.ts'
import type { DpopOptions } from '../../lib/binding/dpop-options.ts'
import { createServerDpopProver } from '../../lib/permissions/server-dpop-prover.ts'
import { createTestDpopKey } from '../../lib/testing/test-dpop-key.ts'
import { fixedClock } from '../support/clock.ts'
import { refusal } from '../support/refusal.ts'

const audience = 'https://a.example'
const secret = 'a secret of more than 32 characters'
const folder = mkdtempSync(join(tmpdir(), 'nonces-'))
const file = join(folder, 'secret')
const key = createTestDpopKey({ clock: fixedClock })

/** A server, and the nonce it asks for. */
function serverWith(dpop: DpopOptions, proofMemory = createProofMemory(undefined, fixedClock)) {
  const prove = createServerDpopProver({ dpop, audience }, { proofMemory }, fixedClock) ?? assert.fail()
  return (nonce?: string): string | undefined => {
    let offered: string | undefined
    const proof = key.proof({ token: 't', url: `${audience}/`, ...(nonce === undefined ? {} : { nonce }) })
    const offerNonce = (given: string): unknown => (offered = given)
    try {
      void prove({ token: 't', jkt: key.jkt }, { proof, method: 'GET', path: '/', offerNonce })
    } catch (error) {
      refusal('ERR_S2S_DPOP_NONCE_REQUIRED')(error)
    }
    return offered
  }
}

describe('createServerDpopProver', () => {
  after(() => {
    rmSync(folder, { recursive: true })
  })

  it('is none where DPoP is not configured', () => {
    const proofMemory = createProofMemory(undefined, fixedClock)
    assert.equal(createServerDpopProver({}, { proofMemory }, fixedClock), undefined)
  })

  it('asks for no nonce unless it is told to', () => {
    for (const dpop of [{}, { nonces: false }] as const) assert.equal(serverWith(dpop)(), undefined)
  })

  it('takes the nonces of another server with the same secret, inline or in a file', () => {
    writeFileSync(file, `${secret}\n`)
    const [one, other] = [serverWith({ nonces: { secret } }), serverWith({ nonces: { secret: { file } } })]
    assert.equal(other(one() ?? assert.fail()), undefined)
  })

  it('takes the nonces of the configuration before, and of no other process', () => {
    const proofMemory = createProofMemory(undefined, fixedClock)
    const nonce = serverWith({ nonces: 'required' }, proofMemory)() ?? assert.fail()
    assert.equal(serverWith({ nonces: {} }, proofMemory)(nonce), undefined)
    assert.notEqual(serverWith({ nonces: 'required' })(nonce), undefined)
  })

  it('refuses a short secret', () => {
    writeFileSync(file, `${' '.repeat(40)}short\n`)
    for (const given of ['x'.repeat(31), { file }]) {
      assert.throws(
        () => serverWith({ nonces: { secret: given } }),
        refusal('ERR_S2S_OPTION_INVALID', /^dpop\.nonces\.secret is shorter than 32/),
      )
    }
  })
})
