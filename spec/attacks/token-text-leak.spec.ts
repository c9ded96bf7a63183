import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { assertRefused } from '../support/attack.ts'
import { forms, startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { hostileTokens, marker } from '../support/hostile-tokens.ts'
import { makeWorld } from '../support/world.ts'

const world = await makeWorld()
const { options } = world
const cases = await hostileTokens(world)

for (const form of forms) {
  describe(`text of a refused token (${form})`, () => {
    let app: GuardedApp
    const written: string[] = []
    const restore: (() => void)[] = []

    before(async () => {
      app = await startGuardedApp({ form, s2s: options, resources: { 'GET /reports/:id': 'reports.read' } })
      for (const stream of [process.stdout, process.stderr]) restore.push(spyOn(stream, written))
    })
    after(() => {
      for (const undo of restore) undo()
      return app.close()
    })

    for (const attack of cases) {
      it(`comes back nowhere: ${attack.name}`, async () => {
        const firstEvent = app.events.length
        const answer = await assertRefused(app, attack)
        const seen = answer.body + JSON.stringify(answer.headers) + JSON.stringify(app.events.slice(firstEvent))
        assert.ok(!seen.includes(marker), seen)
        assert.equal(answer.headers['set-cookie'], undefined)
      })
    }

    it('comes back in nothing that the process writes', () => {
      assert.ok(!written.join('').includes(marker))
    })
  })
}

/** Keeps what is written as well as writing it. */
function spyOn(stream: NodeJS.WriteStream, written: string[]): () => void {
  const write = stream.write.bind(stream)
  stream.write = (chunk: string | Uint8Array, ...rest: []) => {
    written.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString())
    return write(chunk, ...rest)
  }
  return () => {
    stream.write = write
  }
}
