import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createWatchedServer, setWatchedServer, watchedServerOf } from '../../lib/audit/watched-server.ts'

describe('createWatchedServer', () => {
  it('ends what watches it once, when it is closed', () => {
    const server = createWatchedServer()
    const ended: string[] = []
    server.onClose(() => ended.push('first'))
    server.onClose(() => ended.push('second'))
    assert.deepEqual(ended, [])
    server.close()
    server.close()
    assert.deepEqual(ended, ['first', 'second'])
  })

  it('ends at once what comes too late', () => {
    const server = createWatchedServer()
    server.close()
    const ended: string[] = []
    server.onClose(() => ended.push('late'))
    assert.deepEqual(ended, ['late'])
  })

  it('is not ready before a configuration is in force, then says what that says, and stays who it is', () => {
    const server = createWatchedServer()
    const { source, health } = server
    const before = health()
    assert.equal(before.ready, false)
    for (const next of [{ ...before, ready: true }, { ...before }]) {
      server.serve(() => next)
      assert.equal(health(), next)
    }
    assert.equal(server.source, source)
    assert.notEqual(createWatchedServer().source, source)
  })
})

describe('the health of a watched server', () => {
  it('has the keys of clients beside those of the configuration', () => {
    const server = createWatchedServer()
    const own = { role: 'current', thumbprint: 'a', daysLeft: 1 } as const
    const ofClient = { role: 'client', thumbprint: 'b', daysLeft: 2 } as const
    server.serve(() => ({ ...createWatchedServer().health(), ownKeys: [own] }))
    server.serveClientKeys(() => [ofClient])
    assert.deepEqual(server.health().ownKeys, [own, ofClient])
    assert.ok(Object.isFrozen(server.health()))
  })
})

describe('watchedServerOf', () => {
  it('knows the objects that stand for a server, and no others', () => {
    const server = createWatchedServer()
    const object = {}
    setWatchedServer(object, server)
    assert.equal(watchedServerOf(object), server)
    for (const other of [{}, null, undefined, 'text']) assert.equal(watchedServerOf(other as object), undefined)
  })
})
