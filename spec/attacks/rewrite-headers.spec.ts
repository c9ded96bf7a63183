import { describeAttack } from '../support/attack.ts'
import { makeWorld } from '../support/world.ts'

const { oauth, options } = await makeWorld()
const token = await oauth.token({ claims: { scope: 'reports.read' } })

const app = {
  s2s: options,
  resources: { 'GET /public/:file': 'public', 'GET /reports/:id': 'reports.read', 'GET /admin/users': 'admin.all' },
  trustProxy: true,
} as const

const names = [
  'X-Original-URL',
  'X-Original-URI',
  'X-Original-Method',
  'X-Rewrite-URL',
  'X-Forwarded-Uri',
  'X-Forwarded-Path',
  'X-Forwarded-Prefix',
  'X-Forwarded-Method',
  'X-Forwarded-Host',
  'X_Forwarded_Uri',
  'X-Envoy-Original-Path',
  'X-Accel-Redirect',
  'X-Sendfile',
  'X-HTTP-DestinationURL',
  'X-Proxy-URL',
  'X-Request-URI',
  'X-Script-Name',
  'Base-Url',
  'Request-Uri',
  'Destination',
  'Content-Location',
  'Referer',
  'Origin',
  'X-Auth-Request-Redirect',
  'X-Custom-IP-Authorization',
  'X-Forwarded-For',
  'X-Real-IP',
  'Forwarded',
  'Connection',
]

const missingScope = { status: 403, code: 'ERR_S2S_SCOPE_MISSING' } as const

/** Headers that make a TLS hop look unsafe are another matter: see `forwarded-headers.spec.ts`. */
describeAttack('a header that names another path', app, [
  ...names.flatMap((name) => [
    {
      name: `row 90: ${name} names a path the caller may use`,
      path: '/admin/users',
      token,
      headers: [[name, '/reports/1']] as const,
      ...missingScope,
    },
    {
      name: `row 90: ${name} names an anonymous path`,
      path: '/reports/1',
      headers: [[name, '/public/logo']] as const,
      status: 401,
      code: undefined,
    },
  ]),
  {
    name: 'row 90: all of them',
    path: '/admin/users',
    token,
    headers: names.map((name) => [name, 'https://localhost/public/logo'] as const),
    ...missingScope,
  },
  {
    name: 'row 90: SharePoint sign-out as Referer, without a token',
    path: '/admin/users',
    headers: [['Referer', '/_layouts/SignOut.aspx']],
    status: 401,
    code: undefined,
  },
  {
    name: 'row 90: Connection takes Authorization for hop-by-hop',
    path: '/admin/users',
    token,
    headers: [['Connection', 'close, Authorization, X-Forwarded-Proto']],
    ...missingScope,
  },
  {
    name: 'row 90: Host names a local address',
    path: '/admin/users',
    token,
    headers: [['Host', '127.0.0.1']],
    ...missingScope,
  },
])
