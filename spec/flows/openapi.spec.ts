import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { ConfigurationError, resourcesFromOpenApi } from 'passport-s2s'
import { forms, startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { sendRaw } from '../support/send-raw.ts'
import { makeWorld } from '../support/world.ts'

const { options, oauth } = await makeWorld()

const document = {
  openapi: '3.1.1',
  info: { title: 'Reports', version: '1' },
  servers: [{ url: 'https://reports.example.com/api/v1' }],
  security: [{ login: ['reports.read'] }],
  components: {
    securitySchemes: {
      login: {
        type: 'oauth2',
        flows: {
          clientCredentials: {
            tokenUrl: 'https://login.example.com/token',
            scopes: { 'reports.read': 'read', 'reports.write': 'write', 'reports.admin': 'all' },
          },
        },
      },
    },
  },
  paths: {
    '/health': { get: { security: [] } },
    '/reports/{id}': {
      get: {},
      put: { security: [{ login: ['reports.read', 'reports.write'] }] },
      delete: { security: [{ login: ['reports.write'] }, { login: ['reports.admin'] }] },
    },
    '/reports/mine': { get: { security: [{ login: [] }] } },
  },
}

interface Row {
  readonly method?: string
  readonly path: string
  /** `undefined`: no token. */
  readonly scope: string | undefined
  readonly status: number
}

const rows: readonly Row[] = [
  { path: '/health', scope: undefined, status: 200 },
  { path: '/reports/1', scope: undefined, status: 401 },
  { path: '/reports/1', scope: 'other', status: 403 },
  { path: '/reports/1', scope: 'reports.read', status: 200 },
  { path: '/reports/mine', scope: undefined, status: 401 },
  { path: '/reports/mine', scope: 'other', status: 200 },
  { method: 'PUT', path: '/reports/1', scope: 'reports.write', status: 403 },
  { method: 'PUT', path: '/reports/1', scope: 'reports.write reports.read', status: 200 },
  { method: 'DELETE', path: '/reports/1', scope: 'reports.read', status: 403 },
  { method: 'DELETE', path: '/reports/1', scope: 'reports.write', status: 200 },
  { method: 'DELETE', path: '/reports/1', scope: 'reports.admin', status: 200 },
  { method: 'POST', path: '/reports/1', scope: 'reports.read reports.write reports.admin', status: 403 },
]

for (const form of forms) {
  describe(`an application guarded by its OpenAPI document (${form})`, () => {
    let app: GuardedApp
    before(async () => {
      app = await startGuardedApp({
        form,
        s2s: options,
        resources: resourcesFromOpenApi(document, { basePath: 'servers' }),
      })
    })
    after(() => app.close())

    for (const { method = 'GET', path, scope, status } of rows) {
      it(`answers ${status} to ${method} ${path} with ${scope ?? 'no token'}`, async () => {
        const calls = app.handlerCalls()
        const token = scope === undefined ? undefined : await oauth.token({ claims: { scope } })
        const headers = token === undefined ? [] : ([['Authorization', `Bearer ${token}`]] as const)
        const answer = await sendRaw(app, { method, path: `/api/v1${path}`, headers })
        assert.equal(answer.status, status, answer.body)
        assert.equal(app.handlerCalls() - calls, status === 200 ? 1 : 0)
      })
    }
  })
}

describe('a document that a resource table cannot express', () => {
  it('keeps the application from starting, and says where and what to do', () => {
    const paths = { '/reports/{id}': { get: { security: [{ login: ['reports.read'] }, {}] } } }
    assert.throws(
      () => resourcesFromOpenApi({ ...document, paths }),
      (error) =>
        error instanceof ConfigurationError &&
        error.message.startsWith('document#/paths/~1reports~1{id}/get/security/1 is empty') &&
        error.message.includes('security: []'),
    )
  })
})
