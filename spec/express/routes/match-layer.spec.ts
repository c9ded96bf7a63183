import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { matchLayer, pathBehind } from '../../../lib/express/routes/match-layer.ts'
import type { RouterLayer } from '../../../lib/express/routes/router-layer.ts'

/** A layer that answers `match` as told. */
const layerThat = (match: () => unknown, path?: string): RouterLayer => ({
  handle: () => undefined,
  name: 'layer',
  match,
  path,
})

describe('matchLayer', () => {
  it('reads what matched from the answer, or from the layer', () => {
    assert.equal(
      matchLayer(
        layerThat(() => ({ path: '/a' })),
        '/a/b',
      ),
      '/a',
    )
    assert.equal(
      matchLayer(
        layerThat(() => true, '/a'),
        '/a/b',
      ),
      '/a',
    )
    assert.equal(
      matchLayer(
        layerThat(() => false, '/a'),
        '/a/b',
      ),
      undefined,
    )
    assert.equal(
      matchLayer(
        layerThat(() => true),
        '/a/b',
      ),
      undefined,
    )
  })

  it('takes a parameter that cannot be decoded for no match, and hands on every other error', () => {
    const failing = (error: Error): RouterLayer =>
      layerThat(() => {
        throw error
      })
    assert.equal(matchLayer(failing(new URIError('%zz')), '/%zz'), undefined)
    assert.throws(() => matchLayer(failing(new TypeError('other')), '/'), TypeError)
  })
})

describe('pathBehind', () => {
  for (const { matched, path, behind } of [
    { matched: '', path: '/a/b', behind: '/a/b' },
    { matched: '/a', path: '/a/b', behind: '/b' },
    { matched: '/a', path: '/a', behind: '/' },
    { matched: '/a/', path: '/a/b', behind: '/b' },
    { matched: '/a', path: '/ab', behind: undefined },
    { matched: '/x', path: '/a', behind: undefined },
  ]) {
    it(`leaves ${String(behind)} of ${path} behind ${matched === '' ? 'nothing' : matched}`, () => {
      assert.equal(
        pathBehind(
          layerThat(() => ({ path: matched })),
          path,
        ),
        behind,
      )
    })
  }
})
