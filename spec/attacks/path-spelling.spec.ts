import { describeAccepted } from '../support/accepted.ts'
import { describeAttack } from '../support/attack.ts'
import { aliases, anonymousSpellings, pathSpellings } from '../support/path-spellings.ts'
import { makeWorld } from '../support/world.ts'

const { oauth, options } = await makeWorld()
const token = await oauth.token({ claims: { scope: 'reports.read' } })
const adminToken = await oauth.token({ claims: { scope: 'admin.all' } })

/** The handler behind the guard answers everything: whatever the guard lets through, runs. */
const app = {
  s2s: options,
  resources: {
    'GET /public/:file': 'public',
    'GET /reports/:id': 'reports.read',
    'GET /files/:name': { anyOf: ['reports.read'], allowEncodedSlash: true },
    'GET /admin/users': 'admin.all',
  },
} as const

describeAttack(
  'another spelling of a path with a stricter rule',
  app,
  pathSpellings.map((spelling) => ({ name: `row 87: ${JSON.stringify(spelling.path)}`, token, ...spelling })),
)

describeAttack(
  'another spelling of a path, without a token',
  app,
  anonymousSpellings.map((spelling) => ({ name: `row 88: ${JSON.stringify(spelling.path)}`, ...spelling })),
)

const ambiguous = { status: 400, code: 'ERR_S2S_PATH_AMBIGUOUS' } as const

describeAttack('a way out of an entry that allows encoded slashes', app, [
  ...[
    '/files/..%2fadmin%2fusers',
    '/files/a%2f..%2f..%2fadmin%2fusers',
    '/files/a%2F%2e%2e%2fadmin',
    '/files/a%2f.%2fb',
    '/files/a%5c..%5cadmin',
    '/files/a%2f%00',
    '/files/a%2f%c0%ae%c0%ae',
    '/files/%2fx/..',
    '/files//%2fadmin',
    '/files;%2fadmin',
  ].map((path) => ({ name: `row 87: ${path}`, token, path, ...ambiguous })),
  { name: 'row 87: an encoded slash where another entry governs', token, path: '/reports/a%2fb', ...ambiguous },
  { name: 'row 87: an encoded slash where no entry governs', token, path: '/files%2fa', ...ambiguous },
])

describeAccepted('the same paths from a caller who may', app, [
  ...aliases.map((path) => ({ name: JSON.stringify(path), token: adminToken, path })),
  { name: 'an encoded slash where the entry allows it', token, path: '/files/a%2fb' },
  { name: 'a double encoding in a parameter, as it is', token, path: '/reports/%252e%252e%252fadmin' },
  { name: 'a space in a parameter', token, path: '/reports/annual%20report' },
])
