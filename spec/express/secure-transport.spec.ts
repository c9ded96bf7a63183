import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import express5 from 'express'
import { isSecureTransport, type TransportRequest } from '../../lib/express/secure-transport.ts'

const express4 = createRequire(import.meta.url)('express4') as typeof express5

const local = '127.0.0.1'

interface Transport {
  readonly trustProxy?: unknown
  readonly address?: string | undefined
  readonly encrypted?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** A request object of the given Express, as its own getters see it. */
function requestOf(express: typeof express5, transport: Transport): TransportRequest & { readonly secure: boolean } {
  const app = express()
  if (transport.trustProxy !== undefined) app.set('trust proxy', transport.trustProxy)
  const socket = { encrypted: transport.encrypted, remoteAddress: transport.address }
  return Object.create(app.request, {
    socket: { value: socket },
    connection: { value: socket },
    headers: { value: transport.headers ?? {} },
  }) as TransportRequest & { readonly secure: boolean }
}

const withForwardedProto = (value: string): Transport => ({
  trustProxy: 'loopback',
  address: local,
  headers: { 'x-forwarded-proto': value },
})

const spoofs: Readonly<Record<string, string>> = {
  'x-forwarded-proto': 'https',
  forwarded: 'for=127.0.0.1;proto=https',
  'front-end-https': 'on',
  'x-arr-ssl': '2048|256|C=US|CN=localhost',
  x_forwarded_proto: 'https',
  'x-forwarded-protocol': 'https',
  'x-forwarded-scheme': 'https',
  'x-forwarded-ssl': 'on',
  'x-url-scheme': 'https',
  'x-forwarded-port': '443',
  'x-client-cert': '-----BEGIN%20CERTIFICATE-----',
  'x-ssl-client-verify': 'SUCCESS',
  'cloudfront-forwarded-proto': 'https',
  'cf-visitor': '{"scheme":"https"}',
}

const secure: Readonly<Record<string, Transport>> = {
  'a TLS socket': { encrypted: true },
  'a TLS socket of a peer whose header is not believed': {
    encrypted: true,
    address: local,
    headers: { 'x-forwarded-proto': 'http' },
  },
  'a TLS socket of a trusted proxy that says nothing': { trustProxy: true, address: local, encrypted: true },
  'https from a trusted proxy': withForwardedProto('https'),
  'https from two trusted proxies': withForwardedProto('https, https'),
  'https with white space from a trusted proxy': withForwardedProto(' https ,\thttps'),
}

const insecure: Readonly<Record<string, Transport>> = {
  'a plain socket': {},
  'a plain socket of a trusted proxy that says nothing': { trustProxy: true, address: local },
  'Forwarded only from a trusted proxy': { trustProxy: true, address: local, headers: { forwarded: 'proto=https' } },
  'https from a peer that is not trusted': {
    trustProxy: '10.0.0.0/8',
    address: local,
    headers: { 'x-forwarded-proto': 'https' },
  },
  'a TLS socket of a trusted proxy that was called over http': { ...withForwardedProto('http'), encrypted: true },
  'an empty header on a TLS socket': { ...withForwardedProto(''), encrypted: true },
  'an appended http': withForwardedProto('https, http'),
  'a prepended http': withForwardedProto('http, https'),
  'a scheme that begins with https': withForwardedProto('httpsx'),
  'a scheme in upper case': withForwardedProto('HTTPS'),
  'the word on': withForwardedProto('on'),
  'an empty item': withForwardedProto('https,'),
  'white space of another kind': withForwardedProto('https\u00a0'),
  'a socket that only says something like yes': { encrypted: 'yes' },
}

for (const [version, express] of Object.entries({ 4: express4, 5: express5 })) {
  describe(`secure transport, Express ${version}`, () => {
    for (const [name, transport] of Object.entries(secure)) {
      it(`believes ${name}`, () => {
        assert.equal(isSecureTransport(requestOf(express, transport)), true)
      })
    }
    for (const [name, transport] of Object.entries(insecure)) {
      it(`does not believe ${name}`, () => {
        assert.equal(isSecureTransport(requestOf(express, transport)), false)
      })
    }
    for (const [header, value] of Object.entries(spoofs)) {
      it(`does not believe ${header} without trust proxy`, () => {
        assert.equal(isSecureTransport(requestOf(express, { address: local, headers: { [header]: value } })), false)
      })
    }

    it('is never more permissive than req.secure, in all combinations', () => {
      const trust = [undefined, false, true, 0, 1, 2, 'loopback', '10.0.0.0/8', ['loopback', '203.0.113.9'], () => true]
      const words = ['https', 'http', '', ' https\t', 'HTTPS', 'httpsx', 'on', 'https\u00a0', 'wss']
      const values = [undefined, ...words, ...words.flatMap((first) => words.map((second) => `${first},${second}`))]
      let compared = 0
      for (const trustProxy of trust) {
        for (const address of [local, '::1', '10.1.2.3', '203.0.113.9', undefined]) {
          for (const encrypted of [true, false, undefined]) {
            for (const value of values) {
              const headers: Record<string, string> = value === undefined ? {} : { 'x-forwarded-proto': value }
              if (address === undefined && typeof trustProxy === 'string') continue
              if (address === undefined && Array.isArray(trustProxy)) continue
              const request = requestOf(express, { trustProxy, address, encrypted, headers })
              compared += 1
              if (isSecureTransport(request)) assert.equal(request.secure, true, JSON.stringify([address, value]))
            }
          }
        }
      }
      assert.ok(compared > 5_000)
    })
  })
}

describe('secure transport outside Express', () => {
  it('believes the socket only', () => {
    const headers = { 'x-forwarded-proto': 'https' }
    assert.equal(isSecureTransport({ headers, socket: {} }), false)
    assert.equal(isSecureTransport({ headers: { 'x-forwarded-proto': 'http' }, socket: { encrypted: true } }), true)
  })

  it('believes no header of an application without the Express setting', () => {
    const app = { get: () => undefined }
    assert.equal(isSecureTransport({ headers: { 'x-forwarded-proto': 'https' }, socket: {}, app }), false)
  })

  it('reads every one of several headers', () => {
    const app = { get: () => () => true }
    const socket = { encrypted: true }
    assert.equal(isSecureTransport({ headers: { 'x-forwarded-proto': ['https', 'https'] }, socket, app }), true)
    assert.equal(isSecureTransport({ headers: { 'x-forwarded-proto': ['https', 'http'] }, socket, app }), false)
    assert.equal(isSecureTransport({ headers: { 'x-forwarded-proto': [] }, socket, app }), false)
  })
})

describe('a peer that is trusted', () => {
  const headers = { 'x-forwarded-proto': 'https' }

  /** An application whose setting `trust proxy` is given, and that counts how often it is asked about a peer. */
  function countingApp(
    setting: unknown,
    trusts: (address: string) => boolean,
  ): { asked: number; app: TransportRequest['app'] } {
    const counted = { asked: 0, app: undefined as TransportRequest['app'] }
    const trust = (address: string): boolean => {
      counted.asked += 1
      return trusts(address)
    }
    counted.app = { get: (name) => (name === 'trust proxy fn' ? trust : setting) }
    return counted
  }

  it('is looked up once for each address', () => {
    const counted = countingApp('10.0.0.0/8', (address) => address.startsWith('10.'))
    for (let time = 0; time < 3; time += 1) {
      for (const [remoteAddress, isTrusted] of [
        ['10.1.2.3', true],
        ['203.0.113.9', false],
        ['::ffff:10.1.2.3', false],
      ] as const) {
        const request = { headers, socket: { remoteAddress }, app: counted.app }
        assert.equal(isSecureTransport(request), isTrusted, remoteAddress)
      }
    }
    assert.equal(counted.asked, 3)
  })

  it('is judged right however many addresses there are', () => {
    const counted = countingApp('10.0.0.0/8', (address) => address.startsWith('10.'))
    for (let index = 0; index < 2500; index += 1) {
      const remoteAddress = `${index % 2 === 0 ? '10' : '11'}.0.${index >> 8}.${index & 255}`
      assert.equal(isSecureTransport({ headers, socket: { remoteAddress }, app: counted.app }), index % 2 === 0)
    }
  })

  it('is asked for each time where the setting is a function of the application', () => {
    const answers = [true, false, true]
    const counted = countingApp(
      () => true,
      () => answers.shift() ?? false,
    )
    for (const expected of [true, false, true]) {
      assert.equal(isSecureTransport({ headers, socket: { remoteAddress: local }, app: counted.app }), expected)
    }
  })

  it('is not trusted any more once the setting changed', () => {
    const app = express5()
    const request = {
      headers,
      socket: { remoteAddress: local },
      app: { get: (name: string): unknown => app.get(name) },
    }
    app.set('trust proxy', 'loopback')
    assert.equal(isSecureTransport(request), true)
    app.set('trust proxy', '10.0.0.1')
    assert.equal(isSecureTransport(request), false)
    app.set('trust proxy', 'loopback')
    assert.equal(isSecureTransport(request), true)
    app.set('trust proxy', false)
    assert.equal(isSecureTransport(request), false)
  })
})
