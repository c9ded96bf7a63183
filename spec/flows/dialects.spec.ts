import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import express from 'express'
import { createS2S, explainDecision, type AuditEvent, type ErrorCode, type TrustedIssuerOptions } from 'passport-s2s'
import {
  createTestIssuer,
  serveOverHttps,
  type OAuthTestIssuer,
  type S2STestIssuer,
  type TestServer,
} from 'passport-s2s/testing'
import request from 'supertest'
import { makeMovableClock } from '../support/clock.ts'
import { forms, startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { readmeCode } from '../support/readme.ts'
import {
  dialectResources,
  exchange,
  googleAccounts,
  podsOfThisCluster,
  userPool,
  workloads,
} from './dialect-recipes.ts'

const audience = 'https://reports.example.com'
const self = { clientId: 'reports', realm: 'realm-1', hosts: ['reports.example.com'] }
const { clock, advance } = makeMovableClock()
const ledgerPod = 'system:serviceaccount:payments:ledger'
const ledgerAccount = 'ledger@payments-prod.iam.gserviceaccount.com'
const farmApplication = '4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28'

describe('the recipes of other dialects', () => {
  it('are those of the guide', () => {
    const [code] = readmeCode('ts', 'dialects')
    assert.equal(code, readFileSync(join(import.meta.dirname, 'dialect-recipes.ts'), 'utf8'))
  })
})

/** What differs in the tokens of a workload: no client, no id, no type. */
const bare = { client_id: undefined, jti: undefined }

interface Issuers {
  readonly cluster: OAuthTestIssuer
  readonly spire: OAuthTestIssuer
  readonly google: OAuthTestIssuer
  readonly pool: OAuthTestIssuer
  readonly exchange: OAuthTestIssuer
  readonly farm: S2STestIssuer
}

async function makeIssuers(): Promise<Issuers> {
  const oauth = (options: { readonly issuer: string }): Promise<OAuthTestIssuer> =>
    createTestIssuer({ type: 'openid', audience, clock, issuer: options.issuer })
  return {
    cluster: await oauth(podsOfThisCluster(folder)),
    spire: await oauth({ issuer: 'https://unused.example' }),
    google: await oauth(googleAccounts),
    pool: await oauth(userPool),
    exchange: await oauth(exchange),
    farm: await createTestIssuer({
      type: 's2s-certificate',
      name: 'farm',
      audience: `reports/reports.example.com@realm-1`,
      applicationId: farmApplication,
      clock,
      trust: { allowDelegation: { applications: [farmApplication] }, applications: [`${farmApplication}@realm-1`] },
    }),
  }
}

const folder = mkdtempSync(join(tmpdir(), 'service-account-'))
writeFileSync(join(folder, 'ca.crt'), 'replaced')
const podTokenFile = join(folder, 'token')

for (const form of forms) {
  describe(`callers of other dialects (${form})`, () => {
    let issuers: Issuers
    let apiServer: TestServer
    let bundleServer: TestServer
    let app: GuardedApp
    /** `Authorization` of every request to the API server, and to anybody else. */
    const shown: (string | undefined)[] = []
    const shownToOthers: (string | undefined)[] = []
    let podToken = 'pod-token-1'

    before(async () => {
      issuers = await makeIssuers()
      writeFileSync(podTokenFile, `${podToken}\n`)
      apiServer = await serveOverHttps((incoming, response) => {
        shown.push(incoming.headers.authorization)
        const isKnown = incoming.headers.authorization === `Bearer ${podToken}`
        response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/jwk-set+json' })
        response.end(isKnown ? JSON.stringify(issuers.cluster.jwks()) : '{"kind":"Status","code":401}')
      })
      bundleServer = await serveOverHttps((incoming, response) => {
        shownToOthers.push(incoming.headers.authorization)
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(JSON.stringify(bundleOf(issuers.spire)))
      })
      app = await startGuardedApp({
        form,
        s2s: {
          ...{ audience, self, clock },
          trustedIssuers: trusted(issuers, { apiServer, bundleServer }),
          grants: [
            { issuer: 'farm', application: farmApplication, permissions: [{ scope: 'reports', right: 'Write' }] },
          ],
          userRights: (user) => ([user.id, user.upn].includes('dana') ? ['reports:Write'] : []),
        },
        resources: dialectResources,
      })
    })
    after(async () => {
      await Promise.all([app.close(), apiServer.close(), bundleServer.close()])
      if (form === forms.at(-1)) rmSync(folder, { recursive: true })
    })

    async function assertAnswer(line: string, token: string, expected: 'lets in' | ErrorCode): Promise<void> {
      const [method = '', path = ''] = line.split(' ')
      const calls = app.handlerCalls()
      const seen = app.events.length
      const answer = await request(app.url)
        [method.toLowerCase() as 'get'](path)
        .ca(app.ca)
        .set('Authorization', `Bearer ${token}`)
      const codes = app.events.slice(seen).flatMap(({ code }) => code ?? [])
      if (expected === 'lets in') {
        assert.deepEqual([answer.status, codes], [200, []])
        assert.equal(app.handlerCalls(), calls + 1)
        return
      }
      assert.deepEqual(codes, [expected])
      assert.ok(answer.status === 401 || answer.status === 403)
      assert.equal(app.handlerCalls(), calls, 'the handler ran')
    }

    it('lets in a pod of the cluster, whose keys are shown to who has the token of a pod only', async () => {
      await assertAnswer('GET /ledger', podTokenOf(issuers), 'lets in')
      assert.equal(app.lastCaller()?.application.id, ledgerPod)
      assert.deepEqual(shown, ['Bearer pod-token-1'])
      await assertAnswer('GET /ledger', podTokenOf(issuers, 'shop'), 'ERR_S2S_APPLICATION_NOT_ALLOWED')
      await assertAnswer('GET /ledger', podTokenOf(issuers, 'payments', 'cron'), 'ERR_S2S_APPLICATION_NOT_ALLOWED')
    })

    it('reads the token of the pod anew for the next fetch, for it was replaced', async () => {
      podToken = 'pod-token-2'
      writeFileSync(podTokenFile, podToken)
      advance(601)
      await assertAnswer('GET /ledger', podTokenOf(issuers), 'lets in')
      assert.deepEqual(shown, ['Bearer pod-token-1', 'Bearer pod-token-2'])
    })

    it('lets in a workload of the trust domain, without iss, by the keys of its bundle', async () => {
      await assertAnswer('GET /ledger', svidOf(issuers), 'lets in')
      assert.equal(app.lastCaller()?.application.id, 'spiffe://example.org/ns/payments/sa/ledger')
      await assertAnswer('GET /ledger', svidOf(issuers, 'spiffe://example.org/x'), 'ERR_S2S_APPLICATION_NOT_ALLOWED')
      await assertAnswer('GET /ledger', svidOf(issuers, 'spiffe://evil.example/x'), 'ERR_S2S_ISSUER_UNTRUSTED')
      assert.deepEqual(shownToOthers, [undefined], 'one fetch, and never with the token of the pod')
    })

    it('lets in a service account of Google, and no person', async () => {
      await assertAnswer('GET /ledger', googleTokenOf(issuers), 'lets in')
      const person = { azp: '1.apps.googleusercontent.com', email: 'dana@example.com' }
      await assertAnswer('GET /ledger', googleTokenOf(issuers, person), 'ERR_S2S_TOKEN_TYPE')
      const stranger = { email: 'ledger@evil.iam.gserviceaccount.com' }
      await assertAnswer('GET /ledger', googleTokenOf(issuers, stranger), 'ERR_S2S_APPLICATION_NOT_ALLOWED')
    })

    it('lets in a machine client of Cognito by its client id', async () => {
      await assertAnswer('GET /reports/1', cognitoTokenOf(issuers), 'lets in')
      await assertAnswer('GET /reports/1', cognitoTokenOf(issuers, 'other'), 'ERR_S2S_AUDIENCE_MISMATCH')
      await assertAnswer('GET /ledger', cognitoTokenOf(issuers), 'ERR_S2S_APPLICATION_NOT_ALLOWED')
    })

    it('lets the current actor do what the user may do too, and nobody else', async () => {
      await assertAnswer('PUT /reports/1', actorTokenOf(issuers, { sub: 'backend', act: { sub: 'portal' } }), 'lets in')
      assert.deepEqual(app.lastCaller()?.actorChain, ['backend', 'portal'])
      const earlier = actorTokenOf(issuers, { sub: 'portal', act: { sub: 'backend' } })
      await assertAnswer('PUT /reports/1', earlier, 'ERR_S2S_APPLICATION_NOT_ALLOWED')
      const eve = actorTokenOf(issuers, { sub: 'backend' }, 'eve')
      await assertAnswer('PUT /reports/1', eve, 'ERR_S2S_USER_RIGHT_MISSING')
      const alone = issuers.exchange.appToken({ application: 'backend', scopes: ['reports:Write'] })
      await assertAnswer('PUT /reports/1', alone, 'ERR_S2S_APP_ONLY_NOT_ALLOWED')
    })

    it('holds an S2S application to the same rule', async () => {
      const { farm } = issuers
      await assertAnswer('PUT /reports/1', farm.userToken({ user: { upn: 'dana', nameid: undefined } }), 'lets in')
      const eve = farm.userToken({ user: { upn: 'eve', nameid: undefined } })
      await assertAnswer('PUT /reports/1', eve, 'ERR_S2S_USER_RIGHT_MISSING')
      await assertAnswer('PUT /reports/1', farm.appToken(), 'ERR_S2S_APP_ONLY_NOT_ALLOWED')
    })

    it('keeps calls for users from what is for applications on their own', async () => {
      const { exchange: sts } = issuers
      await assertAnswer('POST /cleanup', sts.appToken({ scopes: ['cleanup'] }), 'lets in')
      await assertAnswer('POST /cleanup', sts.userToken({ scopes: ['cleanup'] }), 'ERR_S2S_DELEGATION_NOT_ALLOWED')
      const untold = sts.appToken({ scopes: ['cleanup'], claims: { sub: undefined } })
      await assertAnswer('POST /cleanup', untold, 'ERR_S2S_DELEGATION_NOT_ALLOWED')
      const event = app.events.at(-1) as AuditEvent
      assert.ok(event.derivation)
      assert.deepEqual(event.derivation.caller, { onBehalfOf: 'nobody', actsFor: 'unknown' })
      assert.match(
        explainDecision(event.derivation),
        /for applications on their own only; the token does not tell on whose behalf this call is\./,
      )
    })
  })
}

describe('rules about who may call', () => {
  let app: GuardedApp
  let issuer: OAuthTestIssuer
  let questions = 0
  before(async () => {
    issuer = await createTestIssuer({ type: 'static', name: 'login', audience, clock })
    const others = [{ issuer: 'login', application: 'other' }]
    const allows = (): boolean => {
      questions += 1
      return true
    }
    app = await startGuardedApp({
      form: 'protect',
      s2s: { audience, clock, trustedIssuers: [issuer.options] },
      resources: {
        'GET /judged': { allows, applications: others },
        'GET /tried': { applications: others, shadow: true },
        'GET /others': { applications: others },
      },
    })
  })
  after(() => app.close())

  const send = (path: string, application: string): Promise<request.Response> =>
    request(app.url)
      .get(path)
      .ca(app.ca)
      .set('Authorization', `Bearer ${issuer.appToken({ application })}`)
      .then((answer) => answer)

  it('ask no function of the application about those whom the resource is not for', async () => {
    const refused = await send('/judged', 'somebody')
    assert.equal(refused.status, 403)
    assert.deepEqual(refused.body, {
      error: 'access_denied',
      error_description: 'The application is not allowed here.',
    })
    assert.equal(refused.headers['www-authenticate'], undefined, 'another scope would not help')
    assert.deepEqual([questions, app.handlerCalls()], [0, 0])
    assert.equal((await send('/judged', 'other')).status, 200)
    assert.deepEqual([questions, app.handlerCalls()], [1, 1])
  })

  it('hold for all applications of an issuer, S2S too; the event says who it was', async () => {
    const stranger = await createTestIssuer({
      type: 's2s-certificate',
      name: 'stranger',
      audience: 'reports/reports.example.com@realm-1',
      clock,
      trust: { applications: ['somebody-else'] },
    })
    const events: AuditEvent[] = []
    const s2s = createS2S({
      self,
      clock,
      trustedIssuers: [stranger.options],
      onAuditEvent: (event) => events.push(event),
    })
    const guarded = express().use(s2s.protect({ 'GET /me': 'authenticated' }))
    const server = await serveOverHttps(guarded)
    for (let round = 0; round < 2; round += 1) {
      const refused = await request(server.url)
        .get('/me')
        .ca(server.ca)
        .set('Authorization', `Bearer ${stranger.appToken()}`)
      assert.equal(refused.status, 403)
    }
    const [id = '', realm] = stranger.applicationName.split('@')
    assert.deepEqual(
      events.map(({ name, code, application }) => [name, code, application]),
      Array(2).fill(['token.rejected', 'ERR_S2S_APPLICATION_NOT_ALLOWED', { id, realm }]),
    )
    s2s.close()
    await server.close()
  })

  it('can be tried first', async () => {
    assert.equal((await send('/tried', 'somebody')).status, 200)
    const event = app.events.findLast(({ name }) => name === 'access.would-be-refused')
    assert.equal(event?.code, 'ERR_S2S_APPLICATION_NOT_ALLOWED')
    assert.deepEqual(
      app.s2s.shadowReport().refusals.map(({ rule, code, count }) => [rule, code, count]),
      [['GET /tried', 'ERR_S2S_APPLICATION_NOT_ALLOWED', 1]],
    )
    assert.equal((await send('/others', 'somebody')).status, 403)
  })
})

describe('a bearer token for the documents of an issuer', () => {
  it('is missing: the issuer is out of reach, and nobody is guilty', async () => {
    const issuer = await createTestIssuer({ type: 'openid', audience, clock })
    const events: AuditEvent[] = []
    const server = createS2S({
      ...{ audience, clock },
      trustedIssuers: [
        {
          ...issuer.options,
          type: 'openid',
          discoveryTokenFile: join(tmpdir(), 'nowhere', 'token'),
        },
      ],
      onAuditEvent: (event) => events.push(event),
    })
    await assert.rejects(server.ready(), { code: 'ERR_S2S_KEYS_UNREACHABLE', status: 503 })
    assert.match(events.at(-1)?.reason ?? '', /discoveryTokenFile\) cannot be read/)
    server.close()
  })
})

function trusted(
  { google, pool, exchange: sts, farm }: Issuers,
  { apiServer, bundleServer }: { readonly apiServer: TestServer; readonly bundleServer: TestServer },
): readonly TrustedIssuerOptions[] {
  const fetchOf = (issuer: OAuthTestIssuer): object =>
    'fetch' in issuer.options ? { fetch: issuer.options.fetch } : {}
  const jwksUri = `${apiServer.url}/openid/v1/jwks`
  return [
    { ...podsOfThisCluster(folder), jwksUri, ca: apiServer.ca },
    { ...workloads, bundleEndpoint: bundleServer.url, ca: bundleServer.ca },
    { ...googleAccounts, ...fetchOf(google) },
    { ...userPool, ...fetchOf(pool) },
    { ...exchange, ...fetchOf(sts) },
    farm.options,
  ]
}

function bundleOf(spire: OAuthTestIssuer): object {
  const keys = spire.jwks().keys.map(({ alg: _alg, ...key }) => ({ ...key, use: 'jwt-svid' }))
  return { keys, spiffe_sequence: 1, spiffe_refresh_hint: 300 }
}

function podTokenOf({ cluster }: Issuers, namespace = 'payments', name = 'ledger'): string {
  return cluster.appToken({
    header: { typ: undefined },
    claims: {
      ...bare,
      aud: [audience],
      sub: `system:serviceaccount:${namespace}:${name}`,
      'kubernetes.io': { namespace, pod: { name: 'x', uid: '1' }, serviceaccount: { name, uid: '2' } },
    },
  })
}

function svidOf({ spire }: Issuers, sub = 'spiffe://example.org/ns/payments/sa/ledger'): string {
  const claims = { ...bare, iss: undefined, aud: [audience], sub }
  return spire.appToken({ algorithm: 'ES256', header: { typ: 'JWT' }, claims })
}

function googleTokenOf({ google }: Issuers, changes: object = {}): string {
  const account = { sub: '104029292853399978293', azp: '104029292853399978293', email: ledgerAccount }
  return google.appToken({ header: { typ: 'JWT' }, claims: { ...bare, ...account, email_verified: true, ...changes } })
}

function cognitoTokenOf({ pool }: Issuers, client = '1example23456789'): string {
  const claims = { aud: undefined, token_use: 'access', scope: 'reports-api/read', version: 2 }
  return pool.appToken({ application: client, header: { typ: undefined }, claims })
}

function actorTokenOf({ exchange: sts }: Issuers, act: object, user = 'dana'): string {
  return sts.userToken({ user, scopes: ['reports:Write'], claims: { act } })
}
