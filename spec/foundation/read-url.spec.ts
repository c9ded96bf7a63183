import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isHttpsAddress, readUrl } from '../../lib/foundation/read-url.ts'

describe('reading an address', () => {
  it('gives nothing for what is none', () => {
    for (const text of ['', 'a', '/a', 'http://', 'https://a b/', 'https://[::1'])
      assert.equal(readUrl(text), undefined)
  })

  it('reads against a base', () => {
    assert.equal(readUrl('../b', 'https://a.example/x/y')?.href, 'https://a.example/b')
    assert.equal(readUrl('//b.example', 'https://a.example')?.origin, 'https://b.example')
  })

  it('says the same of a host with Latin-1 letters however often it is asked', () => {
    const texts = ['https://login.ex\u00e9ple.com/a', 'https://login.example.com/a', 'https://gr\u00f6\u00dfe.example/']
    for (let time = 0; time < 60_000; time += 1) assert.equal(isHttpsAddress(texts[time % texts.length] ?? ''), true)
  })

  for (const [text, isOne] of [
    ['https://a.example', true],
    ['https://a.example:8443/b?c', true],
    ['http://a.example', false],
    ['file:///a', false],
    ['https://user@a.example', false],
    ['https://:word@a.example', false],
    ['nothing', false],
  ] as const) {
    it(`${isOne ? 'takes' : 'does not take'} ${text} for an https address`, () => {
      assert.equal(isHttpsAddress(text), isOne)
    })
  }
})
