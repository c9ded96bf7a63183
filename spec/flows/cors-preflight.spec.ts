import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { describeAccepted } from '../support/accepted.ts'
import { describeAttack } from '../support/attack.ts'
import { forms, startGuardedApp, type GuardedAppOptions } from '../support/guarded-app.ts'
import { sendRaw } from '../support/send-raw.ts'
import { makeWorld } from '../support/world.ts'

const { oauth, options } = await makeWorld()
const token = await oauth.token({ claims: { scope: 'reports.read' } })
const expired = await oauth.token({ claims: { scope: 'reports.read', exp: 1_000_000_000 } })

const guarded: Omit<GuardedAppOptions, 'form'> = {
  s2s: options,
  resources: { 'GET /reports/:id': 'reports.read', 'OPTIONS /inbox': 'reports.read' },
}
const passing: Omit<GuardedAppOptions, 'form'> = { ...guarded, resourceOptions: { preflight: 'pass' } }

type Header = readonly [name: string, value: string]
const origin: Header = ['Origin', 'https://app.example']
const requestedMethod: Header = ['Access-Control-Request-Method', 'GET']
const requestedHeaders: Header = ['Access-Control-Request-Headers', 'authorization']
const headers = [origin, requestedMethod, requestedHeaders]

const noCredential = { status: 401, code: undefined } as const
const notListed = { status: 403, code: 'ERR_S2S_RESOURCE_NOT_LISTED' } as const

describeAttack('a preflight, by default', guarded, [
  { name: 'row 94: without a token', method: 'OPTIONS', headers, ...noCredential },
  { name: 'row 94: with a token', method: 'OPTIONS', headers, token, ...notListed },
  { name: 'row 94: of a path that is not listed', method: 'OPTIONS', path: '/nothing', headers, ...noCredential },
])

describeAccepted('a preflight that a guard lets pass', passing, [
  { name: 'the path of a rule', method: 'OPTIONS', headers, token: undefined },
  { name: 'a path without a rule', method: 'OPTIONS', path: '/nothing', headers, token: undefined },
  { name: 'a preflight without requested headers', method: 'OPTIONS', headers: headers.slice(0, 2), token: undefined },
  { name: 'an OPTIONS rule, by its scope', method: 'OPTIONS', path: '/inbox', token },
])

describeAttack('what only looks like a preflight that a guard lets pass', passing, [
  { name: 'row 94: OPTIONS alone', method: 'OPTIONS', ...noCredential },
  { name: 'row 94: OPTIONS with Origin only', method: 'OPTIONS', headers: [origin], ...noCredential },
  { name: 'row 94: OPTIONS with the method only', method: 'OPTIONS', headers: [requestedMethod], ...noCredential },
  { name: 'row 94: OPTIONS with the headers only', method: 'OPTIONS', headers: [requestedHeaders], ...noCredential },
  ...['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'PROPFIND'].map((method) => ({
    name: `row 94: ${method} with the headers of a preflight`,
    method,
    headers,
    ...noCredential,
  })),
  {
    name: 'row 92: a method override',
    method: 'POST',
    headers: [...headers, ['X-HTTP-Method-Override', 'OPTIONS']],
    ...noCredential,
  },
  { name: 'row 94: with a token that lacks the rule', method: 'OPTIONS', headers, token, ...notListed },
  {
    name: 'row 94: with a token, on an ambiguous path',
    method: 'OPTIONS',
    path: '/reports/../inbox',
    headers,
    token,
    status: 400,
    code: 'ERR_S2S_PATH_AMBIGUOUS',
  },
  {
    name: 'row 94: with an expired token',
    method: 'OPTIONS',
    headers,
    token: expired,
    status: 401,
    code: 'ERR_S2S_TOKEN_EXPIRED',
  },
  {
    name: 'row 94: with an empty credential',
    method: 'OPTIONS',
    headers: [...headers, ['Authorization', 'Bearer']],
    ...noCredential,
  },
  {
    name: 'row 94: with another scheme',
    method: 'OPTIONS',
    headers: [...headers, ['Authorization', 'Basic dTpw']],
    ...noCredential,
  },
  {
    name: 'row 94: with a token in the query',
    method: 'OPTIONS',
    path: `/reports/1?access_token=x`,
    headers,
    status: 400,
    code: 'ERR_S2S_TOKEN_IN_QUERY',
  },
])

describe('a preflight that passed', () => {
  for (const form of forms) {
    it(`has no caller (${form})`, async () => {
      const app = await startGuardedApp({ ...passing, form })
      try {
        const answer = await sendRaw(app, { method: 'OPTIONS', headers })
        assert.equal(answer.status, 200)
        assert.equal(app.lastCaller(), null)
        assert.deepEqual(
          app.events.filter(({ outcome }) => outcome === 'accepted'),
          [],
        )
      } finally {
        await app.close()
      }
    })
  }
})
