import type { RequestHandler, Router } from 'express'
import type express5 from 'express'
import type { Resources, S2S } from 'passport-s2s'
import { createS2S } from 'passport-s2s'
import type { SeededRandom } from './seeded-random.ts'
import { makeWorld } from './world.ts'

/** One line of an application. Handlers note the name of their route and hand the request on. */
export type PlanItem =
  | { readonly type: 'route'; readonly method: 'get' | 'post' | 'all'; readonly path: string; readonly own?: string }
  | {
      readonly type: 'guard'
      readonly form: 'protect' | 'protectResources'
      readonly path: string
      readonly table: Resources
    }
  | { readonly type: 'permission'; readonly path: string; readonly requirement: string }
  | {
      readonly type: 'mount'
      readonly form: 'router' | 'app'
      readonly path: string
      readonly items: readonly PlanItem[]
    }
  | { readonly type: 'function' }

const { options } = await makeWorld()
const probe = createS2S(options)
const requirements = ['all', 'all', 'all', 'authenticated', 'public'] as const
const segments = ['/a', '/b', '/:x', '/:y'] as const

/** Makes up an application of at most three levels. */
export function planApp(random: SeededRandom, depth = 0): readonly PlanItem[] {
  return Array.from({ length: 2 + random.below(5) }, () => planItem(random, depth))
}

function planItem(random: SeededRandom, depth: number): PlanItem {
  const kind = random.below(10)
  const path = planPath(random)
  if (kind < 4 || (kind < 6 && depth > 1)) {
    const method = random.pick(['get', 'get', 'post', 'all'] as const)
    return { type: 'route', method, path, ...(random.happens(15) ? { own: random.pick(requirements) } : {}) }
  }
  if (kind < 6) return { type: 'mount', form: random.pick(['router', 'app']), path, items: planApp(random, depth + 1) }
  if (kind < 8) {
    const form = random.pick(['protect', 'protectResources'] as const)
    return { type: 'guard', form, path: random.happens(60) ? '/' : path, table: planTable(random) }
  }
  return kind === 8 ? { type: 'permission', path, requirement: random.pick(requirements) } : { type: 'function' }
}

function planPath(random: SeededRandom): string {
  const path = Array.from({ length: random.below(3) }, () => random.pick(segments)).join('')
  return path.replace(/:x(.*):x/, ':x$1:z').replace(/:y(.*):y/, ':y$1:z') || '/'
}

/** Entries that an earlier one makes unreachable are left out. */
function planTable(random: SeededRandom): Resources {
  let table: Resources = { [`GET ${planPath(random)}`]: 'all' }
  for (let count = random.below(5); count > 0; count -= 1) {
    const name = `${random.pick(['GET', 'GET', 'POST', 'ALL'])} ${planPath(random)}`
    const wider = { ...table, [name]: random.pick(requirements) }
    try {
      probe.protect(wider)
      table = wider
    } catch {
      continue
    }
  }
  return table
}

/** Builds a planned application; without `s2s` the same without any guard. */
export function buildApp(
  express: typeof express5,
  plan: readonly PlanItem[],
  parts: { readonly s2s: S2S | undefined; readonly reached: (name: string) => void },
): express5.Express {
  const app = express()
  fill(app, plan, { express, base: '', ...parts })
  return app
}

interface Building {
  readonly express: typeof express5
  readonly s2s: S2S | undefined
  readonly reached: (name: string) => void
  /** The path up to here. */
  readonly base: string
}

const pass: RequestHandler = (_request, _response, next) => {
  next()
}

/** Applications take the same calls as routers. */
function fill(application: express5.Express | Router, plan: readonly PlanItem[], building: Building): void {
  const { s2s, express, base } = building
  const router = application as Router
  const permission = (requirement: string): RequestHandler => s2s?.requirePermission(requirement) ?? pass
  for (const item of plan) {
    if (item.type === 'function') router.use(pass)
    else if (item.type === 'guard') router.use(item.path, s2s?.[item.form](item.table) ?? pass)
    else if (item.type === 'permission') {
      if (s2s !== undefined) router.all(item.path, permission(item.requirement))
    } else if (item.type === 'mount') {
      const inner = item.form === 'router' ? express.Router() : express()
      fill(inner, item.items, { ...building, base: joined(base, item.path) })
      router.use(item.path, inner)
    } else {
      const own = item.own === undefined || s2s === undefined ? [] : [permission(item.own)]
      router[item.method](item.path, [...own, handlerOf(routeName(base, item), building)])
    }
  }
}

function handlerOf(name: string, { reached }: Building): RequestHandler {
  return (_request, _response, next) => {
    reached(name)
    next()
  }
}

function routeName(base: string, { method, path }: { readonly method: string; readonly path: string }): string {
  return `${method.toUpperCase()} ${joined(base, path)}`
}

function joined(base: string, path: string): string {
  if (base === '' || base === '/') return path
  return path === '/' ? base : base + path
}

/** The names of all routes of a plan. */
export function namesOf(plan: readonly PlanItem[], base = ''): readonly string[] {
  return plan.flatMap((item) => {
    if (item.type === 'route') return [routeName(base, item)]
    return item.type === 'mount' ? namesOf(item.items, joined(base, item.path)) : []
  })
}
