import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { OutgoingError } from '../../lib/foundation/errors.ts'
import { prepareCall, type CallInit } from '../../lib/outgoing/prepare-call.ts'
import { refusal } from '../support/refusal.ts'

const target = new URL('https://portal.fabrikam.example/sites/a/')

const addresses: readonly (readonly [input: string | URL, href: string])[] = [
  ['', 'https://portal.fabrikam.example/sites/a/'],
  ['reports?x=1#part', 'https://portal.fabrikam.example/sites/a/reports?x=1#part'],
  ['/reports', 'https://portal.fabrikam.example/reports'],
  ['../b', 'https://portal.fabrikam.example/sites/b'],
  ['https://PORTAL.fabrikam.example:443/x', 'https://portal.fabrikam.example/x'],
  [new URL('https://portal.fabrikam.example/x'), 'https://portal.fabrikam.example/x'],
  ['/.//evil.example/', 'https://portal.fabrikam.example//evil.example/'],
]

const wrongAddresses: readonly unknown[] = [
  'https://evil.example/',
  'http://portal.fabrikam.example/',
  'https://portal.fabrikam.example:8443/',
  'https://portal.fabrikam.example.evil.example/',
  'https://portal.fabrikam.example@evil.example/',
  'https://user:secret@portal.fabrikam.example/',
  'https://user@portal.fabrikam.example/',
  '//evil.example/',
  '/\\evil.example/',
  '\\\\evil.example/',
  'https:\\\\evil.example/',
  ' \thttps://evil.example/',
  'data:text/plain,x',
  'javascript:1',
  'https://[',
  new URL('https://evil.example/'),
  new Request('https://portal.fabrikam.example/x'),
  undefined,
  null,
  { href: 'https://portal.fabrikam.example/' },
]

const headers = [
  'Authorization',
  'authorization',
  'Proxy-Authorization',
  'Host',
  'Connection',
  'Keep-Alive',
  'Proxy-Connection',
  'Content-Length',
  'Transfer-Encoding',
  'TE',
  'Trailer',
  'Upgrade',
  'Expect',
]

const bodies: readonly (readonly [
  title: string,
  body: NonNullable<CallInit['body']>,
  type: string | null,
  text: RegExp,
])[] = [
  ['text', 'é', 'text/plain;charset=UTF-8', /^é$/],
  ['bytes', new Uint8Array([104, 105]), null, /^hi$/],
  ['parameters', new URLSearchParams({ a: 'b c' }), 'application/x-www-form-urlencoded;charset=UTF-8', /^a=b\+c$/],
  ['a blob', new Blob(['hi'], { type: 'text/csv' }), 'text/csv', /^hi$/],
  ['a stream', new Response('hi').body as ReadableStream, null, /^hi$/],
  ['an empty text', '', 'text/plain;charset=UTF-8', /^$/],
]

const refused: readonly (readonly [title: string, init: object])[] = [
  ['a body of a GET', { body: 'x' }],
  ['a body of a HEAD', { method: 'head', body: 'x' }],
  ['CONNECT', { method: 'CONNECT' }],
  ['TRACE', { method: 'trace' }],
  ['TRACK', { method: 'TRACK' }],
  ['a method with a space', { method: 'GET /x' }],
  ['a method with a line end', { method: 'GET\r\nx: y' }],
  ['an empty method', { method: '' }],
  ['a header name that is none', { headers: { 'a b': 'c' } }],
  ['a header with a line end', { headers: { a: 'b\r\nauthorization: Bearer x' } }],
  ['what fetch knows and this client does not', { integrity: 'sha256-x' }],
  ['credentials', { credentials: 'include' }],
  ['a dispatcher', { dispatcher: {} }],
]

describe('prepareCall', () => {
  for (const [input, href] of addresses) {
    it(`resolves ${String(input)} within the target`, async () => {
      assert.equal((await prepareCall(target, input, {})).url.href, href)
    })
  }

  for (const input of wrongAddresses) {
    it(`refuses the address ${String(input)}`, async () => {
      await assert.rejects(prepareCall(target, input as string, {}), (error) => {
        assert.ok(error instanceof OutgoingError)
        assert.equal(error.side, 'ours')
        assert.ok(!String(error.reason).includes('secret'))
        return refusal('ERR_S2S_OUTGOING_REQUEST_INVALID')(error)
      })
    })
  }

  for (const name of headers) {
    it(`leaves the header ${name} to the client`, async () => {
      const call = prepareCall(target, '/', { method: 'POST', body: 'x', headers: { [name]: '1' } })
      await assert.rejects(call, refusal('ERR_S2S_OUTGOING_REQUEST_INVALID', /set by the client alone; leave it out/))
    })
  }

  it('sends other headers as they are, cookies too, and three of its own', async () => {
    const call = await prepareCall(target, '/', { headers: { cookie: 'a=b', 'x-forwarded-for': '1.2.3.4' } })
    assert.deepEqual(Object.fromEntries(call.headers), {
      accept: '*/*',
      'accept-encoding': 'identity',
      cookie: 'a=b',
      'user-agent': 'passport-s2s',
      'x-forwarded-for': '1.2.3.4',
    })
  })

  it('lets a call say those three itself', async () => {
    const given = { accept: 'application/json', 'accept-encoding': 'gzip', 'user-agent': 'reports' }
    assert.deepEqual(Object.fromEntries((await prepareCall(target, '/', { headers: given })).headers), given)
  })

  it('is a GET that follows redirects, unless it says otherwise', async () => {
    const { method, redirect, body } = await prepareCall(target, '/', {})
    assert.deepEqual([method, redirect, body], ['GET', 'follow', undefined])
    const other = await prepareCall(target, '/', {
      method: 'delete',
      redirect: 'manual',
      body: null,
      duplex: 'half',
      signal: null,
    })
    assert.deepEqual([other.method, other.redirect, other.body], ['DELETE', 'manual', undefined])
  })

  for (const [title, body, type, text] of bodies) {
    it(`reads ${title}`, async () => {
      const call = await prepareCall(target, '/', { method: 'POST', body })
      assert.match(String(call.body), text)
      assert.equal(call.headers.get('content-type'), type)
    })
  }

  it('reads a form and names its boundary', async () => {
    const body = new FormData()
    body.set('a', 'b')
    const call = await prepareCall(target, '/', { method: 'POST', body })
    assert.match(call.headers.get('content-type') ?? '', /^multipart\/form-data; boundary=/)
    assert.match(String(call.body), /name="a"/)
  })

  it('keeps the content type that the call names', async () => {
    const init = { method: 'PUT', body: '{}', headers: { 'content-type': 'application/json' } }
    assert.equal((await prepareCall(target, '/', init)).headers.get('content-type'), 'application/json')
  })

  for (const [title, init] of refused) {
    it(`refuses ${title}`, async () => {
      await assert.rejects(prepareCall(target, '/', init), refusal('ERR_S2S_OUTGOING_REQUEST_INVALID'))
    })
  }

  it('refuses a stream that was read already', async () => {
    const response = new Response('hi')
    const body = response.body as ReadableStream
    await response.text()
    await assert.rejects(
      prepareCall(target, '/', { method: 'POST', body }),
      refusal('ERR_S2S_OUTGOING_REQUEST_INVALID', /read already/),
    )
  })

  it('passes on what the body stream fails with', async () => {
    const body = new ReadableStream({
      pull: (controller) => {
        controller.error(new Error('disk'))
      },
    })
    await assert.rejects(prepareCall(target, '/', { method: 'POST', body }), { message: 'disk' })
  })

  it('does not wait for a body stream longer than the signal lets it', async () => {
    const controller = new AbortController()
    const body = new ReadableStream({})
    const call = prepareCall(target, '/', { method: 'POST', body, signal: controller.signal })
    controller.abort(new Error('enough'))
    await assert.rejects(call, { message: 'enough' })
  })

  it('reads no body when the signal is aborted already', async () => {
    const body = new Response('hi').body as ReadableStream
    const call = prepareCall(target, '/', { method: 'POST', body, signal: AbortSignal.abort() })
    await assert.rejects(call, { name: 'AbortError' })
    assert.equal(body.locked, false)
  })
})
