import { describeAccepted } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { makeWorld } from '../support/world.ts'

const { oauth, options } = await makeWorld()
const token = await oauth.token({ claims: { scope: 'reports.read' } })

const guarded = { s2s: options, resources: { 'GET /reports/:id': 'reports.read' } } as const
const tlsRequired = { status: 403, code: 'ERR_S2S_TLS_REQUIRED' } as const

type Header = readonly [name: string, value: string]

const proto = (...values: readonly string[]): readonly Header[] =>
  values.map((value) => ['X-Forwarded-Proto', value] as const)

function refuse(row: string, name: string, headers: readonly Header[]): AttackCase {
  return { name: `row ${row}: ${name}`, token, headers, ...tlsRequired }
}

/** What a trusted proxy may not be taken at its word for, on whatever socket. */
const notHttps: readonly AttackCase[] = [
  ...[
    'http',
    'http, http',
    'https, http',
    'http, https',
    'https,http',
    'https, http, https',
    '',
    ' ',
    ',',
    'https,',
    ',https',
    'https,,https',
    'httpsx',
    'xhttps',
    'https:',
    'https://',
    'https;q=1',
    'https http',
    '"https"',
    'HTTPS',
    'Https',
    'on',
    '1',
    'true',
    'wss',
    'ssl',
    'tls',
    'h2',
    'null',
    '__proto__',
  ].map((value) => refuse(value === 'https, http' ? '85' : '84', `X-Forwarded-Proto: "${value}"`, proto(value))),
  refuse('84', 'two headers, https and http', proto('https', 'http')),
  refuse('84', 'two headers, http and https', proto('http', 'https')),
  refuse('84', 'two headers, https and nothing', proto('https', '')),
  refuse('84', 'http, and Forwarded with https', [...proto('http'), ['Forwarded', 'proto=https']]),
  refuse('84', 'http, and X_Forwarded_Proto with https', [...proto('http'), ['X_Forwarded_Proto', 'https']]),
]

/** On a plain socket: nothing that counts was said. */
const nothingSaid: readonly AttackCase[] = [
  refuse('84', 'no X-Forwarded-Proto', []),
  refuse('86', 'Forwarded: proto=https only', [['Forwarded', 'for=10.0.0.1;proto=https']]),
  refuse('86', 'X-Forwarded-For only', [['X-Forwarded-For', '10.0.0.1']]),
  refuse('86', 'X-Forwarded-Ssl: on only', [['X-Forwarded-Ssl', 'on']]),
  refuse('86', 'X-Forwarded-Protocol: https only', [['X-Forwarded-Protocol', 'https']]),
  refuse('86', 'X_Forwarded_Proto: https only', [['X_Forwarded_Proto', 'https']]),
  refuse('86', 'Front-End-Https: on only', [['Front-End-Https', 'on']]),
]

describeAttack('a plain socket from a trusted proxy', { ...guarded, plainHttp: true, trustProxy: true }, [
  ...notHttps,
  ...nothingSaid,
])

describeAttack('a TLS socket from a trusted proxy that was itself called over http', { ...guarded, trustProxy: true }, [
  ...notHttps,
])

const trusting: Readonly<Record<string, unknown>> = {
  true: true,
  'one hop': 1,
  loopback: 'loopback',
  'the address': '127.0.0.1',
  'a list with the address': ['10.0.0.0/8', '127.0.0.0/8'],
  'a function': (address: string) => address === '127.0.0.1',
}

const distrusting: Readonly<Record<string, unknown>> = {
  unset: undefined,
  false: false,
  'no hop': 0,
  'another network': 'uniquelocal',
  'a list without the address': ['10.0.0.0/8', '127.0.0.2'],
  'an empty list': [],
  'a function that says no': () => false,
  'a function that says nothing': () => undefined,
}

for (const [name, trustProxy] of Object.entries(trusting)) {
  const app = { ...guarded, plainHttp: true, trustProxy }
  describeAttack(`trust proxy: ${name}`, app, [
    refuse('84', 'http', proto('http')),
    refuse('84', 'no X-Forwarded-Proto', []),
    refuse('85', 'https, http', proto('https, http')),
    refuse('85', 'two headers', proto('https', 'http')),
    refuse('86', 'Forwarded only', [['Forwarded', 'proto=https']]),
  ])
  describeAccepted(`trust proxy: ${name}`, app, [
    { name: 'https', token, headers: proto('https') },
    { name: 'https, https', token, headers: proto('https, https') },
    { name: 'https in two headers', token, headers: proto('https', 'https') },
  ])
}

for (const [name, trustProxy] of Object.entries(distrusting)) {
  describeAttack(
    `trust proxy: ${name}`,
    { ...guarded, plainHttp: true, ...(trustProxy === undefined ? {} : { trustProxy }) },
    [
      refuse('82', 'https', proto('https')),
      refuse('82', 'https, https', proto('https, https')),
      refuse('82', 'https with a forged X-Forwarded-For', [...proto('https'), ['X-Forwarded-For', '10.0.0.1']]),
    ],
  )
  describeAccepted(
    `a TLS socket, trust proxy: ${name}`,
    { ...guarded, ...(trustProxy === undefined ? {} : { trustProxy }) },
    [{ name: 'whatever a stranger forwards', token, headers: proto('http') }],
  )
}
