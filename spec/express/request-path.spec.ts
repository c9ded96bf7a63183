import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRequire } from 'node:module'
import { posix } from 'node:path'
import { describe, it } from 'node:test'
import express5, { type Express } from 'express'
import fc from 'fast-check'
import {
  judgedPath,
  pathSpelling,
  readRequestPath,
  type PathRequest,
  type PathSpelling,
} from '../../lib/express/request-path.ts'

const express4 = createRequire(import.meta.url)('express4') as typeof express5
const versions = Object.entries({ 4: express4, 5: express5 })

const spellings: Readonly<Record<PathSpelling, readonly string[]>> = {
  plain: [
    '/',
    '/a',
    '/a/',
    '/A/b.c/d-e_f~g',
    "/a!$&'()*+,=:@b",
    '/.well-known/jwks',
    '/...',
    '/a../..b/.c',
    '/a%20b',
    '/a%2520b',
    '/a%252e%252e',
    '/gr%C3%B6%C3%9Fe',
    '/%e2%80%aeb',
    '/a%3Bb%23c%3Fd',
    '/a?b=/../c//%2e%5c;%00%zz',
    '/a?b#c',
    'http://localhost/a',
    'https://localhost:8443/a/b?c=//',
    'HTTP://[::1]:80/a',
    'http://localhost',
    'http://localhost?a=b',
  ],
  'encoded-slash': ['/a%2fb', '/a%2Fb/', '/%2f', '/a%2f', '/https%3A%2F%2Fhost%2Fpath', 'http://localhost/a%2fb'],
  ambiguous: [
    '//',
    '//a',
    '/a//b',
    '/a//',
    '/./a',
    '/a/.',
    '/a/./b',
    '/../a',
    '/a/..',
    '/a/../b',
    '/%2e/a',
    '/%2E%2e/a',
    '/a.%2e/b',
    '/a%2eb',
    '/a%2f..%2fb',
    '/a%2F../b',
    '/a%2f.',
    '/..%2fa',
    '/a\\b',
    '/a%5cb',
    '/a%5Cb',
    '/a;b',
    '/a;jsessionid=1/b',
    '/a#b',
    '/a%00',
    '/a%0d%0ab',
    '/a%1F',
    '/a%7f',
    '/a\0b',
    '/a\x7fb',
    '/a b',
    '/a\tb',
    '/größe',
    '/a\xa0b',
    '/a\u202eb',
    '/a\uff0fb',
    '/a%',
    '/a%2',
    '/a%zz',
    '/a%u002f',
    '/a%c0%af',
    '/a%e0%80%af',
    '/a%f0%80%80%af',
    '/a%ed%a0%80',
    '/a%ff',
    '/a%e9',
    '/a%2fb%5cc',
    '/a%2fb//c',
    '',
    '*',
    'a',
    '?a=b',
    'localhost:443',
    'http:/a',
    'http:a',
    'http:\\\\localhost\\a',
    'http://user@localhost/a',
    'http://local%68ost/a',
    'http://localhost:eighty/a',
    'http://localhost//a',
    'http://localhost/../a',
    'http://localhost\\a',
    'http://localhost#a',
    'http:///a',
    'ftp://localhost/a',
  ],
}

describe('a path that is read once', () => {
  it('is the judged path and its spelling, for all targets below all mount paths', () => {
    const targets = [
      ...Object.values(spellings).flat(),
      '/a?b=\xa0',
      '/a?b=\ufeff',
      '/a?b c',
      '/a?#',
      '/a?',
      '/?',
      '/a??b#',
    ]
    const mounts = [undefined, '', '/mount', '//mount', '/mo%2funt', '/mount;x', 'http://localhost', '/a?b=\xa0']
    for (const [, express] of versions) {
      for (const url of targets) {
        for (const mount of mounts) {
          const originalUrl = mount === undefined ? undefined : mount + url
          const request = requestOf(express, url, originalUrl)
          const expected = { path: judgedPath(request), spelling: pathSpelling(request) }
          assert.deepEqual(readRequestPath(request), expected, `${url} below ${mount}`)
        }
      }
    }
  })

  it('is ambiguous without a target', () => {
    assert.deepEqual(readRequestPath({}), { path: '', spelling: 'ambiguous' })
  })
})

describe('the spelling of a path', () => {
  for (const [spelling, targets] of Object.entries(spellings)) {
    for (const target of targets) {
      it(`is ${spelling}: ${JSON.stringify(target)}`, () => {
        assert.equal(pathSpelling({ url: target }), spelling)
        for (const [, express] of versions) assert.equal(pathSpelling(requestOf(express, target)), spelling)
      })
    }
  }

  it('is ambiguous without a target', () => {
    assert.equal(pathSpelling({}), 'ambiguous')
  })

  it('is judged in the mount path too', () => {
    assert.equal(pathSpelling({ url: '/a', originalUrl: '/mount/a' }), 'plain')
    assert.equal(pathSpelling({ url: '/a', originalUrl: '/mo%2funt/a' }), 'encoded-slash')
    assert.equal(pathSpelling({ url: '/a', originalUrl: '//mount/a' }), 'ambiguous')
    assert.equal(pathSpelling({ url: '//a', originalUrl: '/mount//a' }), 'ambiguous')
    assert.equal(pathSpelling({ url: '//a', originalUrl: '/a' }), 'ambiguous')
    assert.equal(pathSpelling({ url: '/a%2fb', originalUrl: '/mount;x/a%2fb' }), 'ambiguous')
  })

  it('is judged in what the router makes of the target', () => {
    assert.equal(pathSpelling({ url: '/a?b=\xa0', path: '/a//b' }), 'ambiguous')
    assert.equal(pathSpelling({ url: 'http://localhost/a?b=\xa0', path: '/a' }), 'plain')
  })

  it('does not come from any header', () => {
    const headers = { 'x-original-url': '/a//b', 'x-rewrite-url': '/a//b', 'x-forwarded-uri': '/a//b' }
    const request = { url: '/a', headers }
    assert.equal(pathSpelling(request), 'plain')
    assert.equal(judgedPath(request), '/a')
  })

  it('is plain only when decoding and normalising change nothing that separates', () => {
    const pieces = [
      '/',
      '.',
      '..',
      'a',
      'B',
      '%2e',
      '%2F',
      '%5c',
      '\\',
      ';',
      '%00',
      '%20',
      '%25',
      '%c0%af',
      '%',
      '?',
      '\xe9',
      '%252e',
    ]
    let plain = 0
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 7 }), (parts) => {
        const target = `/${parts.join('')}`
        if (pathSpelling({ url: target }) !== 'plain') return
        plain += 1
        const path = decodeURIComponent(judgedPath({ url: target }))
        assert.equal(posix.normalize(path), path)
        assert.equal(path.split('/').length, judgedPath({ url: target }).split('/').length)
        assert.doesNotMatch(path, /[\\;\x00-\x1f]/)
      }),
      { numRuns: 20_000 },
    )
    assert.ok(plain > 1_000)
  })

  it('takes time in proportion to the length', () => {
    const started = performance.now()
    for (const piece of ['/a', 'a', '%2f', '/.a', '%2f..', 'a%']) pathSpelling({ url: `/${piece.repeat(100_000)}\\` })
    assert.ok(performance.now() - started < 1_000)
  })
})

/** A request object of the given Express, whose `path` is Express's own. */
function requestOf(express: typeof express5, url: string, originalUrl = url): PathRequest {
  return Object.create(express().request, { url: { value: url }, originalUrl: { value: originalUrl } }) as PathRequest
}

for (const [version, express] of versions) {
  describe(`the judged path, Express ${version}`, () => {
    it('is what req.path says, for all targets', () => {
      const pieces = [
        '/',
        'a',
        'B',
        '//',
        '?',
        '#',
        ';',
        '\\',
        ' ',
        '\t',
        '\xa0',
        '\ufeff',
        '"',
        '{',
        '%2f',
        '%',
        'http://h',
        ':80',
        '@',
        '*',
        '\xe9',
      ]
      const app = express()
      fc.assert(
        fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 6 }), (parts) => {
          const url = parts.join('')
          const request = Object.create(app.request, { url: { value: url } }) as PathRequest
          let path: string | null | undefined
          try {
            path = request.path
          } catch {
            path = ''
          }
          if (typeof path === 'string') assert.equal(judgedPath(request), path)
          else assert.equal(pathSpelling(request), 'ambiguous')
        }),
        { numRuns: 10_000 },
      )
    })

    const mounted: Readonly<Record<string, string>> = {
      '/mount/a/b?c=d': '/a/b',
      '/MOUNT/a/': '/a/',
      '/mount': '/',
      '/mount?c=d': '/',
      'http://localhost/mount/a?c=/d': '/a',
      'http://localhost/mount': '/',
    }
    for (const [target, expected] of Object.entries(mounted)) {
      it(`is ${expected} below a mount path for ${target}`, async () => {
        const seen: unknown[] = []
        const app = express()
        app.use('/mount', (request, response) => {
          seen.push(judgedPath(request), pathSpelling(request), judgedPath({ url: request.url }))
          response.end()
        })
        await send(app, target)
        assert.deepEqual(seen, [expected, 'plain', expected])
      })
    }
  })
}

describe('the judged path outside Express', () => {
  it('is the target without query, scheme and host', () => {
    assert.equal(judgedPath({ url: '/a/b?c' }), '/a/b')
    assert.equal(judgedPath({ url: 'http://localhost:80/a?c' }), '/a')
    assert.equal(judgedPath({ url: 'http://localhost?c' }), '/')
    assert.equal(judgedPath({ url: '*' }), '*')
    assert.equal(judgedPath({}), '')
  })

  it('passes a fault of the request object on', () => {
    const request = {
      url: '*',
      get path(): string {
        throw new RangeError('not a matter of URLs')
      },
    }
    assert.throws(() => judgedPath(request), RangeError)
  })
})

async function send(app: Express, path: string): Promise<void> {
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const request = httpRequest({ host: '127.0.0.1', port, path, agent: false }).end()
  await once(request, 'response')
  server.close()
}
