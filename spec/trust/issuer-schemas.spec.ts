import assert from 'node:assert/strict'
import { Agent } from 'node:https'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { parseOptions } from '../../lib/foundation/parse-options.ts'
import { knownAlgorithms } from '../../lib/keys/verification-key.ts'
import { trustedIssuerSchema } from '../../lib/trust/issuer-schemas.ts'
import { refusal } from '../support/refusal.ts'

type Options = Readonly<Record<string, unknown>>

const minimal = {
  's2s-metadata': { type: 's2s-metadata', metadataEndpoint: 'https://farm.example/_layouts/15/metadata/json/1' },
  's2s-certificate': { type: 's2s-certificate', registeredIssuerName: 'issuer@realm', certificates: 'certificate' },
  openid: { type: 'openid', issuer: 'https://login.example.com' },
  static: { type: 'static', issuer: 'urn:issuer', jwk: { kty: 'EC' } },
  microsoft365: { type: 'microsoft365', tenantId: '72f988bf-86f1-41af-91ab-2d7cd011db47' },
} as const

type IssuerType = keyof typeof minimal
const all = Object.keys(minimal) as IssuerType[]
/** A preset knows algorithms and types of its issuers. */
const single = ['s2s-metadata', 's2s-certificate', 'openid', 'static'] as const
const remote = ['s2s-metadata', 'openid', 'microsoft365'] as const
const delegating = ['s2s-metadata', 's2s-certificate', 'microsoft365'] as const
const s2s = ['s2s-metadata', 's2s-certificate'] as const
const oauth = ['openid', 'static'] as const

const parse = (options: unknown): unknown => parseOptions(trustedIssuerSchema, options, 'trustedIssuers[0]')

const shown = (value: unknown): string => inspect(value, { depth: 1 }).replaceAll(/\s+/g, ' ').slice(0, 60)

const text = 'must be a string, not a number'
const guid = '72f988bf-86f1-41af-91ab-2d7cd011db47'
const noGuid = ' must be a tenant id, a GUID; names of tenants are not accepted'
const httpsOnly = 'must be an https address without credentials or fragment'

/** One option: of which types, what it takes, and what it refuses with which message. */
interface OptionCase {
  readonly option: string
  readonly types: readonly IssuerType[]
  readonly takes: readonly unknown[]
  /** Value, then what is said behind `trustedIssuers[0].<option>`. */
  readonly refuses: readonly (readonly [value: unknown, message: string])[]
  /** What must or must not stand beside it. */
  readonly beside?: Options
}

const options: readonly OptionCase[] = [
  {
    option: 'name',
    types: all,
    takes: ['farm'],
    refuses: [
      ['', ' is empty'],
      [5, ` ${text}`],
    ],
  },
  {
    option: 'audience',
    types: all,
    takes: ['https://a', ['https://a', 'b']],
    refuses: [
      ['', ' is empty'],
      [[], ' is empty; leave it out instead'],
      [['a', 5], `[1] ${text}`],
      [5, ' must be a string or an array, not a number'],
    ],
  },
  {
    option: 'algorithms',
    types: single,
    takes: [['RS256'], [...knownAlgorithms]],
    refuses: [
      [[], ' must not be empty'],
      ['RS256', ' must be an array, not a string'],
      ...['HS256', 'none', 'None', 'rs256', 'RS1', 'ES256K', ''].map(
        (name) => [[name], `[0] must be one of ${knownAlgorithms.join(', ')}`] as const,
      ),
    ],
  },
  {
    option: 'acceptedTypes',
    types: single,
    takes: [['at+jwt', 'JWT']],
    refuses: [
      [[], ' is empty; leave it out instead'],
      ['JWT', ' must be an array, not a string'],
      [[''], '[0] is empty'],
    ],
  },
  {
    option: 'clockToleranceSeconds',
    types: all,
    takes: [0, 60, 600],
    refuses: [
      [601, ' is more than 600 seconds; set the clocks right instead'],
      [-1, ' must be at least 0'],
      [1.5, ' must be an integer, not a fraction'],
      [Infinity, ' must be a number, not Infinity'],
      ['60', ' must be a number, not a string'],
    ],
  },
  {
    option: 'maximumLifetimeSeconds',
    types: all,
    takes: [1, 108_000],
    refuses: [
      [0, ' must be at least 1'],
      ['1d', ' must be a number, not a string'],
    ],
  },
  {
    option: 'permissionCeiling',
    types: all,
    takes: [[], ['reports.read']],
    refuses: [
      ['reports.read', ' must be an array, not a string'],
      [[''], '[0] is empty'],
    ],
  },
  {
    option: 'shadow',
    types: all,
    takes: [true, false],
    refuses: [['true', ' must be a boolean, not a string']],
  },
  {
    option: 'keysRefreshSeconds',
    types: remote,
    takes: [10, 600],
    refuses: [
      [9, ' must be at least 10'],
      ['600', ' must be a number, not a string'],
    ],
  },
  {
    option: 'keysStaleSeconds',
    types: remote,
    takes: [10, 14_400],
    refuses: [
      [9, ' must be at least 10'],
      [null, ' must be a number, not null'],
    ],
  },
  {
    option: 'timeoutMilliseconds',
    types: remote,
    takes: [1, 600_000],
    refuses: [
      [0, ' must be at least 1'],
      [600_001, ' must be at most 600000'],
    ],
  },
  { option: 'maximumBytes', types: remote, takes: [1], refuses: [[0, ' must be at least 1']] },
  {
    option: 'ca',
    types: remote,
    takes: ['pem', ['pem', 'pem']],
    refuses: [
      ['', ' must not be empty'],
      [[], ' must not be empty'],
      [false, ' must be a string or an array, not a boolean'],
    ],
  },
  { option: 'fetch', types: remote, takes: [fetch], refuses: [['fetch', ' must be a function']] },
  {
    option: 'agent',
    types: remote,
    takes: [new Agent()],
    refuses: [
      [{}, ' must be an https.Agent'],
      [
        new Agent({ rejectUnauthorized: false }),
        ' has rejectUnauthorized switched off, so that anybody could hand us keys; set ca instead',
      ],
    ],
  },
  {
    option: 'isTrustBroker',
    types: s2s,
    takes: [true, false],
    refuses: [['true', ' must be a boolean, not a string']],
  },
  {
    option: 'allowDelegation',
    types: delegating,
    takes: [false, { applications: ['id', 'id@realm'] }],
    refuses: [
      [true, ' must be false or an object, not a boolean'],
      [{}, '.applications is missing; set it to an array'],
      [{ applications: '*' }, '.applications must be an array, not a string'],
      [{ applications: [] }, '.applications is empty; write allowDelegation: false instead'],
      [{ applications: [''] }, '.applications[0] is empty'],
    ],
  },
  {
    option: 'acceptsUserTokens',
    types: delegating,
    takes: [true, false],
    refuses: [[1, ' must be a boolean, not a number']],
  },
  {
    option: 'acceptSecurityIdentifiers',
    types: delegating,
    takes: [true, false],
    refuses: [['no', ' must be a boolean, not a string']],
  },
  {
    option: 'realms',
    types: s2s,
    takes: [['7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011', 'contoso.example']],
    refuses: [
      [[], ' must not be empty'],
      ['*', ' must be an array, not a string'],
      ...['*', 'a@b', 'a/b', 'a b', 'a,b', ''].map(
        (realm) => [[realm], '[0] must be a realm: no space, slash, @, * or comma'] as const,
      ),
    ],
  },
  {
    option: 'registeredIssuerName',
    types: s2s,
    takes: ['issuer@realm', 'issuer@*'],
    refuses: [
      'issuer',
      'issuer/host@realm',
      '@realm',
      'issuer@',
      '*@realm',
      'a@b@*',
      'issuer@realm/',
      'issuer@realm ',
      'https://issuer.example',
      '',
    ].map((name) => [name, ' must be written id@realm, as "iss" has it']),
  },
  {
    option: 'metadataEndpoint',
    types: ['s2s-metadata'],
    takes: ['https://farm.example:8443/metadata/json/1?realm=r'],
    refuses: [
      [undefined, ' is missing; set it to a string'],
      ...[
        '',
        'farm.example',
        'http://farm.example',
        'file:///etc/hosts',
        'https://u:p@farm.example',
        'https://a#b',
      ].map((url) => [url, ` ${httpsOnly}`] as const),
    ],
  },
  {
    option: 'thumbprints',
    types: ['s2s-metadata'],
    takes: [['thumbprint']],
    refuses: [
      [[], ' is empty; leave it out instead'],
      ['a', ' must be an array, not a string'],
    ],
  },
  {
    option: 'certificates',
    types: ['s2s-certificate'],
    takes: ['pem', { file: 'farm.cer' }, ['pem', { file: 'farm.cer' }]],
    refuses: [
      [undefined, ' is missing; set it to a string or an object or an array'],
      ['', ' is empty'],
      [[], ' must not be empty'],
      [{}, '.file is missing; set it to a string'],
      [{ file: '' }, '.file is empty'],
      [['pem', 5], '[1] must be a string or an object, not a number'],
      [5, ' must be a string or an object or an array, not a number'],
    ],
  },
  {
    option: 'tenantId',
    types: ['microsoft365'],
    takes: ['72F988BF-86F1-41AF-91AB-2D7CD011DB47'],
    refuses: [
      ...[
        'common',
        'contoso.onmicrosoft.com',
        '{tenantid}',
        '',
        '*',
        '72f988bf86f141af91ab2d7cd011db47',
        `x${guid}`,
        `${guid}/x`,
        `${guid}\n`,
      ].map((id) => [id, noGuid] as const),
      [5, ` ${text}`],
    ],
  },
  {
    option: 'tenants',
    types: ['microsoft365'],
    beside: { tenantId: undefined },
    takes: [[guid], [guid, 'fa15d692-e9c7-4460-a743-29f2956fd429']],
    refuses: [
      [[], ' is empty; list the tenants you trust'],
      ['*', ' must be an array, not a string'],
      [['*'], `[0]${noGuid}`],
      [[guid, 'common'], `[1]${noGuid}`],
    ],
  },
  {
    option: 'cloud',
    types: ['microsoft365'],
    takes: ['global', 'usgov', 'china'],
    refuses: [['germany', ' must be "global" or "usgov" or "china"']],
  },
  { option: 'strict', types: oauth, takes: [true, false], refuses: [['yes', ' must be a boolean, not a string']] },
  {
    option: 'callerKind',
    types: oauth,
    takes: ['rfc9068', 'rfc7662', 'entra', 'auth0', 'okta', 'keycloak', 'cognito', () => 'app'],
    refuses: [
      ['azure', 'string'],
      ['Entra', 'string'],
      [5, 'number'],
    ].map(([value, type]) => [
      value,
      ` must be "rfc9068" or "rfc7662" or "entra" or "auth0" or "okta" or "keycloak" or "cognito" or a function of the claims, not a ${type}`,
    ]),
  },
  {
    option: 'permissionClaims',
    types: oauth,
    takes: [[], [['groups'], ['realm_access', 'roles']]],
    refuses: [
      ['groups', ' must be an array, not a string'],
      [['groups'], '[0] must be an array, not a string'],
      [[[]], '[0] is empty; leave it out instead'],
      [[['']], '[0][0] is empty'],
    ],
  },
  {
    option: 'issuer',
    types: ['openid'],
    takes: ['https://login.example.com/tenant/v2.0', 'https://sts.windows.net/tenant/'],
    refuses: [
      [undefined, ' is missing; set it to a string'],
      ['http://login.example.com', ` ${httpsOnly}`],
      ['login.example.com', ` ${httpsOnly}`],
    ],
  },
  {
    option: 'jwksUri',
    types: ['openid'],
    takes: ['https://login.example.com/jwks'],
    refuses: [
      ['http://login.example.com/jwks', ` ${httpsOnly}`],
      ['https://u@login.example.com/', ` ${httpsOnly}`],
    ],
  },
  {
    option: 'issuer',
    types: ['static'],
    takes: ['urn:issuer', 'job runner'],
    refuses: [
      [undefined, ' is missing; set it to a string'],
      ['', ' is empty'],
    ],
  },
  {
    option: 'jwk',
    types: ['static'],
    takes: [{ kty: 'EC' }, { file: 'key.json' }],
    refuses: [['{}', ' must be an object, not a string']],
  },
  {
    option: 'jwks',
    types: ['static'],
    beside: { jwk: undefined },
    takes: [{ keys: [] }, { file: 'keys.json' }],
    refuses: [[[], ' must be an object, not an array']],
  },
  ...(['pem', 'certificate'] as const).map((option) => ({
    option,
    types: ['static'] as const,
    beside: { jwk: undefined },
    takes: ['text', { file: 'key.pem' }],
    refuses: [
      ['', ' is empty'],
      [{ file: 5 }, '.file must be a string, not a number'],
      [5, ' must be a string or an object, not a number'],
    ] as const,
  })),
]

for (const { option, types, takes, refuses, beside } of options) {
  for (const type of types) {
    describe(`option ${option} of type ${type}`, () => {
      const base = { ...minimal[type], ...beside }
      for (const value of takes) {
        it(`takes ${shown(value)}`, () => {
          assert.deepEqual((parse({ ...base, [option]: value }) as Options)[option], value)
        })
      }
      for (const [value, message] of refuses) {
        it(`refuses ${shown(value)} and says the fix`, () => {
          assert.throws(
            () => parse({ ...base, [option]: value }),
            refusal('ERR_S2S_OPTION_INVALID', `trustedIssuers[0].${option}${message}`),
          )
        })
      }
    })
  }
}

describe('trustedIssuerSchema', () => {
  for (const type of all) {
    it(`takes the least that ${type} needs`, () => {
      assert.deepEqual(parse(minimal[type]), minimal[type])
    })

    for (const { key, near } of [
      { key: 'audiance', near: 'audience' },
      { key: 'clockToleranceSecond', near: 'clockToleranceSeconds' },
      { key: 'permisionCeiling', near: 'permissionCeiling' },
    ]) {
      it(`refuses ${key} of ${type} and asks whether ${near} was meant`, () => {
        assert.throws(
          () => parse({ ...minimal[type], [key]: ['a'] }),
          refusal('ERR_S2S_OPTION_UNKNOWN', `trustedIssuers[0].${key} is unknown; did you mean \`${near}\`?`),
        )
      })
    }

    it(`refuses a key that resembles nothing of ${type} and lists what is known`, () => {
      assert.throws(
        () => parse({ ...minimal[type], secret: 'value' }),
        refusal('ERR_S2S_OPTION_UNKNOWN', /^trustedIssuers\[0\]\.secret is unknown; known here: type, .*\baudience\b/),
      )
    })
  }

  for (const { name, given } of [
    { name: 'strict for an S2S issuer', given: { ...minimal['s2s-metadata'], strict: true } },
    { name: 'callerKind for an S2S issuer', given: { ...minimal['s2s-certificate'], callerKind: 'entra' } },
    { name: 'isTrustBroker for an OAuth issuer', given: { ...minimal.openid, isTrustBroker: true } },
    { name: 'allowDelegation for an OAuth issuer', given: { ...minimal.static, allowDelegation: false } },
    { name: 'keys for a discovered issuer', given: { ...minimal.openid, jwks: {} } },
    { name: 'an address for a static issuer', given: { ...minimal.static, jwksUri: 'https://a' } },
    {
      name: 'a refresh for configured certificates',
      given: { ...minimal['s2s-certificate'], keysRefreshSeconds: 600 },
    },
    { name: 'algorithms for a preset', given: { ...minimal.microsoft365, algorithms: ['RS256'] } },
    { name: 'an issuer for a preset', given: { ...minimal.microsoft365, issuer: 'https://sts.windows.net/' } },
    { name: 'callerKind for a preset', given: { ...minimal.microsoft365, callerKind: 'rfc9068' } },
    { name: 'certificates beside metadata', given: { ...minimal['s2s-metadata'], certificates: 'pem' } },
  ]) {
    it(`refuses ${name}`, () => {
      assert.throws(() => parse(given), refusal('ERR_S2S_OPTION_UNKNOWN', /^trustedIssuers\[0\]\.\w+ is unknown/))
    })
  }

  it('refuses an unknown key within a union, by its path', () => {
    assert.throws(
      () => parse({ ...minimal['s2s-metadata'], allowDelegation: { applications: ['a'], aplications: ['b'] } }),
      refusal(
        'ERR_S2S_OPTION_UNKNOWN',
        'trustedIssuers[0].allowDelegation.aplications is unknown; did you mean `applications`?',
      ),
    )
    assert.throws(
      () => parse({ ...minimal['s2s-certificate'], certificates: { path: 'a' } }),
      refusal('ERR_S2S_OPTION_UNKNOWN', 'trustedIssuers[0].certificates.path is unknown; known here: file'),
    )
  })

  for (const type of [undefined, 'oidc', 'OpenID', 5]) {
    it(`refuses the type ${inspect(type)} and names the types`, () => {
      assert.throws(
        () => parse({ ...minimal.openid, type }),
        refusal(
          'ERR_S2S_OPTION_INVALID',
          'trustedIssuers[0].type must be "s2s-metadata" or "s2s-certificate" or "openid" or "static" or "introspection" or "microsoft365"',
        ),
      )
    })
  }

  for (const [name, keys] of Object.entries({
    'no key': { jwk: undefined },
    'a key and a set': { jwks: { keys: [] } },
    'a key and a PEM': { pem: 'pem' },
    'a key and a certificate': { certificate: 'pem' },
    'all four': { jwks: {}, pem: 'pem', certificate: 'pem' },
  })) {
    it(`refuses a static issuer with ${name}`, () => {
      assert.throws(
        () => parse({ ...minimal.static, ...keys }),
        refusal('ERR_S2S_OPTION_INVALID', 'trustedIssuers[0] needs exactly one of jwk, jwks, pem and certificate'),
      )
    })
  }

  for (const [name, tenants] of Object.entries({
    'no tenant': { tenantId: undefined },
    'one tenant and a list': { tenants: [guid] },
  })) {
    it(`refuses a tenancy with ${name}`, () => {
      assert.throws(
        () => parse({ ...minimal.microsoft365, ...tenants }),
        refusal('ERR_S2S_OPTION_INVALID', /^trustedIssuers\[0\] needs tenantId: .* or tenants: .*; not both$/),
      )
    })
  }

  it('prints no value, which may be a key', () => {
    assert.throws(
      () => parse({ ...minimal.static, jwk: undefined, pem: ['-----BEGIN PRIVATE KEY-----'] }),
      (error: Error) => !error.message.includes('BEGIN'),
    )
  })
})

describe('options of an issuer that is asked', () => {
  const asked = {
    type: 'introspection',
    issuer: 'https://opaque.example',
    clientId: 'reports',
    authentication: { type: 'client_secret_basic', secret: 'secret' },
  }

  it('take everything that is documented', () => {
    parse(asked)
    parse({
      ...asked,
      ...{ name: 'asked', audience: 'a', callerKind: 'rfc7662', permissionClaims: [['roles']], permissionCeiling: [] },
      ...{ introspectionEndpoint: 'https://opaque.example/introspect', accepts: 'any', tokenPrefix: 'ory_at_' },
      ...{ cacheSeconds: 600, acceptMissingAudience: true, acceptMissingTokenType: true, maximumLifetimeSeconds: 60 },
      ...{ algorithms: ['RS256'], acceptedTypes: ['jwt'], clockToleranceSeconds: 0, shadow: true },
      ...{ timeoutMilliseconds: 100, maximumBytes: 1000, ca: 'pem' },
    })
    for (const tokenPrefix of ['x', 'v4.', 'a-b_c~d+e/f']) parse({ ...asked, tokenPrefix })
  })

  const refusals: readonly (readonly [Options, RegExp])[] = [
    [{ clientId: undefined }, /clientId is missing/],
    [{ authentication: undefined }, /authentication is missing/],
    [{ authentication: { type: 'none' } }, /authentication/],
    [{ issuer: 'http://opaque.example' }, /must be an https address/],
    [{ introspectionEndpoint: 'http://opaque.example/i' }, /must be an https address/],
    [{ accepts: 'all' }, /accepts/],
    [{ cacheSeconds: 0 }, /cacheSeconds/],
    [{ cacheSeconds: 601 }, /is more than 600 seconds; a revoked token would be believed that long/],
    [{ tokenPrefix: 'eyJ' }, /must be what tokens begin with, and not as JWTs do/],
    [{ tokenPrefix: '' }, /must be what tokens begin with/],
    [{ tokenPrefix: 'a.b.' }, /must be what tokens begin with/],
    [{ tokenPrefix: 'a b' }, /must be what tokens begin with/],
    [{ tokenPrefix: 'x', accepts: 'jwt' }, /tokenPrefix is for opaque tokens/],
    [{ strict: true }, /strict/],
    [{ jwksUri: 'https://opaque.example/jwks' }, /jwksUri/],
  ]
  for (const [changes, message] of refusals) {
    it(`refuse ${shown(changes)}`, () => {
      assert.throws(() => parse({ ...asked, ...changes }), { message })
    })
  }
})
