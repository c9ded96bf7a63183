import { gzipSync } from 'node:zlib'
import { describeMetadataAttack, type AttackPlace, type MetadataCase, type Served } from '../support/metadata-attack.ts'

const unreachable = 'ERR_S2S_KEYS_UNREACHABLE'
const documents = ['discovery', 'keySet', 'metadata'] as const

/** Wrong for each document; the honest one is given where it is the envelope that is wrong. */
const bodies: readonly (readonly [name: string, served: (honest: object) => Served, code?: string])[] = [
  ['no JSON', () => '{"keys":[}'],
  ['a web page', () => '<!doctype html><title>Sign in</title>'],
  ['nothing', () => ''],
  ['null', () => 'null'],
  ['a number', () => '1e999'],
  ['a list', (honest) => JSON.stringify([honest])],
  ['a text', (honest) => JSON.stringify(JSON.stringify(honest))],
  ['two documents', (honest) => JSON.stringify(honest).repeat(2)],
  ['a document with members named twice', (honest) => JSON.stringify(honest).replace('{', '{"keys":[],"keys":[],')],
  ['a document with a prototype', (honest) => JSON.stringify(honest).replace('{', '{"__proto__":{},')],
  ['a document with 5,000 lists in each other', () => `{"keys":${'['.repeat(5000)}${']'.repeat(5000)}}`],
  ['an empty document', () => '{}'],
  ['a document in UTF-16', (honest) => send(200, Buffer.from(JSON.stringify(honest), 'utf16le'))],
  [
    'a document in bytes that are no text',
    (honest) => send(200, Buffer.from(`${JSON.stringify(honest)}\xff`, 'latin1')),
  ],
  ['a compressed document', (honest) => send(200, gzipSync(JSON.stringify(honest)), { 'content-encoding': 'gzip' })],
  ['404', (honest) => send(404, JSON.stringify(honest)), unreachable],
  ['500', (honest) => send(500, JSON.stringify(honest)), unreachable],
  ['401 with a challenge', () => send(401, '', { 'www-authenticate': 'Basic realm="x"' }), unreachable],
  ['204', () => send(204, ''), unreachable],
  ['206, half a document', (honest) => send(206, JSON.stringify(honest)), unreachable],
  [
    'what is no HTTP',
    () =>
      (_request, { socket }) =>
        socket?.end('220 mail.example.com\r\n'),
    unreachable,
  ],
]

const keys: Readonly<Record<string, unknown>> = {
  missing: undefined,
  null: null,
  'an object': { 0: { kty: 'RSA' } },
  'a text': 'RS256-0',
  'an empty list': [],
  'a list of nothing': [null, undefined, 0, '', true, [], {}],
  'a list of junk': [
    { kty: 'RSA', n: '!', e: 'AQAB', kid: 'RS256-0' },
    { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid: 'RS256-0' },
    { kty: '__proto__', kid: 'RS256-0' },
    { usage: 'signing', keyvalue: { type: 'x509Certificate', value: '!' } },
  ],
}

const honestOf = (document: (typeof documents)[number], { oauth, farm }: AttackPlace): object =>
  ({ discovery: oauth.metadata(), keySet: oauth.jwks(), metadata: farm.metadata('exchange') })[document]

describeMetadataAttack('a document that is garbage', [
  ...bodies.flatMap(([name, served, code = 'ERR_S2S_METADATA_INVALID']) =>
    documents.map((document): MetadataCase => ({
      name: `row 66: the ${document} is ${name}`,
      [document]: (place: AttackPlace) => served(honestOf(document, place)),
      code,
    })),
  ),
  ...Object.entries(keys).flatMap(([name, value]): MetadataCase[] => [
    { name: `row 66: the keys of the key set are ${name}`, keySet: () => ({ keys: value }) },
    {
      name: `row 66: the keys of the metadata are ${name}`,
      metadata: ({ farm }) => ({ ...farm.metadata('exchange'), keys: value }),
    },
  ]),
])

function send(status: number, body: string | Buffer, headers: Readonly<Record<string, string>> = {}): Served {
  return (_request, response) => response.writeHead(status, { ...headers }).end(body)
}
