import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { boundCertificate } from '../../lib/outgoing/bound-certificate.ts'
import { compact } from '../support/tokens.ts'

const tokenOf = (payload: string): string => `${compact({ alg: 'RS256' }, payload)}signature`

describe('the certificate that a token says it is bound to', () => {
  it('is the one in its confirmation', () => {
    assert.deepEqual(boundCertificate(tokenOf('{"cnf":{"x5t#S256":"a"}}')), { x5tS256: 'a' })
  })

  for (const payload of ['{}', '{"cnf":null}', '{"cnf":"x5t#S256"}', '{"cnf":{"jkt":"a"}}', '{"x5t#S256":"a"}']) {
    it(`is none in ${payload}`, () => {
      assert.deepEqual(boundCertificate(tokenOf(payload)), { x5tS256: undefined })
    })
  }

  for (const token of ['opaque', 'a.b', 'a.b.c', 'a.b.c.d.e', tokenOf('[]'), tokenOf('{"cnf":{},"cnf":{}}')]) {
    it(`cannot be read in ${token}`, () => {
      assert.equal(boundCertificate(token), 'opaque')
    })
  }
})
