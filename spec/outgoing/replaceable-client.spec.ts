import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createReplaceableClient } from '../../lib/outgoing/replaceable-client.ts'
import type { S2SClient } from '../../lib/outgoing/s2s-client.ts'

interface FakeClient extends S2SClient {
  readonly answer: (body: string) => void
  readonly fail: (error: Error) => void
  isClosed(): boolean
}

function makeClient(): FakeClient {
  const { promise, resolve, reject } = withResolvers()
  let closed = false
  return {
    fetch: () => promise,
    answer: (body) => {
      resolve(new Response(body))
    },
    fail: reject,
    close: () => {
      closed = true
    },
    isClosed: () => closed,
  }
}

function withResolvers(): {
  promise: Promise<Response>
  resolve: (value: Response) => void
  reject: (error: Error) => void
} {
  let resolve: (value: Response) => void = () => undefined
  let reject: (error: Error) => void = () => undefined
  const promise = new Promise<Response>((done, failed) => {
    resolve = done
    reject = failed
  })
  return { promise, resolve, reject }
}

describe('createReplaceableClient', () => {
  it('lets calls end as they began, and closes what they used after the last of them', async () => {
    const [first, second] = [makeClient(), makeClient()]
    const client = createReplaceableClient(first)
    const early = [client.fetch('/1'), client.fetch('/2')]
    client.replace(second)
    const late = client.fetch('/3')
    assert.equal(first.isClosed(), false)
    second.answer('second')
    assert.equal(await (await late).text(), 'second')
    first.answer('first')
    await Promise.all(early)
    assert.deepEqual([first.isClosed(), second.isClosed()], [true, false])
  })

  it('closes at once what nobody uses, also after a call that failed', async () => {
    const [first, second, third] = [makeClient(), makeClient(), makeClient()]
    const client = createReplaceableClient(first)
    client.replace(second)
    assert.equal(first.isClosed(), true)
    const call = client.fetch('/')
    client.replace(third)
    second.fail(new Error('late'))
    await assert.rejects(call, /late/)
    assert.equal(second.isClosed(), true)
  })

  it('closes all that is open', () => {
    const [first, second] = [makeClient(), makeClient()]
    const client = createReplaceableClient(first)
    void client.fetch('/')
    client.replace(second)
    client.close()
    assert.deepEqual([first.isClosed(), second.isClosed()], [true, true])
  })
})
