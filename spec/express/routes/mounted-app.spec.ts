import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { describe, it } from 'node:test'
import express5 from 'express'
import { mountedAppOf } from '../../../lib/express/routes/mounted-app.ts'
import { layersOf, type HandlerFunction } from '../../../lib/express/routes/router-layer.ts'

const express4 = createRequire(import.meta.url)('express4') as typeof express5

for (const [version, express] of [
  [4, express4],
  [5, express5],
] as const) {
  describe(`mountedAppOf on Express ${version}`, () => {
    const handleOf = (...mounted: express5.RequestHandler[]): HandlerFunction => {
      const app = express()
      app.use(...mounted)
      const [layer] = layersOf(app) ?? []
      assert.ok(layer)
      return layer.handle
    }

    it('finds the application that is mounted', () => {
      const sub = express()
      sub.get('/x', () => {
        throw new Error('no handler runs')
      })
      assert.equal(mountedAppOf(handleOf(sub)), sub)
    })

    it('finds nothing in any other function, and does not call it', () => {
      const impostor = Object.defineProperty(
        () => {
          throw new Error('is not called')
        },
        'name',
        { value: 'mounted_app' },
      )
      for (const handle of [handleOf(express.Router()), handleOf(impostor)])
        assert.equal(mountedAppOf(handle), undefined)
    })
  })
}
