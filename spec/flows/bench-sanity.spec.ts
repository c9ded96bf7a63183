import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { contenderNames, contenders, isInstalled, type ContenderName } from '../bench/contenders.ts'
import type { BenchProcess } from '../bench/processes/child-process.ts'
import { startContender, startServerProcess } from '../bench/processes/contender-server.ts'
import { startLoadGenerator, type LoadGenerator } from '../bench/processes/load-generator.ts'
import { makeBenchWorld, type BenchWorld } from '../bench/world/bench-world.ts'
import { createTokenMaker, type TokenKind } from '../bench/world/make-tokens.ts'

const refusedKinds = ['garbage', 'bad signature', 'expired', 'unknown issuer', 'unknown kid'] as const
const perKind = 3

/** Times mean nothing here: only that the bench compares servers that do the same. */
describe('the bench compares like with like', () => {
  let world: BenchWorld
  let load: LoadGenerator
  /** All of them in one: to start one for each takes longer than all that is asked of them. */
  let servers: BenchProcess
  const tokens = new Map<TokenKind, readonly string[]>()

  before(async () => {
    world = await makeBenchWorld()
    load = startLoadGenerator()
    servers = startServerProcess(world)
    const makeTokens = createTokenMaker(world)
    for (const kind of ['accepted', 'user+app', 'of many issuers', ...refusedKinds] as const) {
      tokens.set(kind, await makeTokens(kind, perKind))
    }
  })

  after(async () => {
    await load.stop()
    await servers.stop()
    await world.close()
  })

  async function statusesOf(name: ContenderName, kinds: readonly TokenKind[]): Promise<Record<string, object>> {
    const { setting } = contenders[name]
    const small = { ...setting, issuers: Math.min(setting.issuers, 10) }
    const { target } = await startContender({ name, setting: small, process: servers }, world)
    const answers: Record<string, object> = {}
    for (const kind of kinds) {
      await load.connect({ target, tokens: tokens.get(kind) ?? [], connections: 1 })
      answers[kind] = (await load.send(perKind)).statuses
    }
    return answers
  }

  const absent = contenderNames.filter((name) => !isInstalled(name))
  if (absent.length > 0) console.log(`not checked until npm run bench installs them: ${absent.join(', ')}`)

  for (const name of contenderNames.filter(isInstalled)) {
    const { judgesTokens, setting } = contenders[name]
    const refused = judgesTokens ? 401 : 200
    const good: TokenKind = setting.callers === 'farm' ? 'user+app' : 'accepted'
    const expected: readonly (readonly [TokenKind, object])[] = [
      [good, { 200: perKind }],
      ...(setting.issuers > 1 ? [['of many issuers', { 200: perKind }] as const] : []),
      ...refusedKinds.map((kind) => [kind, { [refused]: perKind }] as const),
    ]
    it(`${name} serves good tokens and answers ${refused} to bad ones`, async () => {
      const answers = await statusesOf(
        name,
        expected.map(([kind]) => kind),
      )
      assert.deepEqual(answers, Object.fromEntries(expected))
    })
  }
})
