import fc from 'fast-check'
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPathIndex } from '../../lib/permissions/path-index.ts'
import { compilePath } from './small-path-compiler.ts'

describe('an index of paths', () => {
  const paths = [
    '/',
    '/reports',
    '/reports/:id',
    '/:kind/all',
    '/files/*rest',
    '/users{/:id}',
    '/Reports/All',
    '/v:number.json',
    '/*',
    '{/:language}/help',
    '/a\\:b',
  ]
  const index = createPathIndex(paths)
  const cases: readonly (readonly [request: string, expected: readonly string[]])[] = [
    ['/', ['/', '/v:number.json', '/*', '{/:language}/help', '/a\\:b']],
    ['/reports', ['/reports', '/v:number.json', '/*', '{/:language}/help', '/a\\:b']],
    ['/REPORTS/', ['/reports', '/v:number.json', '/*', '{/:language}/help', '/a\\:b']],
    ['/reports/all', ['/reports/:id', '/:kind/all', '/Reports/All', '/*', '{/:language}/help', '/a\\:b']],
    ['/files/a/b', ['/files/*rest', '/*', '{/:language}/help', '/a\\:b']],
    ['/users', ['/users{/:id}', '/v:number.json', '/*', '{/:language}/help', '/a\\:b']],
    ['/users/7', ['/users{/:id}', '/*', '{/:language}/help', '/a\\:b']],
    ['*', ['/', '/v:number.json', '/*', '{/:language}/help', '/a\\:b']],
    ['', ['/', '/v:number.json', '/*', '{/:language}/help', '/a\\:b']],
  ]
  for (const [request, expected] of cases) {
    it(`narrows ${JSON.stringify(request)} down`, () => {
      const found = index.candidates(request).map((position) => paths[position])
      assert.deepEqual(
        found,
        [...expected].sort((a, b) => paths.indexOf(a) - paths.indexOf(b)),
      )
    })
  }

  it('sorts parameters of any name by what follows', () => {
    for (const path of ['/:a/x', '/:ab/x', '/:name/x']) {
      assert.deepEqual(createPathIndex([path]).candidates('/1/y'), [], path)
      assert.deepEqual(createPathIndex([path]).candidates('/1/X/'), [0], path)
    }
  })

  it('gives positions in ascending order, whatever the kinds of paths', () => {
    const found = createPathIndex(['/:a', '/*rest', '/x', '{/:b}', '/:c']).candidates('/x')
    assert.deepEqual(found, [0, 1, 2, 3, 4])
  })

  for (const request of ['/__proto__', '/constructor', '/toString/x']) {
    it(`finds no path of its own for ${request}`, () => {
      assert.deepEqual(createPathIndex(['/a', '/b/:c']).candidates(request), [])
    })
  }

  it('never leaves out a path that matches (property)', () => {
    const segment = fc.constantFrom('a', 'B', 'a.b', 'x-y', '~', ':id', ':n.json', 'v:id', '*rest', '{:o}', 'a{b}', '')
    const asked = fc.constantFrom('a', 'A', 'b', 'B', 'a.b', 'ab', 'AB', 'x-Y', '~', 'n.json', 'v1', '', '\u212a', 'ſ')
    const pathOf = (segments: readonly string[]): string => `/${segments.join('/')}`
    fc.assert(
      fc.property(
        fc.array(segment, { minLength: 1, maxLength: 4 }).map(pathOf),
        fc.array(asked, { minLength: 1, maxLength: 4 }).map(pathOf),
        (path, request) => {
          const matcher = compilePath(path)
          const isMatch = matcher.matches(request) || matcher.matchesExactly(request)
          return !isMatch || createPathIndex([path]).candidates(request).length === 1
        },
      ),
      { numRuns: 20_000 },
    )
  })
})
