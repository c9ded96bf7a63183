import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Passport } from 'passport'
import express5, { type Express, type RequestHandler } from 'express'
import { createRequire } from 'node:module'
import { createS2S, type RouteStatus } from 'passport-s2s'
import { createProcessHandler } from '../fuzz/world/in-process-request.ts'
import { buildApp, namesOf, planApp, type PlanItem } from '../support/random-app.ts'
import { isFullRun } from '../support/run-size.ts'
import { createSeededRandom, howToRepeat, runSeed } from '../support/seeded-random.ts'
import { makeWorld } from '../support/world.ts'

const express4 = createRequire(import.meta.url)('express4') as typeof express5
const { options, oauth } = await makeWorld()
const s2s = createS2S(options)
const full = await oauth.token({ claims: { scope: 'all' } })
const apps = isFullRun ? 300 : 20

/** Every path of up to three segments of a small alphabet. */
const paths = ['/']
for (let level = ['']; level[0]?.length !== 6;) {
  level = level.flatMap((path) => ['a', 'b', 'q'].map((segment) => `${path}/${segment}`))
  paths.push(...level)
}

/** Which routes were reached by any of the requests. */
async function reachedBy(
  build: (reached: (name: string) => void) => Express,
  token?: string,
): Promise<ReadonlySet<string>> {
  const reached = new Set<string>()
  const send = createProcessHandler(build((name) => reached.add(name)))
  const rawHeaders = token === undefined ? [] : ['Authorization', `Bearer ${token}`]
  for (const url of paths) {
    for (const method of ['GET', 'POST', 'PURGE']) await send({ connection: 'https', method, url, rawHeaders })
  }
  return reached
}

for (const [version, express] of [
  [4, express4],
  [5, express5],
] as const) {
  const random = createSeededRandom(runSeed, `route coverage, Express ${version}`)

  describe(`the coverage of ${apps} random applications on Express ${version} (${howToRepeat})`, () => {
    it('lists exactly the routes that exist, and says of each what requests meet', async () => {
      // Every certain statement must have been put to the test, however the dice fall.
      const untried = new Set<RouteStatus>(['unguarded', 'guarded', 'public', 'unlisted'])
      for (let count = 0; count < apps || (untried.size > 0 && count < 10 * apps); count += 1) {
        for (const status of await compare(express, planApp(random))) untried.delete(status)
      }
      assert.deepEqual([...untried], [])
    })
  })
}

/** The app behind an authentication that lets anonymous requests pass, so that `requirePermission` finds a caller. */
function guarded(express: typeof express5, plan: readonly PlanItem[], reached: (name: string) => void): Express {
  const passport = new Passport()
  passport.use(s2s.strategy)
  const authenticate = passport.authenticate('s2s', {
    session: false,
    allowAnonymous: true,
  } as object) as RequestHandler
  const app = express()
  app.use(authenticate, buildApp(express, plan, { s2s, reached }))
  return app
}

async function compare(express: typeof express5, plan: readonly PlanItem[]): Promise<readonly RouteStatus[]> {
  const possible = await reachedBy((reached) => buildApp(express, plan, { s2s: undefined, reached }))
  const anonymous = await reachedBy((reached) => guarded(express, plan, reached))
  const allowed = await reachedBy((reached) => guarded(express, plan, reached), full)
  const { routes } = s2s.coverage(guarded(express, plan, () => undefined))
  const shown = JSON.stringify(plan)
  assert.deepEqual(new Set(routes.map(({ name }) => name)), new Set(namesOf(plan)), shown)
  const met = routes.filter(({ name, status }) => possible.has(name) && status !== 'undetermined')
  for (const { name, status, rules, reason } of met) {
    const about = `${name} is ${status} by ${rules.join()}, ${shown}`
    // Whatever is not known: nobody without a token gets where a rule guards, and nobody where there is no rule.
    if (status === 'guarded' || status === 'unlisted') assert.ok(!anonymous.has(name), `${about}, without token`)
    if (status === 'unlisted') assert.ok(!allowed.has(name), `${about}, with token`)
    if (reason !== undefined) continue
    if (status === 'unguarded' || status === 'public') assert.ok(anonymous.has(name), `${about}, without token`)
    if (status !== 'unlisted') assert.ok(allowed.has(name), `${about}, with token`)
  }
  return met.map(({ status }) => status)
}
