import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Request } from 'express'
import { presentedBy } from '../../lib/express/present-proof.ts'

const bearer = { kind: 'token', token: 't', scheme: 'bearer' } as const
const dpop = { ...bearer, scheme: 'dpop' } as const

/** A response that remembers its headers. */
function responseWith(headersSent = false, given: Record<string, string> = {}) {
  const headers = new Map(Object.entries(given))
  return {
    headers,
    headersSent,
    setHeader: (name: string, value: string) => headers.set(name, value),
    hasHeader: (name: string) => headers.has(name),
  }
}

const requestWith = (changes: object = {}): Request =>
  ({ method: 'PUT', url: '/x', originalUrl: '/api/x?y', rawHeaders: [], ...changes }) as never

describe('presentedBy', () => {
  it('reads nothing of a request with a plain bearer token', () => {
    const untouchable = new Proxy({}, { get: () => assert.fail('the request was read') })
    assert.equal(presentedBy(untouchable as never, bearer, {}), undefined)
  })

  it('takes every DPoP header, the method, and the target as it came', () => {
    const rawHeaders = ['Host', 'dpop', 'DPoP', 'one', 'X-DPoP', 'no', 'dPOP', 'two']
    const {
      scheme,
      dpop: given,
      clientCertificate,
    } = presentedBy(requestWith({ rawHeaders }), dpop, {}) ?? assert.fail()
    const { proof, method, path } = given ?? assert.fail()
    assert.deepEqual([scheme, proof, method, path], ['dpop', ['one', 'two'], 'PUT', '/api/x?y'])
    assert.equal(clientCertificate, undefined)
  })

  it('asks for the certificate of a client only when it is wanted', () => {
    const certificate = Buffer.from('der')
    const asked: unknown[] = []
    const request = requestWith()
    for (const credential of [bearer, dpop]) {
      const { clientCertificate } =
        presentedBy(request, credential, {
          clientCertificateOf: (given) => {
            asked.push(given)
            return certificate
          },
        }) ?? assert.fail()
      assert.deepEqual(asked.splice(0), [])
      assert.equal(clientCertificate?.(), certificate)
      assert.deepEqual(asked.splice(0), [request])
    }
  })

  for (const [name, response, expected] of [
    ['in an answer that nobody else may keep', responseWith(), { 'DPoP-Nonce': 'n', 'Cache-Control': 'no-store' }],
    [
      'and leaves what is said of caches already',
      responseWith(false, { 'Cache-Control': 'private' }),
      { 'Cache-Control': 'private', 'DPoP-Nonce': 'n' },
    ],
    ['not when the answer has begun', responseWith(true), {}],
  ] as const) {
    it(`gives a nonce ${name}`, () => {
      presentedBy(requestWith({ res: response }), dpop, {})?.dpop?.offerNonce?.('n')
      assert.deepEqual(Object.fromEntries(response.headers), expected)
    })
  }

  it('gives no nonce where there is no answer', () => {
    presentedBy(requestWith(), dpop, {})?.dpop?.offerNonce?.('n')
  })
})
