import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { after, before, beforeEach, describe, it } from 'node:test'
import express, { type Express } from 'express'
import {
  createS2S,
  UnavailableError,
  type AuditEvent,
  type S2SOptions,
  type S2SPrincipal,
  type S2SUser,
} from 'passport-s2s'
import { NOW } from '../support/clock.ts'
import { forms, guardOf, type Form } from '../support/guarded-app.ts'
import { startHttpServer, startHttpsServer, type LocalServer } from '../support/https-server.ts'
import { sendRaw, type RawAnswer, type RawRequest } from '../support/send-raw.ts'
import { flipSignatureBit } from '../support/tokens.ts'
import { dana, makeWorld } from '../support/world.ts'

const { farm, otherFarm, oauth, options } = await makeWorld()
const resources = {
  'GET /reports/:id': 'reports.read',
  'PUT /reports/:id': 'reports.write',
  'GET /open': 'public',
} as const
const readScope = { scope: 'reports.read' }
const [client = '', realm = ''] = farm.applicationName.split('@')
const farmCaller = { issuer: 'farm', application: { id: client, realm } }
const oauthCaller = { issuer: 'login', application: { id: 'reporting' } }
const outOfReach = 'https://localhost:9'

/** One request, and every event that it must cause. */
interface AuditCase extends Omit<RawRequest, 'headers'> {
  readonly name: string
  readonly authorization?: () => Promise<string> | string
  readonly overPlainHttp?: true
  readonly status: number
  /** In order; members that are not named may hold anything. */
  readonly events: readonly Partial<AuditEvent>[]
}

const bearer = (make: () => Promise<string>) => async (): Promise<string> => `Bearer ${await make()}`
const good = bearer(() => oauth.token({ claims: readScope }))

const cases: readonly AuditCase[] = [
  {
    name: 'an OAuth client that is let in',
    authorization: bearer(() => oauth.token({ claims: { ...readScope, jti: 'the-id' } })),
    status: 200,
    events: [
      { name: 'token.accepted', outcome: 'accepted', kind: 'app', tokenId: 'the-id', ...oauthCaller },
      {
        name: 'access.allowed',
        outcome: 'accepted',
        kind: 'app',
        ...oauthCaller,
        method: 'GET',
        resource: 'GET /reports/:id',
        required: ['reports.read'],
      },
    ],
  },
  {
    name: 'an S2S application that is let in',
    authorization: bearer(() => farm.appOnlyToken()),
    status: 200,
    events: [
      { name: 'token.accepted', outcome: 'accepted', kind: 'app', ...farmCaller },
      { name: 'access.allowed', outcome: 'accepted', kind: 'app', ...farmCaller },
    ],
  },
  {
    name: 'an application that acts for a user: who, for whom, and which token',
    authorization: bearer(async () => farm.userToken(dana, await farm.actorToken({ jti: 'the-actor' }))),
    status: 200,
    events: [
      { name: 'delegation.accepted', outcome: 'accepted', kind: 'user+app', tokenId: 'the-actor', ...farmCaller },
      { name: 'access.allowed', outcome: 'accepted', kind: 'user+app', ...farmCaller },
    ],
  },
  {
    name: 'no credential at all',
    status: 401,
    events: [{ name: 'request.rejected', outcome: 'notice', code: undefined }],
  },
  {
    name: 'an empty credential',
    authorization: () => 'Bearer',
    status: 401,
    events: [{ name: 'request.rejected', outcome: 'notice', code: undefined }],
  },
  {
    name: 'another scheme',
    authorization: () => 'Basic c2VjcmV0OnNlY3JldA==',
    status: 401,
    events: [{ name: 'request.rejected', outcome: 'notice', code: undefined }],
  },
  {
    name: 'no credential where none is needed',
    path: '/open',
    status: 200,
    events: [{ name: 'access.allowed', outcome: 'accepted', resource: 'GET /open', application: undefined }],
  },
  {
    name: 'a malformed credential',
    authorization: () => 'Bearer a b c',
    status: 400,
    events: [{ name: 'request.rejected', outcome: 'refused', code: 'ERR_S2S_HEADER_MALFORMED' }],
  },
  {
    name: 'a token in the query',
    path: '/reports/1?access_token=secret-of-the-query',
    status: 400,
    events: [{ name: 'request.rejected', outcome: 'refused', code: 'ERR_S2S_TOKEN_IN_QUERY' }],
  },
  {
    name: 'an expired token: nobody is named, for nobody was proved',
    authorization: bearer(() => oauth.token({ claims: { ...readScope, exp: NOW - 61 } })),
    status: 401,
    events: [{ name: 'token.rejected', outcome: 'refused', code: 'ERR_S2S_TOKEN_EXPIRED', application: undefined }],
  },
  {
    name: 'a forged token',
    authorization: bearer(() => farm.appOnlyToken().then(flipSignatureBit)),
    status: 401,
    events: [{ name: 'token.rejected', outcome: 'refused', code: 'ERR_S2S_SIGNATURE_INVALID', application: undefined }],
  },
  {
    name: 'delegation that is not allowed',
    authorization: bearer(() => otherFarm.userToken(dana)),
    status: 403,
    events: [{ name: 'token.rejected', outcome: 'refused', code: 'ERR_S2S_DELEGATION_NOT_ALLOWED' }],
  },
  {
    name: 'a scope that is missing: what was required and what lacks',
    method: 'PUT',
    authorization: good,
    status: 403,
    events: [
      { name: 'token.accepted', outcome: 'accepted' },
      {
        name: 'access.denied',
        outcome: 'refused',
        code: 'ERR_S2S_SCOPE_MISSING',
        ...oauthCaller,
        method: 'PUT',
        resource: 'PUT /reports/:id',
        required: ['reports.write'],
        missing: ['reports.write'],
      },
    ],
  },
  {
    name: 'a path that nobody listed: its text is not in the event',
    path: '/elsewhere/secret-of-the-path',
    authorization: good,
    status: 403,
    events: [
      { name: 'token.accepted', outcome: 'accepted' },
      { name: 'access.denied', outcome: 'refused', code: 'ERR_S2S_RESOURCE_NOT_LISTED', resource: undefined },
    ],
  },
  {
    name: 'an ambiguous path',
    path: '/reports//1',
    authorization: good,
    status: 400,
    events: [
      { name: 'token.accepted', outcome: 'accepted' },
      { name: 'request.rejected', outcome: 'refused', code: 'ERR_S2S_PATH_AMBIGUOUS', ...oauthCaller },
    ],
  },
  {
    name: 'a caller whom the verify callback refuses',
    authorization: bearer(() => oauth.token({ claims: { ...readScope, sub: 'unwanted', client_id: 'unwanted' } })),
    status: 401,
    events: [
      { name: 'token.accepted', outcome: 'accepted' },
      { name: 'access.denied', outcome: 'refused', code: 'ERR_S2S_CALLER_REFUSED', application: { id: 'unwanted' } },
    ],
  },
  {
    name: 'an issuer out of reach: an outage, and nobody is guilty',
    authorization: bearer(() => oauth.token({ claims: { ...readScope, iss: outOfReach } })),
    status: 503,
    events: [
      { name: 'keys.unavailable', outcome: 'unavailable', code: 'ERR_S2S_KEYS_UNREACHABLE', issuer: 'partner' },
      { name: 'verifier.unavailable', outcome: 'unavailable', code: 'ERR_S2S_KEYS_UNREACHABLE' },
    ],
  },
  {
    name: 'user rights that cannot be asked: an outage too',
    authorization: bearer(() => farm.userToken({ upn: 'unlucky@fabrikam.example' })),
    status: 503,
    events: [
      { name: 'delegation.accepted', outcome: 'accepted' },
      {
        name: 'verifier.unavailable',
        outcome: 'unavailable',
        code: 'ERR_S2S_PROFILES_UNAVAILABLE',
        ...farmCaller,
        kind: 'user+app',
      },
    ],
  },
  {
    name: 'a good token over plain http: exposed, whoever it belongs to',
    authorization: good,
    overPlainHttp: true,
    status: 403,
    events: [{ name: 'token.exposed', outcome: 'refused', code: 'ERR_S2S_TLS_REQUIRED', application: undefined }],
  },
  {
    name: 'plain http without a token',
    overPlainHttp: true,
    status: 403,
    events: [{ name: 'request.rejected', outcome: 'refused', code: 'ERR_S2S_TLS_REQUIRED' }],
  },
]

for (const form of forms) {
  describe(`audit events (${form})`, () => {
    let app: AuditedApp
    const published: AuditEvent[] = []
    const listener = (event: unknown): void => {
      published.push(event as AuditEvent)
    }
    before(async () => {
      app = await startAuditedApp(form)
      subscribe('passport-s2s:audit', listener)
    })
    beforeEach(() => {
      app.events.length = 0
      published.length = 0
    })
    after(async () => {
      unsubscribe('passport-s2s:audit', listener)
      await app.close()
    })

    for (const { name, authorization, overPlainHttp, status, events, ...request } of cases) {
      it(`tell of ${name}`, async () => {
        const calls = app.handlerCalls()
        const header = await authorization?.()
        const credential: [string, string][] = header === undefined ? [] : [['Authorization', header]]
        const answer = await sendRaw(overPlainHttp === true ? app.plain : app, { ...request, headers: credential })
        assert.equal(answer.status, status, answer.body)
        assert.equal(app.handlerCalls(), status === 200 ? calls + 1 : calls)
        assertEvents(app.events, events)
        assert.deepEqual(published, app.events, 'the diagnostics channel tells the same')
        assertNothingSecret(app.events, header)
      })
    }

    it('tell of the user and the store he belongs to', async () => {
      await send(app, await bearer(() => farm.userToken(dana))())
      for (const { user } of app.events) assert.deepEqual(pick(user, ['id', 'nii', 'upn']), userOf(dana))
    })

    it('tell how a decision came about, in both directions, and the caller learns nothing of it', async () => {
      const grant = { issuer: 'farm', application: client, appOnly: true }
      const granted = (required: string, verdict?: 'counts'): object => ({
        required,
        application: verdict === 'counts' ? 'held' : 'not-held',
        given: verdict === undefined ? [] : [{ permission: required, grant, verdict }],
        user: 'not-asked',
      })
      for (const { method, permission, code } of [
        { method: 'GET', permission: granted('reports.read', 'counts'), code: undefined },
        { method: 'PUT', permission: granted('reports.write'), code: 'ERR_S2S_GRANT_MISSING' },
      ]) {
        app.events.length = 0
        const headers: [string, string][] = [['Authorization', `Bearer ${await farm.appOnlyToken()}`]]
        const answer = await sendRaw(app, { method, headers })
        assert.deepEqual(app.events[1]?.derivation, {
          kind: 'app',
          source: 'grants',
          needs: 'all',
          permissions: [permission],
          conclusion: code ?? 'allowed',
        })
        assert.deepEqual(JSON.parse(JSON.stringify(app.events)), app.events, 'events are plain data')
        assert.doesNotMatch(JSON.stringify(answer), /not-held|derivation|appOnly|not-asked/)
      }
    })

    it('tell nothing of what only an unverified token says', async () => {
      const actor = flipSignatureBit(await farm.actorToken({ jti: 'unproved-id' }))
      await send(app, `Bearer ${await farm.userToken({ upn: 'unproved@fabrikam.example' }, actor)}`)
      assert.equal(app.events.length, 1)
      assert.doesNotMatch(JSON.stringify(app.events), /unproved/)
    })

    it('share one generated correlation id within a request, and no two requests share one', async () => {
      const authorization = await good()
      await send(app, authorization)
      const [first] = correlationIds(app.events)
      assert.match(first ?? '', /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
      await send(app, authorization)
      assert.equal(app.events.length, 4)
      assert.equal(new Set(correlationIds(app.events)).size, 2)
    })

    for (const id of ['a', 'Order_7.b-9', 'x'.repeat(64)]) {
      it(`take the correlation id "${id}" from the configured header`, async () => {
        await send(app, await good(), [['X-Request-ID', id]])
        assert.deepEqual(correlationIds(app.events), [id, id])
        app.events.length = 0
        await send(app, undefined, [['x-request-id', id]])
        assert.deepEqual(correlationIds(app.events), [id])
      })
    }

    const harmful = ['', 'x'.repeat(65), 'a b', 'a\tb', 'é', '<script>', 'a,b', '{"a":1}', 'a/b', '%0d%0a', '$(id)']
    for (const id of harmful) {
      it(`take no correlation id from a header that holds ${JSON.stringify(id).slice(0, 20)}`, async () => {
        await send(app, await good(), [['X-Request-ID', id]])
        const [generated, other] = correlationIds(app.events)
        assert.match(generated ?? '', /^[0-9a-f-]{36}$/)
        assert.equal(other, generated)
      })
    }

    it('take no correlation id from a header that is sent twice, nor from another header', async () => {
      await send(app, await good(), [
        ['X-Request-ID', 'one'],
        ['X-Request-ID', 'two'],
        ['X-Correlation-ID', 'three'],
      ])
      for (const id of correlationIds(app.events)) assert.match(id ?? '', /^[0-9a-f-]{36}$/)
    })

    it('are frozen and carry the time of the clock', async () => {
      await send(app, await good())
      for (const event of app.events) {
        assert.ok(Object.isFrozen(event))
        assert.equal(event.time, NOW)
      }
    })
  })

  describe(`listeners that fail (${form})`, () => {
    it('change no answer', async () => {
      const warnings: Error[] = []
      const warn = (warning: Error): void => void warnings.push(warning)
      process.on('warning', warn)
      const fails: readonly (() => unknown)[] = [
        () => {
          throw new Error('the listener is broken')
        },
        () => Promise.reject(new Error('the listener is broken')),
      ]
      for (const onAuditEvent of fails) {
        const app = await startAuditedApp(form, { onAuditEvent: onAuditEvent })
        assert.equal((await send(app, await good())).status, 200)
        assert.equal((await send(app, undefined)).status, 401)
        await app.close()
      }
      process.off('warning', warn)
      assert.deepEqual(
        warnings.map(({ message }) => message.includes('the listener is broken')),
        [true, true],
      )
    })
  })
}

interface AuditedApp extends LocalServer {
  readonly plain: LocalServer
  readonly events: AuditEvent[]
  handlerCalls(): number
}

async function startAuditedApp(form: Form, changes: Partial<S2SOptions> = {}): Promise<AuditedApp> {
  const events: AuditEvent[] = []
  let calls = 0
  const s2s = createS2S(
    {
      ...options,
      trustedIssuers: [...options.trustedIssuers, { type: 'openid', name: 'partner', issuer: outOfReach }],
      userRights,
      correlationIdHeader: 'X-Request-ID',
      onAuditEvent: (event) => events.push(event),
      ...changes,
    },
    (principal: S2SPrincipal) => principal.application.id !== 'unwanted' && principal,
  )
  const app: Express = express()
  app.use(...guardOf(s2s, { form, resources }))
  app.use((_request, response) => {
    calls += 1
    response.json({})
  })
  app.use(s2s.errorResponder())
  const [secure, plain] = await Promise.all([startHttpsServer(app), startHttpServer(app)])
  const close = async (): Promise<void> => {
    s2s.close()
    await Promise.all([secure.close(), plain.close()])
  }
  return { ...secure, plain, events, close, handlerCalls: () => calls }
}

function userRights({ upn }: S2SUser): readonly string[] {
  if (upn === 'unlucky@fabrikam.example') throw new UnavailableError('ERR_S2S_PROFILES_UNAVAILABLE')
  return ['reports.read']
}

function send(
  app: AuditedApp,
  authorization: string | undefined,
  headers: RawRequest['headers'] = [],
): Promise<RawAnswer> {
  const credential: [string, string][] = authorization === undefined ? [] : [['Authorization', authorization]]
  return sendRaw(app, { headers: [...credential, ...headers] })
}

/** Exactly these events; of each, the members that are named. */
function assertEvents(events: readonly AuditEvent[], expected: readonly Partial<AuditEvent>[]): void {
  assert.deepEqual(
    events.map(({ name }) => name),
    expected.map(({ name }) => name),
  )
  for (const [index, members] of expected.entries()) {
    assert.deepEqual(pick(events[index], Object.keys(members)), members)
  }
  const ofRequest = events.filter(({ name }) => !name.startsWith('keys.'))
  assert.ok(new Set(correlationIds(ofRequest)).size <= 1)
  for (const { correlationId } of ofRequest) assert.equal(typeof correlationId, 'string')
}

/** Neither the credential nor a part of it, nor what the target of the request says. */
function assertNothingSecret(events: readonly AuditEvent[], authorization = ''): void {
  const text = JSON.stringify(events)
  const parts = authorization.split(/[ .]/).filter((part) => part.length > 8)
  for (const part of parts) assert.ok(!text.includes(part), 'a part of the credential')
  assert.doesNotMatch(text, /eyJ|secret|Bearer/)
}

function correlationIds(events: readonly AuditEvent[]): readonly (string | undefined)[] {
  return events.map(({ correlationId }) => correlationId)
}

function userOf({ nameid, nii, upn }: typeof dana): object {
  return { id: nameid, nii, upn }
}

function pick(value: object | undefined, names: readonly string[]): object {
  return Object.fromEntries(names.map((name) => [name, (value as Record<string, unknown> | undefined)?.[name]]))
}
