import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { describeAccepted } from '../support/accepted.ts'
import { describeAttack } from '../support/attack.ts'
import { forms, startGuardedApp } from '../support/guarded-app.ts'
import { sendText } from '../support/send-text.ts'
import { makeWorld } from '../support/world.ts'

const { oauth, options } = await makeWorld()
const token = await oauth.token({ claims: { scope: 'reports.read' } })
const adminToken = await oauth.token({ claims: { scope: 'admin.all' } })

const app = {
  s2s: options,
  resources: { 'GET /public/:file': 'public', 'GET /reports/:id': 'reports.read', 'GET /admin/users': 'admin.all' },
} as const

const ambiguous = { status: 400, code: 'ERR_S2S_PATH_AMBIGUOUS' } as const
const missingScope = { status: 403, code: 'ERR_S2S_SCOPE_MISSING' } as const
const notListed = { status: 403, code: 'ERR_S2S_RESOURCE_NOT_LISTED' } as const

const judgedByPath = [
  'https://localhost/admin/users',
  'http://localhost/admin/users',
  'HTTPS://LOCALHOST/ADMIN/users/',
  'https://localhost:8443/admin/users?x=/reports/1',
  'https://evil.example/admin/users',
  'https://127.0.0.1/admin/users',
  'https://[::1]:8443/admin/users',
  'https://reports/admin/users',
]

const refused = [
  'https://user@localhost/admin/users',
  'https://user:secret@localhost/reports/1',
  'https://localhost@evil.example/reports/1',
  'https:///admin/users',
  'https:////admin/users',
  'https://localhost//admin/users',
  'https://localhost/reports/../admin/users',
  'https://localhost/reports/%2e%2e/admin/users',
  'https://localhost/admin%2fusers',
  'https://localhost/admin\\users',
  'https://localhost;/admin/users',
  'https://localhost/admin/users;x',
  'https://localhost/admin/users#/reports/1',
  'https://local%68ost/reports/1',
  'https://localhost:99999999/reports/1',
  'https://localhost:x/reports/1',
  'ftp://localhost/reports/1',
  'file:///reports/1',
  'ws://localhost/reports/1',
  'xhttps://localhost/reports/1',
  'https://localhost/https://localhost/reports/1',
  '/https://localhost/reports/1',
  '//localhost/reports/1',
  '*',
]

describeAttack('an absolute-form target', app, [
  ...judgedByPath.map((path) => ({ name: `row 91: ${path}`, path, token, ...missingScope })),
  ...refused.map((path) => ({ name: `row 91: ${path}`, path, token, ...ambiguous })),
  ...['https://localhost/', 'https://localhost', 'https://localhost?/reports/1', 'https://public/x'].map((path) => ({
    name: `row 91: ${path}`,
    path,
    token,
    ...notListed,
  })),
  ...judgedByPath.map((path) => ({ name: `row 91: ${path} without a token`, path, status: 401, code: undefined })),
])

describeAttack('an absolute-form target to a guard on a mount path', { ...app, mountPath: '/api' }, [
  { name: 'row 91: below the mount path', path: 'https://localhost/api/admin/users', token, ...missingScope },
  { name: 'row 91: another letter case', path: 'http://localhost/API/admin/users', token, ...missingScope },
  { name: 'row 91: a dot segment', path: 'https://localhost/api/reports/../admin/users', token, ...ambiguous },
  { name: 'row 91: the mount path alone', path: 'https://localhost/api', token, ...notListed },
  { name: 'row 91: an anonymous path as host', path: 'https://public/api/admin/users', status: 401, code: undefined },
])

describeAccepted('an absolute-form target that may be used', app, [
  { name: 'https://localhost/reports/1', path: 'https://localhost/reports/1', token },
  { name: 'https://localhost/admin/users', path: 'https://localhost/admin/users', token: adminToken },
  { name: 'http://localhost/public/logo', path: 'http://localhost/public/logo', token: undefined },
])

/** Targets and methods that Node's own parser refuses: no guard sees them, and no handler. */
const noHttp: Readonly<Record<string, string>> = {
  'row 91: a target without a slash': 'GET admin/users HTTP/1.1',
  'row 91: a target that begins with a backslash': 'GET \\admin\\users HTTP/1.1',
  'row 91: a backslash behind the host': 'GET https://localhost\\admin/users HTTP/1.1',
  'row 91: a fragment behind the host': 'GET https://localhost#/admin/users HTTP/1.1',
  'row 91: two targets': 'GET /reports/1 /admin/users HTTP/1.1',
  'row 91: a target in UTF-8': 'GET /adm\xc3\xadn/users HTTP/1.1',
  'row 87: a NUL in the target': 'GET /admin/users\0 HTTP/1.1',
  'row 93: a method in lower case': 'get /admin/users HTTP/1.1',
  'row 93: a method in mixed case': 'Get /admin/users HTTP/1.1',
  'row 93: a method nobody knows': 'FETCH /admin/users HTTP/1.1',
  'row 93: CONNECT to a path': 'CONNECT /admin/users HTTP/1.1',
  'row 93: CONNECT to a host': 'CONNECT localhost:443 HTTP/1.1',
}

for (const form of forms) {
  describe(`a request line that is none (${form})`, () => {
    for (const [name, line] of Object.entries(noHttp)) {
      it(`reaches no handler with ${name}`, async () => {
        const server = await startGuardedApp({ ...app, form })
        try {
          const head = `${line}\r\nHost: localhost\r\nAuthorization: Bearer ${adminToken}\r\nConnection: close\r\n\r\n`
          const answer = await sendText(server, head)
          assert.equal(server.handlerCalls(), 0)
          assert.doesNotMatch(answer, /^HTTP\/1\.1 [2357]/)
          assert.ok(!answer.includes(adminToken))
        } finally {
          await server.close()
        }
      })
    }
  })
}
