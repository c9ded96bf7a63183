import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createWatchedServer, setWatchedServer, watchedServerOf } from '../../lib/audit/watched-server.ts'

const create = () => createWatchedServer({ source: {}, health: () => assert.fail('nobody asks') })

describe('createWatchedServer', () => {
  it('ends what watches it once, when it is closed', () => {
    const server = create()
    const ended: string[] = []
    server.onClose(() => ended.push('first'))
    server.onClose(() => ended.push('second'))
    assert.deepEqual(ended, [])
    server.close()
    server.close()
    assert.deepEqual(ended, ['first', 'second'])
  })

  it('ends at once what comes too late', () => {
    const server = create()
    server.close()
    const ended: string[] = []
    server.onClose(() => ended.push('late'))
    assert.deepEqual(ended, ['late'])
  })
})

describe('watchedServerOf', () => {
  it('knows the objects that stand for a server, and no others', () => {
    const server = create()
    const object = {}
    setWatchedServer(object, server)
    assert.equal(watchedServerOf(object), server)
    for (const other of [{}, null, undefined, 'text']) assert.equal(watchedServerOf(other as object), undefined)
  })
})
