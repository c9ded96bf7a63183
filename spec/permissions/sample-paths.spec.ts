import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { samplePaths } from '../../lib/permissions/sample-paths.ts'

/** The samples with the unguessable texts shortened: `<q>` and `<8>`. */
function shortened(path: string): string[] {
  return samplePaths(path, `GET ${path}`)
    .map((sample) => sample.replace(/([q8])[0-9a-f]{32}\1/g, '<$1>'))
    .sort()
}

describe('sample paths', () => {
  const cases: readonly (readonly [name: string, path: string, expected: readonly string[]])[] = [
    ['itself, for plain text', '/reports/all', ['/reports/all']],
    ['the root', '/', ['/']],
    ['two texts for a parameter', '/reports/:id', ['/reports/<8>', '/reports/<q>']],
    ['the same text for all parameters of one sample', '/:a/:b', ['/<8>/<8>', '/<q>/<q>']],
    ['a parameter with text around it', '/v:number.json', ['/v<8>.json', '/v<q>.json']],
    ['a parameter with a quoted name', '/:"the id"/x', ['/<8>/x', '/<q>/x']],
    ['a wildcard with a quoted name', '/*"the rest"/x', ['/<8>/<8>/x', '/<8>/x', '/<q>/<q>/x', '/<q>/x']],
    ['a parameter with a name in Greek', '/:λόγος', ['/<8>', '/<q>']],
    ['one and two segments for a wildcard', '/*rest', ['/<8>', '/<8>/<8>', '/<q>', '/<q>/<q>']],
    ['with and without an optional part', '/a{/b}', ['/a', '/a/b']],
    ['with and without an optional parameter', '/a{/:b}', ['/a', '/a/<8>', '/a/<q>']],
    ['each combination of two optional parts', '/a{/b}{/c}', ['/a', '/a/b', '/a/b/c', '/a/c']],
    ['optional parts inside each other', '/a{/b{/c}}', ['/a', '/a/b', '/a/b/c']],
    ['the root for a path that is optional as a whole', '{/a}', ['/', '/a']],
    ['escaped characters as text', '/a\\:b\\{\\}', ['/a:b{}']],
    ['a star without name as a wildcard', '/*', ['/<8>', '/<8>/<8>', '/<q>', '/<q>/<q>']],
    ['something for braces that do not match', '/a}b', ['/ab']],
    ['something for a colon without name', '/a:', ['/a:']],
  ]
  for (const [what, path, expected] of cases) {
    it(`are ${what}`, () => {
      assert.deepEqual(shortened(path), [...expected].sort())
    })
  }

  it('are refused when there would be too many', () => {
    const path = '/a' + '{/:b}'.repeat(9)
    assert.throws(() => samplePaths(path, `GET ${path}`), {
      code: 'ERR_S2S_OPTION_INVALID',
      message: /^resources\['GET \/a.*has too many optional parts and wildcards; write it as several entries$/,
    })
    assert.equal(samplePaths('/a' + '{/:b}'.repeat(8), 'any').length, 17)
  })
})
