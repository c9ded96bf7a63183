import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { asksForNonce, readNonce } from '../../lib/outgoing/dpop-nonce.ts'

describe('the nonce of an answer', () => {
  const read = (value: string): string | undefined => readNonce(new Headers({ 'DPoP-Nonce': value }))

  for (const value of ['a', 'eyJ7S_zG.eyJH0-Z.HX4w-7v', "!#$%&'()*+,-./09:;<=>?@[]^_`{|}~", 'a'.repeat(1024)]) {
    it(`is kept: ${value.slice(0, 40)}`, () => {
      assert.equal(read(value), value)
    })
  }

  for (const [name, value] of [
    ['empty', ''],
    ['with a quote', 'a"b'],
    ['with a backslash', 'a\\b'],
    ['with a space', 'a b'],
    ['two of them', 'a, b'],
    ['beyond ASCII', 'é'],
    ['longer than a proof can carry', 'a'.repeat(1025)],
  ] as const) {
    it(`is none: ${name}`, () => {
      assert.equal(read(value), undefined)
    })
  }

  it('may be missing', () => {
    assert.equal(readNonce(new Headers()), undefined)
  })
})

describe('an answer that asks for a nonce', () => {
  const asks = (challenge: string, status = 401): boolean =>
    asksForNonce({ status, headers: new Headers({ 'www-authenticate': challenge }) })

  for (const challenge of [
    'DPoP error="use_dpop_nonce"',
    'dpop error=use_dpop_nonce, algs="ES256"',
    'DPoP realm="a", error="use_dpop_nonce", error_description="a, b"',
    'Bearer realm="a", error="invalid_token", DPoP algs="ES256 PS256", error="use_dpop_nonce"',
    'DPoP realm="a", DPoP error="use_dpop_nonce"',
  ]) {
    it(`is ${challenge}`, () => {
      assert.equal(asks(challenge), true)
    })
  }

  for (const challenge of [
    '',
    'DPoP',
    'DPoP error="invalid_token"',
    'Bearer error="use_dpop_nonce"',
    'Bearer realm="DPoP error=\\"use_dpop_nonce\\""',
    'DPoP error="use_dpop_nonce", error="invalid_token"',
    'DPoP error="USE_DPOP_NONCE"',
    `DPoP error="use_dpop_nonce", x="${'a'.repeat(9000)}"`,
  ]) {
    it(`is not ${challenge.slice(0, 60)}`, () => {
      assert.equal(asks(challenge), false)
    })
  }

  it('has the status 401, and a challenge', () => {
    assert.equal(asks('DPoP error="use_dpop_nonce"', 400), false)
    assert.equal(asksForNonce(new Response(null, { status: 401 })), false)
  })
})
