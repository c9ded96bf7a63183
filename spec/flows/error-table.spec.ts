import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import { Passport } from 'passport'
import {
  createErrorResponder,
  createMemoryState,
  createS2S,
  type AuditEvent,
  type ErrorCode,
  type FindProfiles,
  type S2S,
  type S2SOptions,
  type S2SPrincipal,
  type UserProfile,
} from 'passport-s2s'
import { createTestDpopKey } from 'passport-s2s/testing'
import { fixedClock, NOW } from '../support/clock.ts'
import { errorTable, operatorOnly, type ErrorRow } from '../support/error-table.ts'
import { forms, guardOf, type Form } from '../support/guarded-app.ts'
import { serveDocuments, startHttpServer, startHttpsServer, type LocalServer } from '../support/https-server.ts'
import { sendRaw, type RawAnswer, type RawRequest } from '../support/send-raw.ts'
import { compact, flipSignatureBit } from '../support/tokens.ts'
import { dana, makeWorld, self } from '../support/world.ts'

const rows = Object.entries(errorTable) as [ErrorCode, ErrorRow][]
const resources = {
  'GET /reports/:id': 'reports.read',
  'POST /reports/:id': 'reports.read',
  'GET /users/:id': 'users.read',
  'GET /proved': { scope: 'reports.read', proof: 'any' },
  'GET /others/:id': { applications: [{ issuer: 'elsewhere', application: 'somebody' }] },
} as const
const { farm, otherFarm, oauth, options } = await makeWorld()
const scope = 'reports.read'
const [client = ''] = farm.applicationName.split('@')

const dpopKey = createTestDpopKey({ clock: fixedClock })
const boundToken = await oauth.token({ claims: { scope: 'reports.read', cnf: { jkt: dpopKey.jkt } } })
const usedProof = dpopKey.proof({ token: boundToken, url: `https://${self.hosts[0]}/reports/1` })

/** A request that earns the code. */
interface Earned extends Omit<RawRequest, 'headers'> {
  readonly token?: string | Promise<string>
  /** Default `Bearer`. */
  readonly scheme?: 'DPoP'
  readonly proof?: string
  readonly authorization?: string
  readonly headers?: RawRequest['headers']
  readonly overPlainHttp?: true
}

const oauthToken = (claims: object, header: object = {}): Promise<string> =>
  oauth.token({ claims: { scope, ...claims }, header: { ...header } })

/** Codes that no request can earn on its own, or that are thrown at start: they go through `next(error)` only. */
const notEarned: readonly ErrorCode[] = [
  'ERR_S2S_OPTION_INVALID',
  'ERR_S2S_OPTION_UNKNOWN',
  'ERR_S2S_ROUTES_UNCOVERED',
  'ERR_S2S_TOKEN_SUSPENDED',
  'ERR_S2S_TOKEN_EXPOSED',
  'ERR_S2S_TOKEN_REPLAYED',
  'ERR_S2S_STATE_UNAVAILABLE',
  'ERR_S2S_INTROSPECTION_LIMITED',
  'ERR_S2S_DPOP_NONCE_REQUIRED',
  'ERR_S2S_OUTGOING_REQUEST_INVALID',
  'ERR_S2S_TARGET_NOT_HTTPS',
  'ERR_S2S_TARGET_UNREACHABLE',
  'ERR_S2S_TARGET_TIMEOUT',
  'ERR_S2S_TARGET_REDIRECT',
  'ERR_S2S_TARGET_CHALLENGE',
  'ERR_S2S_TARGET_DOES_NOT_TRUST_US',
  'ERR_S2S_TOKEN_REQUEST_REFUSED',
  'ERR_S2S_TOKEN_ISSUER_UNAVAILABLE',
]

const earned: Readonly<Partial<Record<ErrorCode, (issuer: LocalServer) => Earned>>> = {
  ERR_S2S_SESSION_REFUSED: () => ({ path: '/session' }),
  ERR_S2S_NOT_PROTECTED: () => ({ path: '/not-protected' }),
  ERR_S2S_HEADER_MALFORMED: () => ({ authorization: 'Bearer a b' }),
  ERR_S2S_TOKEN_IN_QUERY: () => ({ path: '/reports/1?access_token=a.b.c' }),
  ERR_S2S_TOKEN_IN_BODY: () => ({
    method: 'POST',
    headers: [['Content-Type', 'application/x-www-form-urlencoded']],
    body: 'access_token=a.b.c',
  }),
  ERR_S2S_PATH_AMBIGUOUS: () => ({ path: '/reports//1', token: oauthToken({}) }),
  ERR_S2S_TLS_REQUIRED: () => ({ token: oauthToken({}), overPlainHttp: true }),
  ERR_S2S_TOKEN_MALFORMED: () => ({ token: 'a.b.c' }),
  ERR_S2S_TOKEN_TOO_LARGE: () => ({ token: 'a'.repeat(12 * 1024 + 1) }),
  ERR_S2S_TOKEN_TYPE: () => ({ token: oauthToken({}, { typ: 'logout+jwt' }) }),
  ERR_S2S_ALGORITHM_NOT_ALLOWED: () => ({ token: compact({ alg: 'none' }, { iss: oauth.issuer, exp: NOW + 9 }) }),
  ERR_S2S_HEADER_NOT_ALLOWED: () => ({ token: oauthToken({}, { jku: 'https://elsewhere.example' }) }),
  ERR_S2S_ISSUER_UNTRUSTED: () => ({ token: oauthToken({ iss: 'https://elsewhere.example' }) }),
  ERR_S2S_KEY_UNKNOWN: () => ({ token: oauthToken({}, { kid: 'made-up' }) }),
  ERR_S2S_KEY_UNUSABLE: () => ({ token: oauthToken({}, { kid: 'ES256-0' }) }),
  ERR_S2S_SIGNATURE_INVALID: () => ({ token: oauthToken({}).then(flipSignatureBit) }),
  ERR_S2S_AUDIENCE_MISMATCH: () => ({ token: oauthToken({ aud: 'https://elsewhere.example' }) }),
  ERR_S2S_TOKEN_EXPIRED: () => ({ token: oauthToken({ exp: NOW - 61 }) }),
  ERR_S2S_TOKEN_NOT_YET_VALID: () => ({ token: oauthToken({ nbf: NOW + 61 }) }),
  ERR_S2S_TOKEN_LIFETIME: () => ({ token: oauthToken({ exp: NOW + 86_401 }) }),
  ERR_S2S_CLAIM_INVALID: () => ({ token: oauthToken({ exp: undefined }) }),
  ERR_S2S_ACTOR_MISMATCH: () => ({ token: farm.userToken({ ...dana, iss: `other@${self.realm}` }) }),
  ERR_S2S_REALM_MISMATCH: () => ({ token: farm.appOnlyToken({ nameid: `${client}@elsewhere` }) }),
  ERR_S2S_BROKER_REQUIRED: () => ({
    token: otherFarm.appOnlyToken({ nameid: otherFarm.applicationName.replace(/^[^@]+/, 'other') }),
  }),
  ERR_S2S_DELEGATION_ABSENT: () => ({ token: farm.appOnlyToken().then((actor) => farm.userToken(dana, actor)) }),
  ERR_S2S_TOKEN_BOUND: () => ({ token: oauthToken({ cnf: { jkt: 'x' } }) }),
  ERR_S2S_TOKEN_NOT_BOUND: () => ({ token: oauthToken({}), scheme: 'DPoP' }),
  ERR_S2S_PROOF_REQUIRED: () => ({ path: '/proved', token: oauthToken({}) }),
  ERR_S2S_DPOP_PROOF_INVALID: () => ({ token: boundToken, scheme: 'DPoP' }),
  ERR_S2S_DPOP_PROOF_REPLAYED: () => ({ token: boundToken, scheme: 'DPoP', proof: usedProof }),
  ERR_S2S_CALLER_REFUSED: () => ({ token: oauthToken({ sub: 'unwanted', client_id: 'unwanted' }) }),
  ERR_S2S_DELEGATION_NOT_ALLOWED: () => ({ token: otherFarm.userToken(dana) }),
  ERR_S2S_APPLICATION_NOT_ALLOWED: () => ({ path: '/others/1', token: oauthToken({}) }),
  ERR_S2S_USER_NOT_FOUND: () => ({ token: farm.userToken({ upn: 'nobody' }) }),
  ERR_S2S_USER_AMBIGUOUS: () => ({ token: farm.userToken({ upn: 'twin' }) }),
  ERR_S2S_USER_CONFLICT: () => ({ token: farm.userToken({ upn: dana.upn, smtp: 'eve' }) }),
  ERR_S2S_USER_STORE_UNKNOWN: () => ({ token: farm.userToken({ ...dana, nii: 'trusted:elsewhere' }) }),
  ERR_S2S_SCOPE_MISSING: () => ({ token: oauthToken({ scope: 'else' }) }),
  ERR_S2S_GRANT_MISSING: () => ({ token: otherFarm.appOnlyToken() }),
  ERR_S2S_APP_ONLY_NOT_ALLOWED: () => ({ path: '/users/1', token: farm.appOnlyToken() }),
  ERR_S2S_USER_RIGHT_MISSING: () => ({ path: '/users/1', token: farm.userToken(dana) }),
  ERR_S2S_RESOURCE_NOT_LISTED: () => ({ path: '/elsewhere', token: oauthToken({}) }),
  ERR_S2S_KEYS_UNREACHABLE: ({ url }) => ({ token: oauthToken({ iss: `${url}/silent` }) }),
  ERR_S2S_PROFILES_UNAVAILABLE: () => ({ token: farm.userToken({ upn: 'down' }) }),
  ERR_S2S_TOKEN_INACTIVE: () => ({ token: 'known_of-no-token-of-this-run' }),
  ERR_S2S_INTROSPECTION_UNAVAILABLE: () => ({ token: 'mute_of-no-token-at-all-of-this-run' }),
  ERR_S2S_METADATA_INVALID: ({ url }) => ({ token: oauthToken({ iss: `${url}/wrong` }) }),
}

describe('the error table', () => {
  it('has a request for every code that a request can earn', () => {
    assert.deepEqual([...Object.keys(earned), ...notEarned].sort(), Object.keys(errorTable).sort())
  })
})

for (const form of forms) {
  for (const problemDetails of [false, true]) {
    describe(`codes that requests earn, as ${problemDetails ? 'problem details' : 'JSON'} (${form})`, () => {
      let stage: Stage
      before(async () => {
        stage = await startStage(form, problemDetails)
      })
      after(() => stage.close())

      for (const [code, makeRequest] of Object.entries(earned)) {
        it(`answers ${code}`, async () => {
          const row = errorTable[code as ErrorCode]
          const { token, authorization, headers = [], overPlainHttp, ...given } = makeRequest(stage.issuer)
          const { scheme = 'Bearer', proof, ...request } = given
          const bearer = token === undefined ? authorization : `${scheme} ${await token}`
          const credential: [string, string][] = bearer === undefined ? [] : [['Authorization', bearer]]
          stage.events.length = 0
          const answer = await sendRaw(overPlainHttp === true ? stage.plain : stage.secure, {
            ...request,
            headers: [...credential, ...(proof === undefined ? [] : [['DPoP', proof] as const]), ...headers],
          })
          assertAnswer(answer, code as ErrorCode, problemDetails)
          assert.equal(stage.handlerCalls(), 0, 'the handler ran')
          const codes = new Set(stage.events.flatMap((event) => event.code ?? []))
          assert.deepEqual([...codes], row.status === 500 ? [] : [code])
          for (const { reason } of stage.events) assertUnsaid(answer, reason)
        })
      }

      it('names the scope that is missing in the challenge', async () => {
        const bearer = `Bearer ${await oauthToken({ scope: 'else' })}`
        const { headers } = await sendRaw(stage.secure, { headers: [['Authorization', bearer]] })
        assert.equal(
          headers['www-authenticate'],
          `Bearer realm="${self.realm}", scope="reports.read", error="insufficient_scope", error_description="The token lacks a scope that this resource requires.", DPoP algs="ES256 PS256 EdDSA Ed25519"`,
        )
      })
    })
  }
}

const responders: readonly (readonly [
  name: string,
  realm: string,
  make: (problemDetails: boolean) => ErrorRequestHandler,
])[] = [
  ['s2s.errorResponder()', self.realm, (problemDetails) => createS2S(options).errorResponder({ problemDetails })],
  [
    's2s.errorResponder() of a server with the option',
    self.realm,
    (problemDetails) => createS2S({ ...options, problemDetails }).errorResponder(),
  ],
  ['createErrorResponder()', 's2s', (problemDetails) => createErrorResponder({ problemDetails })],
]

for (const [name, realm, make] of responders) {
  for (const problemDetails of [false, true]) {
    describe(`errors of handlers, answered by ${name} as ${problemDetails ? 'problem details' : 'JSON'}`, () => {
      let server: LocalServer
      before(async () => {
        const app = express()
        app.get('/:code', (request, _response, next) => {
          next(errorTable[request.params.code as ErrorCode].make())
        })
        app.use(make(problemDetails))
        server = await startHttpsServer(app)
      })
      after(() => server.close())

      for (const [code, row] of rows) {
        it(`answers ${code}`, async () => {
          const answer = await sendRaw(server, { path: `/${code}` })
          assertAnswer(answer, code, problemDetails)
          if (row.challenge) assert.ok(answer.headers['www-authenticate']?.startsWith(`Bearer realm="${realm}", `))
        })
      }
    })
  }
}

describe('the error responder', () => {
  it('leaves every other error, and answers that have begun, to the next handler', async () => {
    const seen: unknown[] = []
    const app = express()
    app.get('/other', () => {
      throw new RangeError('not ours')
    })
    app.get('/begun', (_request, response, next) => {
      response.write('begun')
      next(errorTable.ERR_S2S_SCOPE_MISSING.make())
    })
    app.use(createErrorResponder())
    app.use(((error, _request, response, _next) => {
      seen.push((error as Error).name)
      response.end()
    }) satisfies ErrorRequestHandler)
    const server = await startHttpsServer(app)
    assert.equal((await sendRaw(server, { path: '/begun' })).body, 'begun')
    await sendRaw(server, { path: '/other' })
    assert.deepEqual(seen, ['PermissionError', 'RangeError'])
    await server.close()
  })
})

/** Status, headers and the whole body. */
function assertAnswer(answer: RawAnswer, code: ErrorCode, problemDetails: boolean): void {
  const { status, error, challenge, retryAfter, make } = errorTable[code]
  const isOurFault = status === 500
  const description = isOurFault ? 'The server is not set up correctly.' : make().message
  assert.equal(answer.status, status, answer.body)
  assert.equal(answer.headers['cache-control'], 'no-store')
  assert.equal(answer.headers['retry-after'], retryAfter)
  const [type, body] = problemDetails
    ? [
        'application/problem+json',
        { type: 'about:blank', title: error, status, detail: description, ...(isOurFault ? {} : { code }) },
      ]
    : ['application/json; charset=utf-8', { error, error_description: description }]
  assert.equal(answer.headers['content-type'], type)
  assert.equal(answer.body, JSON.stringify(body))
  assertChallenge(answer.headers['www-authenticate'], challenge, `error="${error}", error_description="${description}"`)
  if (code === 'ERR_S2S_RESOURCE_NOT_LISTED')
    assert.ok(answer.headers['www-authenticate']?.includes('scope="') === false)
  assertUnsaid(answer, operatorOnly)
  assert.doesNotMatch(answer.body, /\bat |node_modules|\.js:/, 'a stack')
}

function assertChallenge(header: string | undefined, isExpected: boolean, end: string): void {
  if (!isExpected) assert.equal(header, undefined)
  else assert.ok(header?.startsWith('Bearer realm="') && header.includes(`, ${end}`), header)
}

function assertUnsaid(answer: RawAnswer, reason: string | undefined): void {
  const seen = answer.body + JSON.stringify(answer.headers)
  assert.ok(reason === undefined || !seen.includes(reason), 'the reason is for the operator')
}

interface Stage {
  readonly secure: LocalServer
  readonly plain: LocalServer
  /** Serves keys of nobody: `/silent` does not answer well, `/wrong` is another issuer's document. */
  readonly issuer: LocalServer
  readonly events: AuditEvent[]
  handlerCalls(): number
  close(): Promise<void>
}

async function startStage(form: Form, problemDetails: boolean): Promise<Stage> {
  const wrong = { issuer: 'https://elsewhere.example', jwks_uri: 'https://elsewhere.example/jwks' }
  const issuer = await startHttpsServer(
    serveDocuments({
      '/wrong/.well-known/openid-configuration': wrong,
      '/known/introspect': { active: false },
    }),
  )
  const events: AuditEvent[] = []
  let calls = 0
  const s2s = createS2S(
    { ...stageOptions(issuer), problemDetails, onAuditEvent: (event) => events.push(event) },
    (principal: S2SPrincipal) => principal.application.id !== 'unwanted' && principal,
  )
  const app = assemble(s2s, form, (_request, response) => {
    calls += 1
    response.json({})
  })
  const [secure, plain] = await Promise.all([startHttpsServer(app), startHttpServer(app)])
  const close = async (): Promise<void> => {
    s2s.close()
    await Promise.all([secure, plain, issuer].map((server) => server.close()))
  }
  return { secure, plain, issuer, events, handlerCalls: () => calls, close }
}

/** Who is known by a upn or a mail address on the stage; `down` is an outage. */
const profiles: ReadonlyMap<string, readonly UserProfile[]> = new Map([
  [dana.upn, [{ id: 'dana' }]],
  ['eve', [{ id: 'eve' }]],
  ['twin', [{ id: 'twin-1' }, { id: 'twin-2' }]],
])

const findProfiles: FindProfiles = ({ value }) => {
  if (value === 'down') throw new Error(operatorOnly)
  return profiles.get(value) ?? []
}

function askedIssuer(url: string, name: string): S2SOptions['trustedIssuers'][number] {
  return {
    ...{ type: 'introspection', issuer: `${url}/${name}`, introspectionEndpoint: `${url}/${name}/introspect` },
    ...{ clientId: 'reports', authentication: { type: 'client_secret_basic', secret: 'a-secret' } },
    tokenPrefix: `${name}_`,
  }
}

function stageOptions({ url, ca }: LocalServer): S2SOptions {
  return {
    ...options,
    ca,
    dpop: {},
    // Every proof comes for the second time.
    state: { ...createMemoryState({ clock: fixedClock }), useOnce: () => false },
    findProfiles,
    profileOptions: { userStores: { [dana.nii]: 'windows' } },
    trustedIssuers: [
      ...options.trustedIssuers,
      { type: 'openid', issuer: `${url}/silent` },
      { type: 'openid', issuer: `${url}/wrong` },
      ...['known', 'mute'].map((name) => askedIssuer(url, name)),
    ],
    grants: [
      { issuer: 'farm', application: client, permissions: ['reports.read'], appOnly: true },
      { issuer: 'farm', application: client, permissions: ['users.read'] },
    ],
  }
}

function assemble(s2s: S2S, form: Form, handler: RequestHandler): Express {
  const passport = new Passport()
  passport.use(s2s.strategy)
  const app = express()
  app.use(express.urlencoded({ extended: false }))
  app.get('/session', passport.authenticate('s2s') as RequestHandler)
  app.get('/not-protected', (request, response) => response.json(s2s.principalOf(request)))
  app.use(...guardOf(s2s, { form, resources }))
  app.use(handler)
  app.use(s2s.errorResponder())
  return app
}
