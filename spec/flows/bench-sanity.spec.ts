import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { contenderNames, contenders, isInstalled, type ContenderName } from '../bench/contenders.ts'
import { startContender } from '../bench/processes/contender-server.ts'
import { startLoadGenerator, type LoadGenerator } from '../bench/processes/load-generator.ts'
import { makeBenchWorld, type BenchWorld } from '../bench/world/bench-world.ts'
import { createTokenMaker, type TokenKind } from '../bench/world/make-tokens.ts'

const refusedKinds = ['garbage', 'bad signature', 'expired', 'unknown issuer', 'unknown kid'] as const
const perKind = 3

/** Times mean nothing here: only that the bench compares servers that do the same. */
describe('the bench compares like with like', () => {
  let world: BenchWorld
  let load: LoadGenerator
  const tokens = new Map<TokenKind, readonly string[]>()

  before(async () => {
    world = await makeBenchWorld()
    load = startLoadGenerator()
    const makeTokens = createTokenMaker(world)
    for (const kind of ['accepted', 'user+app', 'of many issuers', ...refusedKinds] as const) {
      tokens.set(kind, await makeTokens(kind, perKind))
    }
  })

  after(async () => {
    await load.stop()
    await world.close()
  })

  async function statusesOf(name: ContenderName, kinds: readonly TokenKind[]): Promise<Record<string, object>> {
    const { setting } = contenders[name]
    const small = { ...setting, issuers: Math.min(setting.issuers, 10) }
    const server = await startContender({ name, setting: small }, world)
    try {
      const answers: Record<string, object> = {}
      for (const kind of kinds) {
        await load.connect({ target: server.target, tokens: tokens.get(kind) ?? [], connections: 1 })
        answers[kind] = (await load.send(perKind)).statuses
      }
      return answers
    } finally {
      await server.stop()
    }
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

describe('the code of the bench', () => {
  it('compiles, as far as its peers are installed', () => {
    const root = join(import.meta.dirname, '..', '..')
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const run = spawnSync(process.execPath, [compiler, '-p', 'spec/bench', '--pretty', 'false'], { cwd: root })
    const problems = run.stdout
      .toString()
      .split('\n')
      .filter((line) => /^\S.*: error /.test(line))
    const isExcused = (line: string): boolean => !isInstalled('fast-jwt') && line.startsWith('spec/bench/peers/')
    assert.deepEqual(
      problems.filter((line) => !isExcused(line)),
      [],
    )
  })
})
