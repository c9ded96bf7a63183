import express from 'express'
import { describeAccepted } from '../support/accepted.ts'
import { describeAttack } from '../support/attack.ts'
import type { GuardedAppOptions } from '../support/guarded-app.ts'
import { makeWorld } from '../support/world.ts'

const { oauth, options } = await makeWorld()
const token = await oauth.token({ claims: { scope: 'reports.read' } })
const adminToken = await oauth.token({ claims: { scope: 'admin.all' } })

/**
 * To the router below, `/files/open` is another resource than `/files/Open`: it serves it with the route for `:name`. The
 * guard cannot know, so whoever spells a path differently must satisfy both entries.
 */
const app: Omit<GuardedAppOptions, 'form'> = {
  s2s: options,
  resources: {
    'GET /files/Open': 'public',
    'GET /files/Shared': 'reports.read',
    'GET /files/:name': 'admin.all',
    'GET /Lists/:id': 'reports.read',
    'GET /:room/:id': 'admin.all',
  },
  routes: (app, handler) => {
    const router = express.Router({ caseSensitive: true, strict: true })
    router.get('/files/Open', handler)
    router.get('/files/Shared', handler)
    router.get('/files/:name', handler)
    router.get('/files/:name/', handler)
    router.get('/Lists/:id', handler)
    router.get('/:room/:id', handler)
    app.use(router)
  },
}

const missingScope = { status: 403, code: 'ERR_S2S_SCOPE_MISSING' } as const
const noCredential = { status: 401, code: undefined } as const

describeAttack('a spelling that a case-sensitive, strict router takes for another route', app, [
  ...['/files/open', '/files/OPEN', '/FILES/Open', '/files/Open/', '/files/open/'].flatMap((path) => [
    { name: `row 89: ${path} without a token`, path, ...noCredential },
    { name: `row 89: ${path} with a token for less`, path, token, ...missingScope },
  ]),
  ...['/files/shared', '/files/SHARED/', '/files/Shared/', '/Files/Shared', '/lists/1', '/LISTS/1', '/Lists/1/'].map(
    (path) => ({ name: `row 89: ${path}`, path, token, ...missingScope }),
  ),
  { name: 'row 89: a token for the other entry only', path: '/files/shared', token: adminToken, ...missingScope },
])

describeAccepted('the spelling of the table', app, [
  { name: '/files/Open', path: '/files/Open', token: undefined },
  { name: '/files/Shared', path: '/files/Shared', token },
  { name: '/Lists/1', path: '/Lists/1', token },
  { name: '/files/other', path: '/files/other', token: adminToken },
  {
    name: 'another letter case, with a token for both',
    path: '/files/shared',
    token: await oauth.token({ claims: { scope: 'reports.read admin.all' } }),
  },
])
