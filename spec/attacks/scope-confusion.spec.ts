import { describeAccepted } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { makeWorld } from '../support/world.ts'

const { oauth, options } = await makeWorld()

/** Longer, shorter and odder names stand in the table too: a name that exists is still another name. */
const app = {
  s2s: options,
  resources: {
    'GET /reports/:id': 'reports.read',
    'GET /all-reports': 'reports.read.all',
    'GET /archive': 'reports.readonly',
    'GET /everything': 'reports',
    'GET /any': { anyOf: ['reports.read', 'reports.write'] },
    'GET /both': ['reports.read', 'reports.write'],
    'GET /role': { scope: 'reports.read', appRole: 'Reports.Read.All' },
    'GET /right': { scope: 'reports', right: 'Manage' },
    'GET /number': '1',
    'GET /true': 'true',
    'GET /null': 'null',
    'GET /undefined': 'undefined',
    'GET /object': '[object',
    'GET /length': 'length',
    'GET /constructor': 'constructor',
    'GET /proto': '__proto__',
  },
} as const

const missingScope = { status: 403, code: 'ERR_S2S_SCOPE_MISSING' } as const

type Claims = Readonly<Record<string, unknown>>

async function refuse(
  row: string,
  claims: Claims,
  request: { name?: string; path?: string } = {},
): Promise<AttackCase> {
  const { name = JSON.stringify(claims), path = '/reports/1' } = request
  return { name: `row ${row}: ${name} on ${path}`, path, token: await oauth.token({ claims }), ...missingScope }
}

const otherNames = [
  'reports.read.all',
  'reports.readonly',
  'reports.readx',
  'xreports.read',
  'reports.rea',
  'eports.read',
  'reports',
  'reports.',
  'read',
  '.read',
  'REPORTS.READ',
  'Reports.Read',
  'reports.Read',
  'reports.read,reports.write',
  'reports.write,reports.read',
  'reports.read;reports.write',
  'reports.read|reports.write',
  'reports.read+reports.write',
  '"reports.read"',
  "'reports.read'",
  '[reports.read]',
  '["reports.read"]',
  '*',
  '**',
  '.*',
  'reports.*',
  'reports.**',
  '*.read',
  'reports/*',
  'reports.re?d',
  'reports.rea[d]',
  '^reports.read$',
  '/reports.read/',
  'reports.read/',
  '/reports.read',
  'reports.read$',
  'reports.read:Read',
  'reports.read:FullControl',
  'reports:read',
  'reports/read',
  'reports-read',
  'reports%2eread',
  'reports\\.read',
  'https://reports.example.com/reports.read',
  'api://reports.read',
  'public',
  'authenticated',
  'admin',
  'root',
  'rep\u043erts.read',
  '\u0433eports.read',
  'reports\u2024read',
  '\uff52eports.read',
  'report\u017f.read',
  'reports.read\u200b',
  '\u200breports.read',
  'reports.read\u00ad',
  '\ufeffreports.read',
  '\u202ereports.read',
  'reports.read\0',
  'reports.read\0.write',
  '\0reports.read',
]

const separators = {
  tab: '\t',
  newline: '\n',
  'carriage return': '\r',
  'form feed': '\f',
  'vertical tab': '\v',
  'no-break space': '\u00a0',
  'ideographic space': '\u3000',
  'line separator': '\u2028',
  'next line': '\u0085',
  'en quad': '\u2000',
} as const

describeAttack('a scope that only looks like the required one', app, [
  ...(await Promise.all(otherNames.map((scope) => refuse('97', { scope })))),
  ...(await Promise.all(otherNames.slice(0, 12).map((scope) => refuse('97', { scp: [scope, `${scope} x`] })))),
  await refuse('97', { scp: ['reports.read reports.write'] }),
  await refuse('97', { scope: ['reports.read reports.write'] }),
  await refuse('97', { scope: 'reports.read' }, { path: '/all-reports' }),
  await refuse('97', { scope: 'reports.read' }, { path: '/archive' }),
  await refuse('97', { scope: 'reports.read reports.write' }, { path: '/everything' }),
  await refuse('97', { scope: 'reports.rea reports' }, { path: '/any' }),
  await refuse('97', { scope: 'reports.read reports.writer' }, { path: '/both' }),
  await refuse('97', { scope: 'reports.read' }, { path: '/role' }),
  await refuse('97', { roles: ['Reports.Read'] }, { path: '/role' }),
  await refuse('97', { roles: ['Reports.Read.All'], sub: 'dana' }, { path: '/role' }),
  ...(await Promise.all(
    [
      'reports',
      'reports:Write',
      'reports:manage',
      'reports:Manager',
      'reports:',
      'Reports:Manage',
      'reports:Manage:Read',
    ].map((scope) => refuse('97', { scope }, { path: '/right' })),
  )),
])

describeAttack('scopes that something other than a space separates', app, [
  ...(await Promise.all(
    Object.entries(separators).flatMap(([name, separator]) => [
      refuse('98', { scope: `x${separator}reports.read` }, { name }),
      refuse('98', { scope: `reports.read${separator}x` }, { name: `${name} behind` }),
      refuse('98', { scp: `x${separator}reports.read` }, { name: `${name} in scp` }),
    ]),
  )),
])

const noScopes: readonly unknown[] = [
  undefined,
  null,
  0,
  1,
  true,
  false,
  '',
  ' ',
  {},
  [],
  [null],
  { 0: 'reports.read', length: 1 },
  { 'reports.read': true },
  { value: 'reports.read' },
  { toString: 'reports.read' },
  [['reports.read']],
  ['reports.read', null],
  ['reports.read', 1],
  ['reports.read', ['reports.write']],
  [{ scope: 'reports.read' }],
]

describeAttack('a scope claim of another type', app, [
  ...(await Promise.all(noScopes.map((scope) => refuse('99', { scope }, { name: `scope ${JSON.stringify(scope)}` })))),
  ...(await Promise.all(noScopes.map((scp) => refuse('99', { scp }, { name: `scp ${JSON.stringify(scp)}` })))),
  ...(await Promise.all(noScopes.map((roles) => refuse('99', { roles }, { name: `roles ${JSON.stringify(roles)}` })))),
  await refuse('99', { scope: 1, scp: [1], roles: 1 }, { path: '/number' }),
  await refuse('99', { scope: true, scp: [true], roles: [true] }, { path: '/true' }),
  await refuse('99', { scope: null, scp: [null], roles: [null] }, { path: '/null' }),
  await refuse('99', { scp: [], scope: undefined }, { path: '/undefined' }),
  await refuse('99', { scope: {}, scp: [{}], roles: {} }, { path: '/object' }),
  await refuse('99', { scope: ['reports.read'] }, { path: '/length' }),
])

const otherClaims = [
  'Scope',
  'SCOPE',
  'scopes',
  'SCP',
  'Scp',
  'scope ',
  'permission',
  'Permissions',
  'Roles',
  'role',
  'authorities',
  'groups',
  'grants',
  'rights',
  'entitlements',
  'scope[]',
  'wids',
  'app_displayname',
]

describeAttack('permissions under the name of another claim', app, [
  ...(await Promise.all(otherClaims.map((name) => refuse('100', { [name]: 'reports.read' })))),
  ...(await Promise.all(otherClaims.map((name) => refuse('100', { [name]: ['reports.read'] })))),
  await refuse('100', { realm_access: { roles: ['reports.read'] }, claims: { scope: 'reports.read' } }),
  await refuse('100', { roles: ['reports.read'], permissions: ['reports.read'], sub: 'dana' }),
  await refuse('100', { roles: 'reports.read' }),
  await refuse('100', { permissions: 'reports.read' }),
  await refuse('100', { constructor: { scope: 'reports.read' }, prototype: { scope: 'reports.read' } }),
  await refuse('103', { scope: 'toString valueOf hasOwnProperty' }, { path: '/constructor' }),
  await refuse('103', { scope: 'toString valueOf hasOwnProperty' }, { path: '/proto' }),
])

describeAccepted('the scope itself', app, [
  { name: 'alone', token: await oauth.token({ claims: { scope: 'reports.read' } }) },
  { name: 'among others', token: await oauth.token({ claims: { scope: 'x  reports.read reports.read.all' } }) },
  { name: 'in scp', token: await oauth.token({ claims: { scp: ['reports.write', 'reports.read'] } }) },
  {
    name: 'under an odd name',
    path: '/constructor',
    token: await oauth.token({ claims: { scope: 'constructor' } }),
  },
  { name: 'a number as text', path: '/number', token: await oauth.token({ claims: { scope: '1' } }) },
  { name: 'a higher right', path: '/right', token: await oauth.token({ claims: { scope: 'reports:FullControl' } }) },
])
