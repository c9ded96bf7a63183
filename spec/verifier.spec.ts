import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createVerifier } from '../lib/verifier.ts'
import { fixedClock } from './support/clock.ts'
import { makeOAuthIssuer } from './support/oauth-issuer.ts'

const audience = 'https://reports.example.com'
const issuer = makeOAuthIssuer({ issuer: 'https://login.example.com', audience, clock: fixedClock })
const trusted = { type: 'static', issuer: issuer.issuer, jwks: issuer.jwks() } as const

describe('createVerifier', () => {
  const verifier = createVerifier({ audience, clock: fixedClock, trustedIssuers: [trusted] })

  it('says who sent a token', async () => {
    const principal = await verifier.verify(await issuer.token({ claims: { scope: 'reports.read' } }))
    assert.equal(principal.application.id, 'reporting')
    assert.deepEqual(principal.permissions, ['reports.read'])
  })

  it('refuses with the code of what is wrong', async () => {
    await assert.rejects(verifier.verify('a.b.c'), { code: 'ERR_S2S_TOKEN_MALFORMED' })
  })

  it('is ready at once when nothing must be fetched, and may be closed', async () => {
    await verifier.ready()
    verifier.close()
  })

  it('checks its options, and those that belong together', () => {
    const wrong = { audience, trustedIssuers: [trusted], audiance: 'x' }
    assert.throws(() => createVerifier(wrong), { code: 'ERR_S2S_OPTION_UNKNOWN' })
    assert.throws(() => createVerifier({ trustedIssuers: [trusted] }), /audience is missing/)
    const grants = [{ issuer: 'nobody', application: 'x', permissions: ['r'] }]
    assert.throws(() => createVerifier({ audience, trustedIssuers: [trusted], grants }), /grants\[0\]\.issuer/)
  })

  it('takes a grant store as it is', async () => {
    const store = { grantsOf: () => [] }
    const asked = createVerifier({ audience, clock: fixedClock, trustedIssuers: [trusted], grants: store })
    assert.equal((await asked.verify(await issuer.token())).kind, 'app')
  })
})
