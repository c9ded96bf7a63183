import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import express, { type ErrorRequestHandler } from 'express'
import {
  createS2S,
  UnavailableError,
  type AuditEvent,
  type S2SPrincipal,
  type S2SVerify,
  type S2SVerifyDone,
} from 'passport-s2s'
import { forms, guardOf, type Form } from '../support/guarded-app.ts'
import { startHttpsServer, type LocalServer } from '../support/https-server.ts'
import { sendRaw, type RawAnswer } from '../support/send-raw.ts'
import { makeWorld } from '../support/world.ts'

const world = await makeWorld()
const token = await world.farm.appOnlyToken()
const down = new UnavailableError('ERR_S2S_PROFILES_UNAVAILABLE', 'the directory is down')

interface Story {
  readonly name: string
  readonly verify: S2SVerify
  readonly status: number
  readonly code?: string
  readonly user?: unknown
}

const stories: readonly Story[] = [
  {
    name: 'a user of its own becomes req.user',
    verify: (principal: S2SPrincipal, done: S2SVerifyDone) => {
      done(null, { own: principal.application.id })
    },
    status: 200,
    user: { own: world.farm.applicationName.split('@')[0] },
  },
  {
    name: 'done(null, false) refuses the caller',
    verify: (_principal: S2SPrincipal, done: S2SVerifyDone) => {
      done(null, false)
    },
    status: 401,
    code: 'ERR_S2S_CALLER_REFUSED',
  },
  { name: 'nothing refuses the caller', verify: () => undefined, status: 401, code: 'ERR_S2S_CALLER_REFUSED' },
  { name: 'an outage of its own is an outage', verify: () => Promise.reject(down), status: 503, code: down.code },
  { name: 'a bug stays a bug', verify: () => Promise.reject(new TypeError('a bug')), status: 418 },
]

describe('the verify callback', () => {
  for (const form of forms) {
    for (const story of stories) {
      describe(`${story.name} (${form})`, () => {
        let app: VerifyingApp
        before(async () => {
          app = await startApp(form, story.verify)
        })
        after(() => app.close())

        it(`is answered with ${story.status}`, async () => {
          const answer: RawAnswer = await sendRaw(app, { headers: [['Authorization', `Bearer ${token}`]] })
          assert.equal(answer.status, story.status, answer.body)
          assert.equal(app.users.length, story.status === 200 ? 1 : 0)
          assert.deepEqual(app.users[0], story.user)
          assert.equal(app.events.findLast(({ code }) => code !== undefined)?.code, story.code)
          assert.equal(answer.headers['www-authenticate'] !== undefined, story.status === 401)
        })
      })
    }
  }
})

interface VerifyingApp extends LocalServer {
  readonly users: readonly unknown[]
  readonly events: readonly AuditEvent[]
}

async function startApp(form: Form, verify: S2SVerify): Promise<VerifyingApp> {
  const events: AuditEvent[] = []
  const users: unknown[] = []
  const s2s = createS2S({ ...world.options, onAuditEvent: (event) => events.push(event) }, verify)
  const app = express()
  app.use(...guardOf(s2s, { form, resources: { 'GET /reports/:id': 'reports.read' } }))
  app.get('/reports/:id', (request, response) => {
    users.push(request.user)
    response.json({ caller: s2s.principalOf(request).application.id })
  })
  app.use(s2s.errorResponder())
  app.use(((_error, _request, response, _next) => {
    response.status(418).end()
  }) satisfies ErrorRequestHandler)
  return { ...(await startHttpsServer(app)), users, events }
}
