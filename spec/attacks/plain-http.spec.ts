import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { assertRefused, type AttackCase } from '../support/attack.ts'
import { forms, startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { dana, makeWorld } from '../support/world.ts'

const { oauth, farm, options } = await makeWorld()
const token = await oauth.token({ claims: { scope: 'reports.read' } })

const tlsRequired = { status: 403, code: 'ERR_S2S_TLS_REQUIRED' } as const

/** What some proxy, framework or browser says about TLS; nobody vouches for any of it here. */
const spoofedHeaders: readonly (readonly [name: string, value: string])[] = [
  ['X-Forwarded-Proto', 'https'],
  ['X-Forwarded-Proto', 'https, https'],
  ['X_Forwarded_Proto', 'https'],
  ['X-Forwarded-Protocol', 'https'],
  ['X-Forwarded-Ssl', 'on'],
  ['X-Forwarded-Scheme', 'https'],
  ['X-Forwarded-Port', '443'],
  ['X-Forwarded-Host', 'https://localhost'],
  ['X-Url-Scheme', 'https'],
  ['X-Scheme', 'https'],
  ['Forwarded', 'for=127.0.0.1;proto=https;host=localhost'],
  ['Front-End-Https', 'on'],
  ['X-ARR-SSL', '2048|256|C=US'],
  ['X-SSL', '1'],
  ['SSL-Protocol', 'TLSv1.3'],
  ['X-Client-Cert', '-----BEGIN%20CERTIFICATE-----'],
  ['X-Client-Verify', 'SUCCESS'],
  ['CloudFront-Forwarded-Proto', 'https'],
  ['CF-Visitor', '{"scheme":"https"}'],
  ['X-AppService-Proto', 'https'],
  ['X-Original-Proto', 'https'],
  ['X-Envoy-External-Address', '127.0.0.1'],
  ['Https', 'on'],
  ['Upgrade-Insecure-Requests', '1'],
  ['Origin', 'https://localhost'],
  ['Referer', 'https://localhost/'],
  ['Via', 'HTTPS/1.1 proxy'],
  ['Scheme', 'https'],
]

const cases: readonly AttackCase[] = [
  { name: 'row 81: a valid token', token, ...tlsRequired },
  { name: 'row 81: a valid token by POST', token, method: 'POST', body: 'x', ...tlsRequired },
  { name: 'row 81: a valid token by HEAD', token, method: 'HEAD', ...tlsRequired },
  { name: 'row 81: an app-only token of a farm', token: await farm.appOnlyToken(), ...tlsRequired },
  { name: 'row 81: a user token of a farm', token: await farm.userToken(dana), ...tlsRequired },
  { name: 'row 81: a token that is none', token: 'garbage', ...tlsRequired },
  { name: 'row 81: a token for an anonymous resource', token, path: '/public/logo', ...tlsRequired },
  { name: 'row 81: a token on a path that is not listed', token, path: '/nothing', ...tlsRequired },
  { name: 'row 81: a token on an ambiguous path', token, path: '//reports/1', ...tlsRequired },
  { name: 'row 81: a token in the query as well', token, path: '/reports/1?access_token=x', ...tlsRequired },
  ...spoofedHeaders.map((header) => ({
    name: `row 82: ${header.join(': ')}`,
    token,
    headers: [header],
    ...tlsRequired,
  })),
  { name: 'row 82: all of them', token, headers: spoofedHeaders, ...tlsRequired },
  ...['https://localhost/reports/1', 'HTTPS://localhost/reports/1', 'https://localhost:443/reports/1'].map((path) => ({
    name: `row 83: ${path}`,
    token,
    path,
    ...tlsRequired,
  })),
  {
    name: 'row 83: an absolute-form target and X-Forwarded-Proto',
    token,
    path: 'https://localhost/reports/1',
    headers: [['X-Forwarded-Proto', 'https']],
    ...tlsRequired,
  },
]

const anonymousCases: readonly AttackCase[] = [
  { name: 'row 81: no token', ...tlsRequired },
  { name: 'row 81: no token on an anonymous resource', path: '/public/logo', ...tlsRequired },
  {
    name: 'row 81: a CORS preflight',
    method: 'OPTIONS',
    headers: [
      ['Origin', 'https://app.example'],
      ['Access-Control-Request-Method', 'GET'],
    ],
    ...tlsRequired,
  },
]

for (const form of forms) {
  describe(`plain http (${form})`, () => {
    let app: GuardedApp
    before(async () => {
      app = await startGuardedApp({
        form,
        s2s: options,
        resources: { 'GET /public/:file': 'public', 'ALL /reports/:id': 'reports.read' },
        resourceOptions: { preflight: 'pass' },
        plainHttp: true,
      })
    })
    after(() => app.close())

    for (const attack of [...cases, ...anonymousCases]) {
      it(`refuses ${attack.name}`, async () => {
        const firstEvent = app.events.length
        const { headers, body } = await assertRefused(app, attack)
        for (const name of ['location', 'www-authenticate', 'strict-transport-security', 'refresh', 'upgrade']) {
          assert.equal(headers[name], undefined, name)
        }
        if (attack.method !== 'HEAD') {
          assert.deepEqual(JSON.parse(body), {
            error: 'insufficient_transport_security',
            error_description: 'This resource is served over https only.',
          })
        }
        assert.deepEqual(
          app.events.slice(firstEvent).map(({ name, outcome }) => `${name} ${outcome}`),
          [attack.token === undefined ? 'request.rejected refused' : 'token.exposed refused'],
        )
      })
    }
  })
}
