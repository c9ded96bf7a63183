import type { Express } from 'express'
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { createS2SFromFile, type AuditEvent, type ConfigDocument } from 'passport-s2s'
import { makeMovableClock } from '../support/clock.ts'
import { configName, makeConfigFolder, until, type ConfigFolder } from '../support/config-folder.ts'
import { everyForm, startGuardedApp, type Form, type GuardedApp, type GuardedAppParts } from '../support/guarded-app.ts'
import { serveDocuments, startHttpsServer, type LocalServer } from '../support/https-server.ts'
import { makeOAuthIssuer, type OAuthIssuer } from '../support/oauth-issuer.ts'
import { sendRaw } from '../support/send-raw.ts'
import { oauthAudience } from '../support/world.ts'

const { clock } = makeMovableClock()
const algorithms = ['ES256'] as const
const partner = makeOAuthIssuer({ issuer: 'https://partner.example', audience: oauthAudience, clock, algorithms })

/** What differs from one state of the file to the next. */
interface State {
  /** What `GET /reports/:id` requires. */
  readonly scope: 'reports.read' | 'reports.write'
  readonly trustsPartner: boolean
}

const states: readonly State[] = [
  { scope: 'reports.read', trustsPartner: true },
  { scope: 'reports.write', trustsPartner: true },
  { scope: 'reports.read', trustsPartner: false },
  { scope: 'reports.write', trustsPartner: false },
]

/** Who calls, and what each state of the file answers. */
interface Caller {
  readonly name: string
  readonly token: string | undefined
  readonly path: string
  answer(this: void, state: State): number
}

const brokenFiles: readonly (readonly [name: string, content: unknown])[] = [
  ['no JSON', '{ "trustedIssuers": [ '],
  ['an option that is none', { audience: oauthAudience, trustedIssuers: [], resorces: {} }],
  ['no table, which is mounted', { audience: oauthAudience, trustedIssuers: [] }],
  [
    'an issuer without its audience',
    { trustedIssuers: [{ type: 'openid', issuer: 'https://a' }], resources: { 'GET /': 'a' } },
  ],
]

for (const form of everyForm) {
  describe(`a file that changes under 200 requests per second (${form})`, () => {
    let folder: ConfigFolder
    let server: LocalServer
    let login: OAuthIssuer
    let app: GuardedApp
    let isDown = false
    let phase = 0
    before(async () => {
      folder = makeConfigFolder()
      server = await startHttpsServer((request, response) => {
        if (isDown) response.destroy()
        else
          serveDocuments({ '/.well-known/openid-configuration': login.metadata(), '/jwks': login.jwks() })(
            request,
            response,
          )
      })
      login = makeOAuthIssuer({ issuer: server.url, audience: oauthAudience, clock, algorithms })
      folder.write('ca.pem', server.ca)
      folder.write(configName, documentOf(states[0] ?? assert.fail(), login))
      app = await startApp(form, folder, (event) => {
        if (event.name === 'config.reloaded') phase += 1
      })
      await app.s2s.ready()
      // From here on the keys it has must do.
      isDown = true
    })
    after(async () => {
      await Promise.all([app.close(), server.close()])
      folder.remove()
    })

    it('gives no wrong answer, and only right ones by the new rule from the event on', async () => {
      const callers = await makeCallers(login)
      const stateAt = (at: number): State => states[at % states.length] ?? assert.fail()
      const wrong: string[] = []
      let sent = 0
      const send = async (caller: Caller): Promise<void> => {
        const first = phase
        const headers = caller.token === undefined ? [] : ([['Authorization', `Bearer ${caller.token}`]] as const)
        const { status } = await sendRaw(app, { headers, path: caller.path })
        const allowed = Array.from({ length: phase - first + 1 }, (_, index) => caller.answer(stateAt(first + index)))
        if (!allowed.includes(status)) wrong.push(`${caller.name} in phase ${first}: ${status}, not ${allowed.join()}`)
      }
      const pending: Promise<void>[] = []
      const done = new AbortController()
      const load = (async (): Promise<void> => {
        const start = performance.now()
        while (!done.signal.aborted) {
          while (sent < (performance.now() - start) / 5)
            pending.push(send(callers[sent++ % callers.length] ?? assert.fail()))
          await wait(5)
        }
      })()
      for (let next = 1; next <= 4; next++) {
        folder.replace(configName, documentOf(stateAt(next), login))
        await until(() => phase === next, `phase ${next}`)
        await breakFile(next)
        await wait(30)
      }
      done.abort()
      await load
      await Promise.all(pending)
      assert.deepEqual(wrong, [])
      assert.ok(sent > 100, `${sent} requests`)
      assert.deepEqual(app.failures, [])
    })

    /** One broken file in each phase; another one follows, so that each is told. */
    async function breakFile(index: number): Promise<void> {
      const [name, content] = brokenFiles[index % brokenFiles.length] ?? assert.fail()
      const rejections = app.events.filter((event) => event.name === 'config.rejected').length
      const reloads = phase
      folder.write(configName, content)
      await until(() => app.events.filter((event) => event.name === 'config.rejected').length > rejections, name)
      assert.equal(phase, reloads, name)
    }
  })
}

describe('one request', () => {
  for (const form of ['passport', 'strategy object'] as const) {
    it(`is judged by one configuration, also when another comes between the two middlewares (${form})`, async () => {
      const folder = makeConfigFolder()
      folder.write(configName, documentOf({ scope: 'reports.read', trustsPartner: true }))
      let hold: Promise<void> = Promise.resolve()
      let arrived = 0
      const app = await startApp(
        form,
        folder,
        () => undefined,
        (express, { guard: [authenticate, guard], handler }) => {
          if (authenticate === undefined || guard === undefined) assert.fail()
          const held = (_request: unknown, _response: unknown, next: () => void): void => {
            arrived += 1
            void hold.then(next)
          }
          express.use(authenticate, held, guard, handler)
        },
      )
      try {
        let letGo: () => void = () => undefined
        hold = new Promise((resolve) => (letGo = resolve))
        const token = await partner.token({ claims: { scope: 'reports.read' } })
        const early = [statusOf(app, token), statusOf(app, undefined, '/health')]
        await until(() => arrived === 2, 'both wait')
        await app.s2s.reload({
          audience: oauthAudience,
          trustedIssuers: [],
          resources: { 'GET /reports/:id': 'reports.write', 'GET /health': 'authenticated' },
        })
        const late = [statusOf(app, token), statusOf(app, undefined, '/health')]
        letGo()
        assert.deepEqual(await Promise.all(early), [200, 200])
        assert.deepEqual(await Promise.all(late), [401, 401])
        assert.equal(app.handlerCalls(), 2)
      } finally {
        await app.close()
        folder.remove()
      }
    })
  }
})

describe('after a reload', () => {
  let folder: ConfigFolder
  let app: GuardedApp
  before(async () => {
    folder = makeConfigFolder()
    folder.write(configName, documentOf({ scope: 'reports.read', trustsPartner: true }))
    app = await startApp('protect', folder, () => undefined)
  })
  after(async () => {
    await app.close()
    folder.remove()
  })

  it('a token that was proved before is proved anew: its issuer has other keys now', async () => {
    const token = await partner.token({ claims: { scope: 'reports.read' } })
    assert.equal(await statusOf(app, token), 200)
    const impostor = makeOAuthIssuer({ issuer: partner.issuer, audience: oauthAudience, clock, algorithms })
    await app.s2s.reload({
      audience: oauthAudience,
      trustedIssuers: [{ type: 'static', issuer: partner.issuer, jwks: impostor.jwks() }],
      resources: { 'GET /reports/:id': 'reports.read' },
    })
    assert.equal(await statusOf(app, token), 401)
    assert.equal(await statusOf(app, await impostor.token({ claims: { scope: 'reports.read' } })), 200)
  })

  it('a configuration that needs a table which is missing is refused, and the server goes on', async () => {
    const token = await statusOf(app, undefined)
    assert.equal(token, 401)
    await assert.rejects(app.s2s.reload({ audience: oauthAudience, trustedIssuers: [] }), {
      code: 'ERR_S2S_OPTION_INVALID',
      path: 'resources',
    })
    assert.deepEqual(pick(app.events.at(-1)), ['config.rejected', 'ERR_S2S_OPTION_INVALID', 'resources'])
    assert.equal(app.s2s.trustedIssuers.list().length, 1)
  })
})

function pick(event: AuditEvent | undefined): readonly unknown[] {
  return [event?.name, event?.code, event?.path]
}

async function makeCallers(login: OAuthIssuer): Promise<readonly Caller[]> {
  const by = (issuer: OAuthIssuer, scope: string): Promise<string> => issuer.token({ claims: { scope } })
  const path = '/reports/1'
  const partnerAnswer = ({ trustsPartner }: State): number => (trustsPartner ? 200 : 401)
  return [
    {
      name: 'reader',
      token: await by(login, 'reports.read'),
      path,
      answer: ({ scope }) => (scope === 'reports.read' ? 200 : 403),
    },
    {
      name: 'writer',
      token: await by(login, 'reports.write'),
      path,
      answer: ({ scope }) => (scope === 'reports.write' ? 200 : 403),
    },
    { name: 'both', token: await by(login, 'reports.read reports.write'), path, answer: () => 200 },
    { name: 'partner', token: await by(partner, 'reports.read reports.write'), path, answer: partnerAnswer },
    { name: 'nobody', token: undefined, path, answer: () => 401 },
    { name: 'anybody', token: undefined, path: '/health', answer: () => 200 },
    { name: 'lost', token: await by(login, 'reports.read'), path: '/unlisted', answer: () => 403 },
  ]
}

function documentOf({ scope, trustsPartner }: State, login?: OAuthIssuer): ConfigDocument {
  return {
    audience: oauthAudience,
    ...(login === undefined ? {} : { ca: { file: 'ca.pem' } }),
    trustedIssuers: [
      ...(login === undefined ? [] : [{ type: 'openid', name: 'login', issuer: login.issuer } as const]),
      ...(trustsPartner ? [{ type: 'static', issuer: partner.issuer, jwks: partner.jwks() } as const] : []),
    ],
    resources: { 'GET /reports/:id': scope, 'GET /health': 'public' },
  }
}

function startApp(
  form: Form,
  folder: ConfigFolder,
  listen: (event: AuditEvent) => void,
  assemble?: (app: Express, parts: GuardedAppParts) => void,
): Promise<GuardedApp> {
  return startGuardedApp({
    form,
    s2s: (keep) => {
      const onAuditEvent = (event: AuditEvent): void => {
        keep(event)
        listen(event)
      }
      return createS2SFromFile(folder.file, { functions: { clock, onAuditEvent } })
    },
    ...(assemble === undefined ? {} : { assemble }),
  })
}

async function statusOf(app: GuardedApp, token: string | undefined, path = '/reports/1'): Promise<number> {
  const headers = token === undefined ? [] : ([['Authorization', `Bearer ${token}`]] as const)
  return (await sendRaw(app, { headers, path })).status
}
