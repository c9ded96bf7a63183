import assert from 'node:assert/strict'
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel'
import { after, before, describe, it } from 'node:test'
import { SpanKind, SpanStatusCode, trace, context, type Tracer } from '@opentelemetry/api'
import { createS2S, UnavailableError, type S2SPrincipal, type S2SUser } from 'passport-s2s'
import { instrument } from 'passport-s2s/opentelemetry'
import { createVerifier } from 'passport-s2s/verifier'
import { NOW } from '../support/clock.ts'
import { bearer } from '../support/one-request.ts'
import { forms, startGuardedApp, type GuardedApp, type GuardedAppOptions } from '../support/guarded-app.ts'
import { hostileTokens, marker } from '../support/hostile-tokens.ts'
import { startHttpsServer } from '../support/https-server.ts'
import { sendRaw, type RawRequest } from '../support/send-raw.ts'
import { followContexts, startTelemetry, type MetricPoint, type Telemetry } from '../support/telemetry.ts'
import { flipSignatureBit } from '../support/tokens.ts'
import { dana, makeWorld } from '../support/world.ts'

const world = await makeWorld()
const { farm, oauth, options } = world
const outOfReach = 'https://localhost:9'
const readScope = { scope: 'reports.read' }
const good = await oauth.token({ claims: readScope })

const guarded: Omit<GuardedAppOptions, 'form'> = {
  s2s: {
    ...options,
    trustedIssuers: [...options.trustedIssuers, { type: 'openid', name: 'partner', issuer: outOfReach }],
    userRights: ({ upn }: S2SUser) => {
      if (upn === 'unlucky@fabrikam.example') throw new UnavailableError('ERR_S2S_PROFILES_UNAVAILABLE')
      return ['reports.read']
    },
  },
  verify: (principal: S2SPrincipal) => principal.application.id !== 'unwanted' && principal,
  resources: {
    'GET /reports/:id': 'reports.read',
    'PUT /reports/:id': 'reports.write',
    'GET /open': 'public',
    'GET /broken': () => {
      throw new Error('a bug of the application')
    },
    'GET /twice/:id': 'reports.read',
    'GET /:any/both': 'reports.read',
  },
  resourceOptions: { preflight: 'pass' },
}

interface DecisionCase extends Omit<RawRequest, 'headers'> {
  readonly name: string
  readonly token?: string
  readonly headers?: RawRequest['headers']
  readonly status: number
  /** Attributes of the one decision; `undefined`: nothing is counted. */
  readonly decision: Readonly<Record<string, string>> | undefined
}

const refused = (code: string, issuer?: string): Readonly<Record<string, string>> => ({
  's2s.outcome': 'refused',
  's2s.code': `ERR_S2S_${code}`,
  ...(issuer === undefined ? {} : { 's2s.issuer': issuer }),
})
const allowed = (issuer: string): Readonly<Record<string, string>> => ({
  's2s.outcome': 'allowed',
  's2s.issuer': issuer,
})

const decisions: readonly DecisionCase[] = [
  { name: 'an OAuth client', token: good, status: 200, decision: allowed('login') },
  { name: 'an S2S application', token: await farm.appOnlyToken(), status: 200, decision: allowed('farm') },
  { name: 'a delegated call', token: await farm.userToken(dana), status: 200, decision: allowed('farm') },
  {
    name: 'a request that two entries govern',
    path: '/twice/both',
    token: good,
    status: 200,
    decision: allowed('login'),
  },
  { name: 'nobody where nobody is needed', path: '/open', status: 200, decision: { 's2s.outcome': 'allowed' } },
  { name: 'no credential', status: 401, decision: { 's2s.outcome': 'refused' } },
  {
    name: 'a malformed credential',
    headers: [['Authorization', 'Bearer a b c']],
    status: 400,
    decision: refused('HEADER_MALFORMED'),
  },
  { name: 'a forged token', token: flipSignatureBit(good), status: 401, decision: refused('SIGNATURE_INVALID') },
  {
    name: 'a caller whom the verify callback refuses',
    token: await oauth.token({ claims: { ...readScope, sub: 'unwanted', client_id: 'unwanted' } }),
    status: 401,
    decision: refused('CALLER_REFUSED'),
  },
  {
    name: 'a missing scope',
    method: 'PUT',
    token: good,
    status: 403,
    decision: refused('SCOPE_MISSING', 'login'),
  },
  { name: 'an unlisted path', path: '/x', token: good, status: 403, decision: refused('RESOURCE_NOT_LISTED', 'login') },
  { name: 'an ambiguous path', path: '/a//b', token: good, status: 400, decision: refused('PATH_AMBIGUOUS', 'login') },
  {
    name: 'an issuer out of reach',
    token: await oauth.token({ claims: { ...readScope, iss: outOfReach } }),
    status: 503,
    decision: { 's2s.outcome': 'unavailable', 's2s.code': 'ERR_S2S_KEYS_UNREACHABLE' },
  },
  {
    name: "an outage of the application's own",
    token: await farm.userToken({ upn: 'unlucky@fabrikam.example' }),
    status: 503,
    decision: { 's2s.outcome': 'unavailable', 's2s.code': 'ERR_S2S_PROFILES_UNAVAILABLE', 's2s.issuer': 'farm' },
  },
  {
    name: "a bug of the application's own",
    path: '/broken',
    token: good,
    status: 500,
    decision: { 's2s.outcome': 'error', 's2s.issuer': 'login' },
  },
  {
    name: 'a preflight that passes, which nobody decides about',
    method: 'OPTIONS',
    headers: [
      ['Origin', 'https://a.example'],
      ['Access-Control-Request-Method', 'GET'],
    ],
    status: 200,
    decision: undefined,
  },
]

for (const form of forms) {
  describe(`OpenTelemetry (${form})`, () => {
    let app: GuardedApp
    let telemetry: Telemetry
    let forget: () => void
    before(async () => {
      forget = followContexts()
      telemetry = startTelemetry()
      app = await startGuardedApp({ form, ...guarded })
      instrument(app.s2s, telemetry.tools)
    })
    after(async () => {
      forget()
      await app.close()
      await telemetry.close()
    })

    for (const { name, token, headers = [], status, decision, ...request } of decisions) {
      it(`counts once: ${name}`, async () => {
        const earlier = await telemetry.collect()
        const answer = await sendRaw(app, {
          ...request,
          headers: [...(token === undefined ? [] : bearer(token)), ...headers],
        })
        assert.equal(answer.status, status, answer.body)
        const counted = growth(earlier, await telemetry.collect(), 's2s.decisions')
        assert.deepEqual(counted, decision === undefined ? [] : [{ attributes: decision, by: 1 }])
      })
    }

    it('makes one span of each verification, with the code of a refusal and the issuer of a caller', async () => {
      const first = telemetry.spans().length
      const token = await oauth.token({ claims: readScope })
      for (const sent of [token, token, flipSignatureBit(token)]) await sendRaw(app, { headers: bearer(sent) })
      await sendRaw(app, {})
      const accepted = { 's2s.outcome': 'accepted', 's2s.issuer': 'login' }
      const code = 'ERR_S2S_SIGNATURE_INVALID'
      assert.deepEqual(
        telemetry
          .spans()
          .slice(first)
          .map(({ name, attributes, status }) => ({ name, attributes, status })),
        [
          { attributes: { ...accepted, 's2s.token_cache.hit': false }, status: { code: SpanStatusCode.UNSET } },
          { attributes: { ...accepted, 's2s.token_cache.hit': true }, status: { code: SpanStatusCode.UNSET } },
          {
            attributes: { ...refused('SIGNATURE_INVALID'), 's2s.token_cache.hit': false, 'error.type': code },
            status: { code: SpanStatusCode.ERROR },
          },
        ].map((span) => ({ name: 's2s.authenticate', ...span })),
      )
    })

    it('counts recognised tokens and those that were verified, and measures both', async () => {
      const token = await oauth.token({ claims: readScope })
      const earlier = await telemetry.collect()
      for (let times = 0; times < 3; times += 1) await sendRaw(app, { headers: bearer(token) })
      const later = await telemetry.collect()
      assert.deepEqual(growth(earlier, later, 's2s.token_cache.hits'), [{ attributes: {}, by: 2 }])
      assert.deepEqual(growth(earlier, later, 's2s.token_cache.misses'), [{ attributes: {}, by: 1 }])
      const measured = (isHit: boolean): object => ({ 's2s.outcome': 'accepted', 's2s.token_cache.hit': isHit })
      assert.deepEqual(growth(earlier, later, 's2s.verification.duration'), [
        { attributes: measured(false), by: 1 },
        { attributes: measured(true), by: 2 },
      ])
    })

    it('exports nothing of a token, whatever a stranger writes into it', async () => {
      const cases = await hostileTokens(world)
      for (const { token = '', status } of cases) {
        assert.equal((await sendRaw(app, { headers: bearer(token) })).status, status)
      }
      const exported = await telemetry.exported()
      for (const { code = '' } of cases) assert.ok(exported.includes(code), code)
      assert.ok(!exported.includes(marker))
      const sent = [...cases, ...decisions].flatMap(({ token }) => token?.split('.') ?? [])
      for (const part of sent) assert.ok(part.length < 13 || !exported.includes(part), 'a part of a token is exported')
      for (const text of ['fabrikam.example', 'reporting', dana.nameid, '/reports', '/broken']) {
        assert.ok(!exported.includes(text), `${text} is exported`)
      }
    })
  })

  describe(`OpenTelemetry that fails (${form})`, () => {
    it('changes no answer, whichever part of it throws', async (test) => {
      const warnings = test.mock.method(process, 'emitWarning', () => undefined)
      const broken = (): never => {
        throw new Error('telemetry is broken')
      }
      const {
        tools: { tracer, meter },
        close,
      } = startTelemetry()
      const brokenSpan = new Proxy({}, { get: () => broken })
      const brokenTools: readonly (readonly [string, Telemetry['tools']])[] = [
        ['the tracer', { tracer: { ...tracer, startSpan: broken }, meter }],
        ['its spans', { tracer: { startSpan: () => brokenSpan } as unknown as Tracer, meter }],
        ['the meter', { tracer, meter: new Proxy(meter, { get: () => broken }) }],
        ['its instruments', { tracer, meter: new Proxy(meter, { get: () => () => brokenSpan }) }],
      ]
      for (const [part, given] of brokenTools) {
        const app = await startGuardedApp({ form, ...guarded })
        instrument(app.s2s, given)
        for (const { name, token, headers = [], status, ...request } of decisions) {
          const all = [...(token === undefined ? [] : bearer(token)), ...headers]
          assert.equal((await sendRaw(app, { ...request, headers: all })).status, status, `${part}: ${name}`)
        }
        const text = warnings.mock.calls.map(({ arguments: [warning] }) => String(warning)).join()
        assert.match(text, /OpenTelemetry failed \(Error: telemetry is broken\)/, part)
        warnings.mock.resetCalls()
        await app.close()
      }
      await close()
    })

    it('changes no answer when contexts cannot be made active', async (test) => {
      test.mock.method(process, 'emitWarning', () => undefined)
      const {
        tools: { tracer, meter },
        close,
      } = startTelemetry()
      const fail = (): never => {
        throw new Error('contexts are broken')
      }
      const forget = followContexts({
        active: fail,
        with: fail,
        bind: fail,
        enable: fail,
        disable: () => undefined,
      } as never)
      const app = await startGuardedApp({ form, ...guarded })
      instrument(app.s2s, { tracer, meter })
      for (const { name, token, headers = [], status, ...request } of decisions) {
        const all = [...(token === undefined ? [] : bearer(token)), ...headers]
        assert.equal((await sendRaw(app, { ...request, headers: all })).status, status, name)
      }
      await app.close()
      forget()
      await close()
    })
  })

  describe(`nobody listens (${form})`, () => {
    it('and nothing is measured, made or published', async (test) => {
      const app = await startGuardedApp({ form, ...guarded })
      const measured = test.mock.method(performance, 'now')
      const decisionChannel = channel('passport-s2s:decision')
      let published = 0
      Object.defineProperty(decisionChannel, 'publish', { configurable: true, value: () => (published += 1) })
      for (const token of [good, good, flipSignatureBit(good)]) await sendRaw(app, { headers: bearer(token) })
      assert.equal(measured.mock.callCount(), 0)
      assert.equal(published, 0)
      assert.ok(Reflect.deleteProperty(decisionChannel, 'publish'))
      const messages: object[] = []
      const listener = (message: unknown): void => void messages.push(message as object)
      subscribe('tracing:passport-s2s:verification:end', listener)
      for (const token of [good, good, flipSignatureBit(good)]) await sendRaw(app, { headers: bearer(token) })
      unsubscribe('tracing:passport-s2s:verification:end', listener)
      assert.equal(measured.mock.callCount(), 6, 'twice for each verification')
      assert.equal(messages.length, 3)
      await sendRaw(app, { headers: bearer(good) })
      assert.equal(measured.mock.callCount(), 6)
      await app.close()
    })
  })
}

describe('instrument', () => {
  it('tells the servers of one process apart', async () => {
    const telemetry = startTelemetry()
    const [first, second, third] = [createS2S(options), createS2S(options), createVerifier(verifierOptions())]
    instrument(first, { ...telemetry.tools, serverName: 'first' })
    instrument(third, { ...telemetry.tools, serverName: 'third' })
    const app = await startGuardedApp({ form: 'protect', ...guarded })
    await sendRaw(app, { headers: bearer(good) })
    await third.verify(good)
    await assert.rejects(third.verify(flipSignatureBit(good)), { code: 'ERR_S2S_SIGNATURE_INVALID' })
    const counted = (await telemetry.collect()).filter(({ name }) => name === 's2s.decisions')
    assert.deepEqual(
      counted.map(({ attributes, value }) => ({ attributes, value })),
      [
        { attributes: { 's2s.server': 'third', ...allowed('login') }, value: 1 },
        { attributes: { 's2s.server': 'third', ...refused('SIGNATURE_INVALID') }, value: 1 },
      ],
    )
    assert.equal(telemetry.spans().length, 2)
    for (const server of [first, second, third]) server.close()
    await app.close()
    await telemetry.close()
  })

  it('ends with the server, with the function it gives, and at once for a server that is closed', async () => {
    const telemetry = startTelemetry()
    const verifiers = [0, 1, 2].map(() => createVerifier(verifierOptions()))
    const [stopped, closed, late] = verifiers
    assert.ok(stopped !== undefined && closed !== undefined && late !== undefined)
    const stop = instrument(stopped, telemetry.tools)
    instrument(closed, telemetry.tools)
    stop()
    stop()
    closed.close()
    late.close()
    instrument(late, telemetry.tools)
    for (const verifier of verifiers) assert.equal((await verifier.verify(good)).issuer, 'login')
    assert.deepEqual(await telemetry.collect(), [])
    assert.deepEqual(telemetry.spans(), [])
    assert.equal(channel('passport-s2s:decision').hasSubscribers, false)
    for (const verifier of verifiers) verifier.close()
    await telemetry.close()
  })

  it('reports certificates, our own keys and readiness', async () => {
    const telemetry = startTelemetry()
    const { certificatePem, privateKeyPem, x5t } = farm.certificate
    const s2s = createS2S({
      ...options,
      self: {
        ...options.self,
        ...selfOf(),
        signingKeys: { current: { certificate: certificatePem, privateKey: privateKeyPem } },
      },
      trustedIssuers: [...options.trustedIssuers.slice(1), { type: 'openid', name: 'partner', issuer: outOfReach }],
      grants: [],
    })
    instrument(s2s, telemetry.tools)
    const points = await telemetry.collect()
    const daysOf = (wanted: string): unknown =>
      points.find(({ attributes }) => attributes['s2s.certificate.thumbprint'] === wanted)
    const { certificates, ownKeys } = s2s.health()
    const other = world.otherFarm.certificate.x5t
    const name = 's2s.certificate.days_left'
    assert.deepEqual(daysOf(other), {
      name,
      attributes: { 's2s.issuer': 'other farm', 's2s.certificate.thumbprint': other },
      value: certificates[0]?.daysLeft,
    })
    assert.deepEqual(daysOf(x5t), {
      name,
      attributes: { 's2s.key.role': 'current', 's2s.certificate.thumbprint': x5t },
      value: ownKeys[0]?.daysLeft,
    })
    assert.deepEqual(valuesOf(points, 's2s.ready'), [0])
    assert.deepEqual(valuesOf(points, 's2s.issuer.ready'), [1, 1, 1, 0])
    s2s.close()
    await telemetry.close()
  })

  it('nests the fetch of keys and calls in the span of the request, and keeps others out', async () => {
    const forget = followContexts()
    const telemetry = startTelemetry()
    const verifier = createVerifier({
      audience: 'https://reports.example.com',
      clock: () => NOW,
      trustedIssuers: [{ type: 'openid', name: 'partner', issuer: outOfReach }],
    })
    instrument(verifier, telemetry.tools)
    const request = telemetry.tools.tracer.startSpan('request', { kind: SpanKind.SERVER })
    const token = await oauth.token({ claims: { iss: outOfReach } })
    await context.with(trace.setSpan(context.active(), request), () =>
      assert.rejects(verifier.verify(token), { code: 'ERR_S2S_KEYS_UNREACHABLE' }),
    )
    request.end()
    const [refresh, authenticate] = telemetry.spans()
    assert.equal(refresh?.name, 's2s.key_refresh')
    assert.deepEqual(refresh.attributes, {
      's2s.issuer': 'partner',
      's2s.outcome': 'failed',
      's2s.code': 'ERR_S2S_KEYS_UNREACHABLE',
      'error.type': 'ERR_S2S_KEYS_UNREACHABLE',
    })
    assert.equal(authenticate?.name, 's2s.authenticate')
    assert.equal(refresh.parentSpanContext?.spanId, authenticate.spanContext().spanId)
    assert.equal(authenticate.parentSpanContext?.spanId, request.spanContext().spanId)
    const refreshes = (await telemetry.collect()).filter(({ name }) => name === 's2s.key_refreshes')
    assert.deepEqual(
      refreshes.map(({ attributes, value }) => [attributes, value]),
      [[{ 's2s.issuer': 'partner', 's2s.outcome': 'failed', 's2s.code': 'ERR_S2S_KEYS_UNREACHABLE' }, 1]],
    )
    verifier.close()
    forget()
    await telemetry.close()
  })

  it('makes one client span of each call, whose status is an error when the answer is', async () => {
    const telemetry = startTelemetry()
    const target = await startHttpsServer((request, response) => {
      response.writeHead(request.url === '/gone' ? 410 : 200).end()
    })
    const { certificatePem: certificate, privateKeyPem: privateKey } = farm.certificate
    const self = { ...selfOf(), signingKeys: { current: { certificate, privateKey } } }
    const s2s = createS2S({ ...options, self, trustedIssuers: [], grants: [] })
    instrument(s2s, telemetry.tools)
    const client = s2s.client({ target: target.url, targetClientId: 'a', targetRealm: 'b', ca: target.ca })
    await client.fetch('/there?secret=query')
    await client.fetch('/gone')
    await assert.rejects(client.fetch('/', { onBehalfOf: undefined as never }))
    const to = { 'http.request.method': 'GET', 'server.address': 'localhost', 'server.port': target.port }
    const answered = { ...to, 's2s.outcome': 'answered' }
    const code = 'ERR_S2S_OUTGOING_REQUEST_INVALID'
    assert.deepEqual(
      telemetry.spans().map(({ name, kind, attributes, status }) => [name, kind, attributes, status.code]),
      [
        [{ ...answered, 'http.response.status_code': 200 }, SpanStatusCode.UNSET],
        [{ ...answered, 'http.response.status_code': 410, 'error.type': '410' }, SpanStatusCode.ERROR],
        [{ ...to, 's2s.outcome': 'failed', 's2s.code': code, 'error.type': code }, SpanStatusCode.ERROR],
      ].map(([attributes, status]) => ['s2s.call', SpanKind.CLIENT, attributes, status]),
    )
    s2s.close()
    await Promise.all([target.close(), telemetry.close()])
  })

  it('uses the global providers, or none where it is told so', async () => {
    const verifier = createVerifier(verifierOptions())
    const stop = instrument(verifier)
    assert.ok(channel('passport-s2s:decision').hasSubscribers)
    await verifier.verify(good)
    stop()
    instrument(verifier, { tracer: false, meter: false })
    assert.equal(channel('passport-s2s:decision').hasSubscribers, false)
    verifier.close()
  })

  it('refuses what is no server of ours, no tracer and no meter, and says the fix', () => {
    const s2s = createS2S(options)
    const invalid = { code: 'ERR_S2S_OPTION_INVALID' }
    assert.throws(() => instrument({} as never), { ...invalid, message: /createS2S/ })
    assert.throws(() => instrument(s2s, { tracer: {} as never }), {
      ...invalid,
      message: /^options\.tracer must be false, or a tracer of @opentelemetry\/api/,
    })
    assert.throws(() => instrument(s2s, { meter: null as never }), {
      ...invalid,
      message: /^options\.meter must be false, or a meter of @opentelemetry\/api/,
    })
    assert.throws(() => instrument(s2s, { name: 'a' } as never), { code: 'ERR_S2S_OPTION_UNKNOWN' })
    s2s.close()
  })
})

/** Points of one metric that grew, and by how much; of a histogram its count. */
function growth(
  earlier: readonly MetricPoint[],
  later: readonly MetricPoint[],
  metric: string,
): readonly { attributes: object; by: number }[] {
  const key = ({ attributes }: MetricPoint): string => JSON.stringify(Object.entries(attributes).sort())
  const of = (points: readonly MetricPoint[]): readonly MetricPoint[] => points.filter(({ name }) => name === metric)
  const before = new Map(of(earlier).map((point) => [key(point), countOf(point)]))
  return of(later)
    .map((point) => ({ attributes: point.attributes, by: countOf(point) - (before.get(key(point)) ?? 0) }))
    .filter(({ by }) => by > 0)
    .sort((a, b) => key({ ...a, name: '', value: 0 }).localeCompare(key({ ...b, name: '', value: 0 })))
}

function countOf({ value }: MetricPoint): number {
  return typeof value === 'number' ? value : (value as { readonly count: number }).count
}

function valuesOf(points: readonly MetricPoint[], metric: string): readonly unknown[] {
  return points.filter(({ name }) => name === metric).map(({ value }) => value)
}

function selfOf(): NonNullable<typeof options.self> {
  assert.ok(options.self !== undefined)
  return options.self
}

function verifierOptions(): Parameters<typeof createVerifier>[0] {
  const { clock, audience, trustedIssuers, self, grants } = options
  assert.ok(clock !== undefined && audience !== undefined && self !== undefined && grants !== undefined)
  return { clock, audience, trustedIssuers, self, grants, userRights: 'checked-by-handler' }
}
