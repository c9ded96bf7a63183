import { describeAttack } from '../support/attack.ts'
import { makeWorld } from '../support/world.ts'

const { oauth, options } = await makeWorld()
const token = await oauth.token({ claims: { scope: 'reports.read' } })

const app = {
  s2s: options,
  resources: { 'GET /public/*path': 'public', 'GET /admin/users': 'admin.all', 'ALL /status': 'public' },
  resourceOptions: { pathSyntax: 'express5' },
} as const

const ambiguous = { status: 400, code: 'ERR_S2S_PATH_AMBIGUOUS' } as const
const noCredential = { status: 401, code: undefined } as const

const waysOut = [
  '/public/../admin/users',
  '/PUBLIC/../admin/users',
  '/public/./../admin/users',
  '/public/x/../../admin/users',
  '/public//../admin/users',
  '/public/%2e%2e/admin/users',
  '/public/.%2e/admin/users',
  '/public/..%2fadmin%2fusers',
  '/public%2f..%2fadmin%2fusers',
  '/public/..%5cadmin%5cusers',
  '/public/..\\admin\\users',
  '/public\\..\\admin\\users',
  '/public/..;/admin/users',
  '/public;/../admin/users',
  '/public;x=1/admin/users',
  '/public/%00/../admin/users',
  '/public/x%00',
  '/public/%c0%ae%c0%ae/admin/users',
  '/public/..%c0%afadmin/users',
  '/public/x%0a',
  '/public/#/../admin/users',
  '/public/..',
  '/public/.',
  '//public/x',
  '/public//admin/users',
  '/admin/users/../../public/x',
  '/admin/users;/public/x',
  '/admin/users%2f..%2f..%2fpublic%2fx',
  '/status/../admin/users',
  '/status;/admin/users',
  '/status%2f..%2fadmin%2fusers',
]

const lookAlikes = [
  '/publicx',
  '/public.',
  '/public-/x',
  '/public',
  '/public/',
  '/xpublic/x',
  '/%70ublic/x',
  '/public%20/x',
  '/statusx',
  '/status/x',
  '/%73tatus',
  '/admin/users?/public/x',
  '/admin/users?path=/public/x',
  '/ADMIN/USERS/',
  '/',
]

describeAttack('a way out of the anonymous prefix, without a token', app, [
  ...waysOut.map((path) => ({ name: `row 88: ${path}`, path, ...ambiguous })),
  ...lookAlikes.map((path) => ({ name: `row 88: ${path}`, path, ...noCredential })),
  ...['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND'].map((method) => ({
    name: `row 88: ${method} where GET is anonymous`,
    method,
    path: '/public/x',
    ...noCredential,
  })),
])

describeAttack('a bad credential on an anonymous resource', app, [
  {
    name: 'row 88: a token that is none',
    path: '/public/x',
    token: 'garbage',
    status: 401,
    code: 'ERR_S2S_TOKEN_MALFORMED',
  },
  {
    name: 'row 88: an expired token',
    path: '/public/x',
    token: await oauth.token({ claims: { exp: 1_000_000_000 } }),
    status: 401,
    code: 'ERR_S2S_TOKEN_EXPIRED',
  },
  { name: 'row 88: an empty credential', path: '/public/x', headers: [['Authorization', 'Bearer']], ...noCredential },
  { name: 'row 88: another scheme', path: '/status', headers: [['Authorization', 'Basic dTpw']], ...noCredential },
  {
    name: 'row 88: two credentials',
    path: '/status',
    token,
    headers: [['Authorization', 'Basic dTpw']],
    status: 400,
    code: 'ERR_S2S_HEADER_MALFORMED',
  },
])
