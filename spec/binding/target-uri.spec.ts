import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readTargetPath, readTargetUri } from '../../lib/binding/target-uri.ts'

describe('readTargetUri', () => {
  for (const [htu, expected] of [
    ['https://a.example', 'https://a.example/'],
    ['https://a.example/', 'https://a.example/'],
    ['HTTPS://A.Example:443/Path', 'https://a.example/Path'],
    ['https://a.example:/x', 'https://a.example/x'],
    ['https://a.example:8443/x', 'https://a.example:8443/x'],
    ['https://[::1]:8443/x', 'https://[::1]:8443/x'],
    ['https://a.example/x?a=b#c', 'https://a.example/x'],
    ['https://a.example?a=b', 'https://a.example/'],
    ['https://a.example#c', 'https://a.example/'],
    ['https://a.example/x/', 'https://a.example/x/'],
    ['https://a.example//x', 'https://a.example//x'],
    ['https://a.example/%7eme/%41%2d%2e%5f', 'https://a.example/~me/A-._'],
    ['https://a.example/a%2fb%c3%a9', 'https://a.example/a%2Fb%C3%A9'],
    ['https://a.example/%2561', 'https://a.example/%2561'],
    ['https://a.example/a/./b/../c', 'https://a.example/a/c'],
    ['https://a.example/a/%2e%2E/c', 'https://a.example/c'],
    ['https://a.example/../../a', 'https://a.example/a'],
    ['https://a.example/a/..', 'https://a.example/'],
    ['https://a.example/a/.', 'https://a.example/a/'],
  ] as const) {
    it(`reads ${htu}`, () => {
      assert.equal(readTargetUri(htu), expected)
    })
  }

  for (const htu of [
    '',
    '/x',
    '//a.example/x',
    'a.example/x',
    'http://a.example/x',
    'https:a.example/x',
    'https:/a.example/x',
    'https:///x',
    'https://me@a.example/x',
    'https://me:you@a.example/x',
    'https://a.example\\@b.example/x',
    'https://a.example /x',
    ' https://a.example/x',
    'https://a.example/x\n',
    'https://a.example/\u00e9',
    'https://\u00e4.example/x',
    'https://a%2eexample/x',
    'https://a.example:port/x',
    'https://a.example:123456/x',
    'https://a_b.example/x',
    'https://a.example/%',
    'https://a.example/%4',
    'https://a.example/%zz',
  ]) {
    it(`refuses ${JSON.stringify(htu)}`, () => {
      assert.equal(readTargetUri(htu), undefined)
    })
  }
})

describe('readTargetPath', () => {
  for (const [target, expected] of [
    ['/', '/'],
    ['/x?a=b', '/x'],
    ['/x?\u00e9\\', '/x'],
    ['https://other.example/x?a', '/x'],
    ['https://other.example', '/'],
    ['/%41%2f', '/A%2F'],
    ['/a//b', '/a//b'],
  ] as const) {
    it(`reads ${target}`, () => {
      assert.equal(readTargetPath(target), expected)
    })
  }

  for (const target of [
    '*',
    'x',
    'a.example:443',
    '/a/../b',
    '/a/./b',
    '/%2e%2e/b',
    '/a/..',
    '/a/.',
    '/\u00e9',
    '/a b',
    '/\\',
    '/%',
    '/%g0',
  ]) {
    it(`refuses ${target}`, () => {
      assert.equal(readTargetPath(target), undefined)
    })
  }
})

const character = fc.constantFrom(
  ...'abzAZ09-._~!$&()*+,;=:@/%'.split(''),
  '%20',
  '%2F',
  '%2f',
  '%41',
  '%7e',
  '%C3%A9',
  '..',
  '.',
)
const path = fc.array(character, { maxLength: 12 }).map((parts) => `/${parts.join('')}`)

describe('the two together', () => {
  it('agree on what every client sends that writes both from one URL', () => {
    fc.assert(
      fc.property(path, fc.webQueryParameters(), (given, query) => {
        const url = new URL(`https://a.example${given.replace(/%(?![0-9A-Fa-f]{2})/g, '%25')}?${query}`)
        const read = readTargetPath(url.pathname + url.search)
        assert.equal(readTargetUri(url.href), read === undefined ? undefined : `https://a.example${read}`)
      }),
    )
  })

  it('tell apart whatever routers tell apart, but for the spelling of harmless characters', () => {
    const decode = (text: string): string =>
      text.replace(/%[0-9a-f]{2}/gi, (code) => {
        const plain = String.fromCharCode(Number.parseInt(code.slice(1), 16))
        return /[\w.~-]/.test(plain) ? plain : code.toUpperCase()
      })
    fc.assert(
      fc.property(path, path, (one, other) => {
        const [left, right] = [readTargetPath(one), readTargetPath(other)]
        if (left !== undefined && left === right) assert.equal(decode(one), decode(other))
      }),
    )
  })

  it('are spelt in one way only: reading what was read changes nothing', () => {
    fc.assert(
      fc.property(path, (given) => {
        const read = readTargetUri(`https://a.example${given}`)
        if (read !== undefined) assert.equal(readTargetUri(read), read)
      }),
    )
  })
})
