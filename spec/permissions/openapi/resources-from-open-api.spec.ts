import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { resourcesFromOpenApi, type OpenApiOptions } from '../../../lib/permissions/openapi/resources-from-open-api.ts'

const oauth = {
  type: 'oauth2',
  flows: {
    clientCredentials: { tokenUrl: 'https://login.example.com/token', scopes: { a: '', b: '', c: '' } },
    'x-note': true,
  },
}
const schemes = { oauth }
const responses = { 200: { description: 'ok' } }

/** A document with one scheme; `paths` as given. */
const documentOf = (paths: object, others: object = {}): object => ({
  openapi: '3.1.1',
  info: { title: 'Reports', version: '1' },
  components: { securitySchemes: schemes },
  paths,
  ...others,
})

const one = (security: unknown): object => documentOf({ '/x': { get: { security, responses } } })

describe('resourcesFromOpenApi', () => {
  const requirements: readonly (readonly [name: string, security: unknown, expected: unknown])[] = [
    ['nothing', [], 'public'],
    ['any caller', [{ oauth: [] }], 'authenticated'],
    ['one scope', [{ oauth: ['a'] }], 'a'],
    ['all scopes of one object', [{ oauth: ['b', 'a', 'b'] }], ['a', 'b']],
    ['any of the objects', [{ oauth: ['a'] }, { oauth: ['b'] }], { anyOf: ['a', 'b'] }],
    ['an alternative that says no more than another', [{ oauth: ['a', 'b'] }, { oauth: ['a'] }], 'a'],
    ['two equal alternatives', [{ oauth: ['b', 'a'] }, { oauth: ['a', 'b'] }], ['a', 'b']],
    ['any caller, or a scope', [{ oauth: ['a'] }, { oauth: [] }], 'authenticated'],
  ]
  for (const [name, security, expected] of requirements) {
    it(`requires ${name}`, () => {
      assert.deepEqual(resourcesFromOpenApi(one(security)), { 'GET /x': expected })
    })
  }

  it("lets an operation's security stand in place of the document's", () => {
    const paths = { '/x': { get: { responses }, put: { security: [{ oauth: ['b'] }] }, delete: { security: [] } } }
    const resources = resourcesFromOpenApi(documentOf(paths, { security: [{ oauth: ['a'] }] }))
    assert.deepEqual(resources, { 'GET /x': 'a', 'PUT /x': 'b', 'DELETE /x': 'public' })
    assert.ok(Object.isFrozen(resources))
  })

  it('writes templates as Express does, those with fewer parameters first', () => {
    const at = { get: { security: [] } }
    const paths = {
      '/': at,
      '/{id}': at,
      '/r/{report-id}': at,
      '/r/{id}.json': at,
      '/r/mine/': at,
      '/r/{id}/lines/{line}': at,
      '/r/{1}/lines/first': at,
      'x-note': at,
    }
    assert.deepEqual(Object.keys(resourcesFromOpenApi(documentOf(paths))), [
      'GET /',
      'GET /r/mine/',
      'GET /r/:id.json',
      'GET /r/:report_id',
      'GET /r/:_1/lines/first',
      'GET /r/:id/lines/:line',
      'GET /:id',
    ])
  })

  it('lets HEAD follow GET where both require the same, and reads every method', () => {
    const security = [{ oauth: ['a'] }]
    const item = Object.fromEntries(
      ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'].map((method) => [method, { security }]),
    )
    const resources = resourcesFromOpenApi(
      documentOf({ '/x': { ...item, summary: 's', description: 'd', parameters: [], 'x-y': 1, servers: [] } }),
    )
    const methods = ['GET', 'PUT', 'POST', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE']
    assert.deepEqual(resources, Object.fromEntries(methods.map((method) => [`${method} /x`, 'a'])))
  })

  const bases: readonly (readonly [name: string, servers: unknown, options: OpenApiOptions, expected: string])[] = [
    ['none unless asked for', [{ url: 'https://a.example/v1' }], {}, '/x'],
    ['the one that is given', [{ url: 'https://a.example/v1' }], { basePath: '/api/v2' }, '/api/v2/x'],
    ['that of the servers', [{ url: 'https://a.example/v1/' }, { url: '/v1' }], { basePath: 'servers' }, '/v1/x'],
    ['none of a server without path', [{ url: 'https://{host}:8443' }], { basePath: 'servers' }, '/x'],
    ['none where there are no servers', undefined, { basePath: 'servers' }, '/x'],
  ]
  for (const [name, servers, options, expected] of bases) {
    it(`puts a base path in front: ${name}`, () => {
      const document = documentOf({ '/x': { get: { security: [] } } }, servers === undefined ? {} : { servers })
      assert.deepEqual(Object.keys(resourcesFromOpenApi(document, options)), [`GET ${expected}`])
    })
  }

  it('takes the scheme that is chosen, of each kind that carries bearer tokens', () => {
    const securitySchemes = {
      oauth,
      oidc: { type: 'openIdConnect', openIdConnectUrl: 'https://login.example.com' },
      token: { type: 'http', scheme: 'Bearer' },
      key: { type: 'apiKey', in: 'header', name: 'x-key' },
    }
    for (const [scheme, openapi, scopes, expected] of [
      ['oauth', '3.0.4', ['a'], 'a'],
      ['oidc', '3.0.0', ['any'], 'any'],
      ['token', '3.1.0', ['role'], 'role'],
      ['token', '3.0.3', [], 'authenticated'],
    ] as const) {
      const document = documentOf(
        { '/x': { get: { security: [{ [scheme]: scopes }] } } },
        { openapi, components: { securitySchemes } },
      )
      assert.deepEqual(resourcesFromOpenApi(document, { scheme }), { 'GET /x': expected })
    }
  })
})

describe('a document that a resource table cannot express', () => {
  const at = '#/paths/~1x/get/security'
  const get = { security: [] }
  const withScheme = (scheme: object, others: object = {}): object =>
    documentOf({ '/x': { get } }, { components: { securitySchemes: { s: scheme } }, ...others })
  const overlapping = (one: unknown, other: unknown): object =>
    documentOf({ '/a/{x}': { get: { security: one } }, '/{y}/b': { get: { security: other } } })
  const cases: readonly (readonly [name: string, document: unknown, pointer: string, fix: RegExp, options?: object])[] =
    [
      ['a text', 'openapi: 3.1.0', '#', /must be an object/],
      ['null', null, '#', /must be an object/],
      ['Swagger 2', { swagger: '2.0' }, '#/openapi', /must be a version 3\.0 or 3\.1/],
      ['OpenAPI 3.2', documentOf({}, { openapi: '3.2.0' }), '#/openapi', /must be a version 3\.0 or 3\.1/],
      ['no paths', documentOf({}, { paths: undefined }), '#/paths', /must be an object/],
      ['no operation', documentOf({ '/x': {} }), '#/paths', /has no operation/],
      ['no security at all', documentOf({ '/x': { get: { responses } } }), '#/paths/~1x/get', /write security: \[\]/],
      ['optional credentials', one([{}, { oauth: ['a'] }]), `${at}/0`, /makes credentials optional/],
      ['security that is no list', one({ oauth: [] }), at, /must be a list/],
      ['an alternative that is no object', one(['oauth']), `${at}/0`, /must be an object/],
      ['scopes that are no list', one([{ oauth: 'a' }]), `${at}/0/oauth`, /must be a list/],
      ['a scheme that is not there', one([{ other: [] }]), `${at}/0/other`, /names another scheme than oauth/],
      ['two schemes together', one([{ oauth: [], other: [] }]), `${at}/0/other`, /names another scheme/],
      ['a scope that is not declared', one([{ oauth: ['d'] }]), `${at}/0/oauth/0`, /is not among the scopes/],
      ['a scope with a space', one([{ oauth: ['a b'] }]), `${at}/0/oauth/0`, /is no scope name/],
      ['a scope called public', one([{ oauth: ['Public'] }]), `${at}/0/oauth/0`, /is no scope name/],
      ['any of several scopes', one([{ oauth: ['a', 'b'] }, { oauth: ['c'] }]), at, /alternatives of several scopes/],
      ['security of the document', documentOf({ '/x': { get: {} } }, { security: [{}] }), '#/security/0', /optional/],
      ['an API key', withScheme({ type: 'apiKey' }), '#/components/securitySchemes/s/type', /must be oauth2/],
      ['mutual TLS', withScheme({ type: 'mutualTLS' }), '#/components/securitySchemes/s/type', /must be oauth2/],
      [
        'basic',
        withScheme({ type: 'http', scheme: 'basic' }),
        '#/components/securitySchemes/s/scheme',
        /must be bearer/,
      ],
      ['a reference to a scheme', withScheme({ $ref: '#/x' }), '#/components/securitySchemes/s', /must be oauth2/],
      [
        'oauth2 without flows',
        withScheme({ type: 'oauth2' }),
        '#/components/securitySchemes/s/flows',
        /must be an object/,
      ],
      ['no scheme', documentOf({}, { components: {} }), '#/components/securitySchemes', /has no scheme;/],
      [
        'a scheme that is not there',
        one([]),
        '#/components/securitySchemes',
        /has no scheme other;/,
        { scheme: 'other' },
      ],
      [
        'several schemes, none chosen',
        documentOf({}, { components: { securitySchemes: { s: oauth, t: oauth } } }),
        '#/components/securitySchemes',
        /choose one of s, t with options\.scheme/,
      ],
      [
        'roles of bearer tokens in 3.0',
        withScheme(
          { type: 'http', scheme: 'bearer' },
          { openapi: '3.0.3', paths: { '/x': { get: { security: [{ s: ['role'] }] } } } },
        ),
        `${at}/0/s/0`,
        /has no scopes/,
      ],
      ['a reference to a path', documentOf({ '/x': { $ref: 'y' } }), '#/paths/~1x/$ref', /bundle the document/],
      ['a reference to an operation', documentOf({ '/x': { get: { $ref: 'y' } } }), '#/paths/~1x/get/$ref', /bundle/],
      ['a method of OpenAPI 3.2', documentOf({ '/x': { query: get } }), '#/paths/~1x/query', /is unknown here/],
      ['a method in capitals', documentOf({ '/x': { GET: get } }), '#/paths/~1x/GET', /is unknown here/],
      ['HEAD without GET', documentOf({ '/x': { head: get } }), '#/paths/~1x/head', /judges HEAD as GET/],
      [
        'HEAD that requires something else',
        documentOf({ '/x': { head: get, get: { security: [{ oauth: [] }] } } }),
        '#/paths/~1x/head',
        /judges HEAD as GET/,
      ],
      ['templates that overlap', overlapping([], [{ oauth: ['a'] }]), '#/paths/~1{y}~1b/get', /in common with \/a\/:x/],
      [
        'templates that differ in case only',
        documentOf({ '/x/{a}': { get }, '/X/{b}/': { get } }),
        '#/paths/~1X~1{b}~1',
        /is the same path as \/x\/\{a\}/,
      ],
      ...[
        'x',
        '/a//b',
        '/a/../b',
        '/v{n}',
        '/{a}{b}',
        '/{a}b',
        '/{a}/{a}',
        '/{}',
        '/a:b',
        '/a;b',
        '/ä',
        '/a b',
        '/{a',
        '/a*',
      ].map(
        (path) =>
          [
            `the path ${path}`,
            documentOf({ [path]: { get } }),
            `#/paths/${path.replaceAll('/', '~1')}`,
            /Express|begin/,
          ] as const,
      ),
      ...[
        [[{ url: '/{v}' }], '#/servers/0/url', /variables/],
        [[{ url: '/v1' }, { url: '/v2' }], '#/servers/1/url', /another path/],
        [[{}], '#/servers/0/url', /variables/],
        [{}, '#/servers', /must be a list/],
      ].map(
        ([servers, pointer, fix]) =>
          [
            `the servers ${JSON.stringify(servers)}`,
            documentOf({}, { servers }),
            pointer,
            fix,
            { basePath: 'servers' },
          ] as never,
      ),
      [
        'servers of a path',
        documentOf({ '/x': { servers: [], get } }),
        '#/paths/~1x/servers',
        /servers of its own/,
        { basePath: 'servers' },
      ],
      [
        'servers of an operation',
        documentOf({ '/x': { get: { ...get, servers: [] } } }),
        '#/paths/~1x/get/servers',
        /servers of its own/,
        { basePath: 'servers' },
      ],
    ]
  for (const [name, document, pointer, fix, options] of cases) {
    it(`is refused, with the place and the fix: ${name}`, () => {
      assert.throws(
        () => resourcesFromOpenApi(document as object, options),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'ERR_S2S_OPTION_INVALID', error.message)
          assert.ok(error.message.startsWith(`document${pointer} `), error.message)
          assert.match(error.message, fix)
          return true
        },
      )
    })
  }

  it('is no matter where templates overlap and require the same', () => {
    assert.equal(Object.keys(resourcesFromOpenApi(overlapping([], []))).length, 2)
  })

  for (const basePath of ['api', '/api/', '/a/../b', '/{v}', '//']) {
    it(`refuses the base path ${basePath}`, () => {
      assert.throws(() => resourcesFromOpenApi(one([]), { basePath }), /options\.basePath must be 'servers' or a path/)
    })
  }
})
