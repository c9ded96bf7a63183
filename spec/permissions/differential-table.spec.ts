import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type express from 'express'
import { judgedPath } from '../../lib/express/request-path.ts'
import type { ResourceTable } from '../../lib/permissions/resource-table.ts'
import { expressVersions, type ExpressVersion } from '../support/express-versions.ts'
import { isFullRun } from '../support/run-size.ts'
import { createSeededRandom, howToRepeat, runSeed, type SeededRandom } from '../support/seeded-random.ts'
import { createLinearScan, createServingRouter } from './differential/express-reading.ts'
import { randomRequestPath } from './differential/random-paths.ts'
import { makeRandomTable } from './differential/random-tables.ts'

/** How many pairs of a request and a table are tried, on how many tables. A full run tries a million with Express 5. */
interface Effort {
  readonly tables: number
  readonly pairs: number
  readonly routed: number
}

const efforts: Readonly<Record<4 | 5, Readonly<Record<10 | 1000, Effort>>>> = isFullRun
  ? {
      5: { 10: { tables: 500, pairs: 500_000, routed: 50_000 }, 1000: { tables: 10, pairs: 500_000, routed: 5_000 } },
      4: { 10: { tables: 50, pairs: 50_000, routed: 50_000 }, 1000: { tables: 2, pairs: 10_000, routed: 1_000 } },
    }
  : {
      5: { 10: { tables: 30, pairs: 15_000, routed: 3_000 }, 1000: { tables: 1, pairs: 1_500, routed: 100 } },
      4: { 10: { tables: 10, pairs: 3_000, routed: 1_000 }, 1000: { tables: 1, pairs: 300, routed: 50 } },
    }

const methods = ['GET', 'GET', 'HEAD', 'POST', 'PUT']
const settings = [true, false].flatMap((caseSensitive) => [true, false].map((strict) => ({ caseSensitive, strict })))
const namesOf = (entries: ReturnType<ResourceTable['find']>): string[] => entries.map(({ name }) => name)

/** What one table and the random choices about it are tried with. */
interface Trial {
  readonly version: ExpressVersion
  readonly table: ResourceTable
  readonly random: SeededRandom
  readonly patterns: readonly string[]
}

/** What became of all the requests: how many entries judge them, and how often a router served one. */
const tally = { none: 0, one: 0, several: 0, served: 0 }

function compareWithScan({ version, table, random, patterns }: Trial, pairs: number): void {
  const scan = createLinearScan(version.express, table)
  for (let done = 0; done < pairs; done++) {
    const [method, path] = [random.pick(methods), randomRequestPath(random, patterns)]
    const found = table.find(method, path)
    tally[found.length === 0 ? 'none' : found.length === 1 ? 'one' : 'several'] += 1
    const expected = scan(method, path)
    const isSame = found.length === expected.length && found.every((entry, index) => entry === expected[index])
    if (!isSame) assert.deepEqual(namesOf(found), namesOf(expected), describeTrial(method, path, patterns))
  }
}

/** Asks routers with the same routes, whatever their settings. */
async function compareWithRouters({ version, table, random, patterns }: Trial, requests: number): Promise<void> {
  const routers = settings.map((options) => createServingRouter(version.express, table, options))
  for (let done = 0; done < requests; done++) {
    const method = random.pick(methods)
    const url = randomRequestPath(random, patterns) + random.pick(['', '', '?', '?a=/../b'])
    const makeRequest = (): express.Request =>
      Object.assign(Object.create(version.express.request) as express.Request, { method, url, originalUrl: url })
    const judged = namesOf(table.find(method, judgedPath(makeRequest())))
    for (const routeOf of routers) {
      const route = routeOf(makeRequest())
      if (route === undefined) continue
      tally.served += 1
      assert.ok(
        judged.includes(route),
        `${route} serves what it did not judge: ${describeTrial(method, url, patterns)}`,
      )
    }
    // Routers end in a turn of their own when nothing serves: do not let those pile up.
    if (done % 200 === 0) await nextTurn()
  }
}

function describeTrial(method: string, path: string, patterns: readonly string[]): string {
  return `${method} ${JSON.stringify(path)}, table of ${patterns.length} (${patterns.slice(0, 12).join(' ')}); ${howToRepeat}`
}

function makeTrials(number: 4 | 5, size: 10 | 1000): readonly Trial[] {
  const version = expressVersions[number]
  const random = createSeededRandom(runSeed, `tables of ${size}, Express ${number}`)
  return Array.from({ length: efforts[number][size].tables }, (_, made) => {
    const takesExpress5Syntax = number === 5 && made % 2 === 0
    const compilePath = version.createPathCompiler(takesExpress5Syntax ? { pathSyntax: 'express5' } : {})
    const table = makeRandomTable({ random, compilePath, size, takesExpress5Syntax })
    return { version, table, random, patterns: table.entries.map(({ path }) => path) }
  })
}

for (const number of [5, 4] as const) {
  for (const size of [10, 1000] as const) {
    const { tables, pairs, routed } = efforts[number][size]

    describe(`tables of ${size} resources over Express ${number}`, () => {
      const trials = makeTrials(number, size)

      it(`give for ${pairs} requests what asking Express about every entry gives`, () => {
        for (const trial of trials) compareWithScan(trial, pairs / tables)
      })

      it(`judge by the entry of whatever route a router serves, for ${routed} requests and every setting`, async () => {
        for (const trial of trials) await compareWithRouters(trial, routed / tables)
      })
    })
  }
}

describe('the requests that these tables were tried with', () => {
  it('were of every kind', () => {
    const { none, one, several, served } = tally
    const size = none + one + several
    const isMeaningful = Math.min(none, one) > size / 5 && several > size / 200 && served > size / 20
    assert.ok(isMeaningful, `${JSON.stringify(tally)}; ${howToRepeat}`)
  })
})
