import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import type express5 from 'express'
import { readMountExpression } from '../../../lib/express/routes/mount-expression.ts'
import type { RouterLayer } from '../../../lib/express/routes/router-layer.ts'

const express4 = createRequire(import.meta.url)('express4') as typeof express5

function layerAt(path: string | RegExp | (string | RegExp)[], caseSensitive = false): RouterLayer {
  const router = express4.Router({ caseSensitive })
  router.use(path, () => undefined)
  return router.stack[0] as unknown as RouterLayer
}

describe('readMountExpression', () => {
  for (const path of ['/api', '/api/:id', '/a-b/c.d/:x.json', '/:a/:b/c', '/a/*', '/*', '*', '/:a/*/:b']) {
    it(`reads ${path} out of the expression that Express 4 makes of it`, () => {
      assert.deepEqual(
        readMountExpression(layerAt(path))?.map((read) => read.replace(/^(?=\*)/, '')),
        [path],
      )
      assert.deepEqual(readMountExpression(layerAt(path, true)), [path])
    })
  }

  it('reads lists of paths', () => {
    assert.deepEqual(readMountExpression(layerAt(['/a', '/:b/c'])), ['/a', '/:b/c'])
  })

  for (const path of [
    /^\/api/,
    /^\/api\/?(?=\/|$)/g,
    '/a?',
    '/(a|b)',
    '/v:n',
    '/:id(\\d+)',
    '/:id*',
    '/a+',
    ['/a', /b/],
  ]) {
    it(`reads nothing out of ${String(path)}`, () => {
      assert.equal(readMountExpression(layerAt(path)), undefined)
    })
  }

  it('reads nothing where there is no expression', () => {
    assert.equal(readMountExpression({ handle: () => undefined, name: 'x', match: () => true }), undefined)
  })
})
