import express, { type Express, type RequestHandler, type Router } from 'express'
import { describeAccepted } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import type { GuardedAppOptions, GuardedAppParts } from '../support/guarded-app.ts'
import { aliases, anonymousSpellings, pathSpellings, type PathSpelling } from '../support/path-spellings.ts'
import { makeWorld } from '../support/world.ts'

const { oauth, options } = await makeWorld()
const token = await oauth.token({ claims: { scope: 'reports.read' } })
const adminToken = await oauth.token({ claims: { scope: 'admin.all' } })

const rules = {
  s2s: options,
  resources: { 'GET /public/:file': 'public', 'GET /reports/:id': 'reports.read', 'GET /admin/users': 'admin.all' },
} as const

const routerSettings = [
  { caseSensitive: false, strict: false },
  { caseSensitive: true, strict: false },
  { caseSensitive: false, strict: true },
  { caseSensitive: true, strict: true },
] as const

/** Routers of every setting and a sub-app of the strictest, one behind the other, and in the end whatever is left. */
function routesTo(handler: RequestHandler): Router {
  const routes = express.Router()
  for (const settings of routerSettings) {
    const router = express.Router(settings)
    router.get('/public/:file', handler)
    router.get('/reports/:id', handler)
    router.all('/admin/users', handler)
    routes.use(router)
  }
  const subApp = express()
  subApp.set('case sensitive routing', true)
  subApp.set('strict routing', true)
  subApp.all('/admin/users', handler)
  subApp.all('/ADMIN/:name', handler)
  routes.use(subApp, handler)
  return routes
}

function below(prefix: string, spellings: readonly PathSpelling[], withToken?: string): AttackCase[] {
  return spellings.map((spelling) => {
    const path = prefix + spelling.path
    const name = `row 89: ${JSON.stringify(path)}${withToken === undefined ? ' without a token' : ''}`
    return { ...spelling, ...(withToken === undefined ? {} : { token: withToken }), name, path }
  })
}

const mounts: Readonly<Record<string, (app: Express, parts: GuardedAppParts) => void>> = {
  'a guard on a mount path': (app, { guard, handler }) => {
    app.use('/api', ...guard)
    app.use('/api', routesTo(handler))
  },
  'a guard within a router': (app, { guard, handler }) => {
    const router = express.Router({ caseSensitive: true, strict: true })
    router.use(...guard, routesTo(handler))
    app.use('/api', router)
  },
  'a guard within a mounted sub-app': (app, { guard, handler }) => {
    const subApp = express()
    subApp.set('case sensitive routing', true)
    subApp.set('strict routing', true)
    subApp.use(...guard, routesTo(handler))
    app.use('/api', subApp)
  },
}

/** Every fifth: how a path is spelt is judged the same everywhere, and `path-spelling.spec.ts` has them all. */
function isAmong(_spelling: PathSpelling, index: number): boolean {
  return index % 5 === 0
}

for (const [title, assemble] of Object.entries(mounts)) {
  const app: Omit<GuardedAppOptions, 'form'> = { ...rules, assemble }
  describeAttack(title, app, [
    ...below('/api', pathSpellings.filter(isAmong), token),
    ...below('/API', pathSpellings.slice(0, 16), token),
    ...below('/api', anonymousSpellings.filter(isAmong)),
  ])
  describeAccepted(title, app, [
    ...aliases.map((path) => ({ name: `/api${path}`, token: adminToken, path: `/api${path}` })),
    { name: 'the anonymous resource', token: undefined, path: '/api/public/logo' },
  ])
}

describeAttack(
  'a guard on a mount path with a parameter',
  {
    ...rules,
    assemble: (app, { guard, handler }) => {
      app.use('/:tenant/api', ...guard)
      app.use('/:tenant/api', routesTo(handler))
    },
  },
  [
    ...below('/a/api', pathSpellings.filter(isAmong), token),
    { name: 'row 89: an encoded slash in the mount path', path: '/a%2fb/api/reports/1', token, ...ambiguous() },
    { name: 'row 89: a dot segment in the mount path', path: '/../api/reports/1', token, ...ambiguous() },
    { name: 'row 89: an encoded dot in the mount path', path: '/%2e%2e/api/reports/1', token, ...ambiguous() },
    { name: 'row 89: a path parameter in the mount path', path: '/a;b/api/reports/1', token, ...ambiguous() },
    { name: 'row 89: a backslash in the mount path', path: '/a\\b/api/reports/1', token, ...ambiguous() },
  ],
)

function ambiguous(): Pick<AttackCase, 'status' | 'code'> {
  return { status: 400, code: 'ERR_S2S_PATH_AMBIGUOUS' }
}
