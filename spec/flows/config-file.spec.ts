import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  createS2S,
  createS2SFromFile,
  loadConfig,
  type AuditEvent,
  type CodeOptions,
  type ConfigDocument,
  type ConfigurationError,
} from 'passport-s2s'
import { generateSigningKey } from 'passport-s2s'
import { fixedClock } from '../support/clock.ts'
import { configName, makeConfigFolder, until } from '../support/config-folder.ts'
import { everyForm, startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { sendRaw } from '../support/send-raw.ts'
import { dana, makeWorld, oauthAudience, self } from '../support/world.ts'

const world = await makeWorld()
const [farmClient = assert.fail()] = [world.options.grants].flat()
const application = 'application' in farmClient ? farmClient.application : assert.fail()
const folder = makeConfigFolder()
folder.write('farm.pem', world.farm.certificate.certificatePem)
folder.write('login.json', world.oauth.jwks())

/** The world's configuration as a file. */
const document: ConfigDocument = {
  $schema: './node_modules/passport-s2s/dist/s2s.config.schema.json',
  self: { ...self, hosts: [...self.hosts] },
  audience: oauthAudience,
  trustedIssuers: [
    {
      type: 's2s-certificate',
      name: 'farm',
      registeredIssuerName: world.farm.issuerName,
      certificates: { file: './farm.pem' },
      isTrustBroker: true,
      allowDelegation: { applications: [application] },
    },
    { type: 'static', name: 'login', issuer: world.oauth.issuer, jwks: { file: 'login.json' } },
  ],
  grants: [{ issuer: 'farm', application, permissions: ['reports.read'], appOnly: true }],
  resources: { 'GET /reports/:id': 'reports.read', 'GET /health': 'public' },
  resourceTables: { admin: { 'ALL /*rest': 'admin.all' } },
  resourceOptions: { pathSyntax: 'express5' },
}

after(() => {
  folder.remove()
})

for (const form of everyForm) {
  describe(`a server from one file (${form})`, () => {
    let app: GuardedApp
    before(async () => {
      folder.write(configName, document)
      app = await startGuardedApp({
        form,
        s2s: (onAuditEvent) => fromFile({ onAuditEvent, userRights: () => ['reports.read'] }),
      })
    })
    after(() => app.close())

    it('believes the issuers of the file, by keys in files', async () => {
      for (const token of [
        await world.farm.appOnlyToken(),
        await world.farm.userToken(dana),
        await world.oauth.token({ claims: { scope: 'reports.read' } }),
      ]) {
        assert.equal(await statusOf(app, token), 200)
      }
      assert.equal(app.handlerCalls(), 3)
    })

    it('refuses everybody else, and what its resources do not list', async () => {
      const calls = app.handlerCalls()
      assert.equal(await statusOf(app, await world.otherOAuth.token({ claims: { scope: 'reports.read' } })), 401)
      assert.equal(app.events.findLast(({ name }) => name === 'token.rejected')?.code, 'ERR_S2S_ISSUER_UNTRUSTED')
      assert.equal(await statusOf(app, await world.oauth.token({ claims: { scope: 'other' } })), 403)
      assert.equal(await statusOf(app, await world.farm.appOnlyToken(), '/others'), 403)
      assert.equal(app.handlerCalls(), calls)
    })

    it('has the anonymous resources of the file', async () => {
      assert.equal(await statusOf(app, undefined, '/health'), 200)
    })
  })
}

describe('a table by its name', () => {
  it('guards what it is mounted at, and must be in the file', async () => {
    folder.write(configName, document)
    const s2s = await fromFile({ userRights: () => [] })
    assert.equal(typeof s2s.protect('admin'), 'function')
    assert.throws(() => s2s.protect('admn'), { message: "resourceTables['admn'] is missing; did you mean 'admin'?" })
    assert.throws(() => s2s.protectResources('admin', { preflight: 'pass' }), { code: 'ERR_S2S_OPTION_INVALID' })
    await assert.rejects(s2s.reload({ ...(await loadConfig(folder.file)), resourceTables: {} }), {
      path: "resourceTables['admin']",
    })
    s2s.close()
  })
})

describe('options of code and file', () => {
  it('may not be in both', async () => {
    folder.write(configName, { ...document, userRights: 'checked-by-handler' })
    await assert.rejects(fromFile({ userRights: () => [] }), {
      message: 'userRights stands in the file and in functions; take it out of one of them',
      path: 'userRights',
    })
  })

  it('are checked by name', async () => {
    folder.write(configName, document)
    const options = { functions: { userRight: () => [] } } as object
    await assert.rejects(createS2SFromFile(folder.file, options), {
      code: 'ERR_S2S_OPTION_UNKNOWN',
      message: 'options.functions.userRight is unknown; did you mean `userRights`?',
    })
  })

  it('are needed together where delegation is allowed', async () => {
    folder.write(configName, document)
    await assert.rejects(fromFile({}), { code: 'ERR_S2S_OPTION_INVALID', message: /userRights\(user, request\)/ })
  })
})

describe('keys of our own by reference', () => {
  it('are read from file and environment, and a renewed one is published at once', async () => {
    const [first, second] = [
      await generateSigningKey({ commonName: 'a' }),
      await generateSigningKey({ commonName: 'b' }),
    ]
    folder.write('key.pem', first.privateKey)
    folder.write('cert.pem', first.certificate)
    const signingKeys = { current: { privateKey: { env: 'SIGNING_KEY' }, certificate: { file: 'cert.pem' } } }
    folder.write(configName, {
      self: { ...document.self, signingKeys },
      trustedIssuers: [],
      clients: { partner: { target: 'https://p.example' } },
    })
    const environment: Record<string, string> = { SIGNING_KEY: first.privateKey }
    const events: AuditEvent[] = []
    const s2s = await createS2SFromFile(folder.file, {
      environment,
      functions: { onAuditEvent: (event) => events.push(event) },
    })
    try {
      const { x5t } = s2s.signingKeys().current()
      const client = s2s.client('partner')
      environment['SIGNING_KEY'] = second.privateKey
      folder.replace('cert.pem', second.certificate)
      await until(() => events.some(({ name }) => name === 'config.reloaded'), 'the certificate was renewed')
      assert.notEqual(s2s.signingKeys().current().x5t, x5t)
      folder.replace('cert.pem', first.certificate)
      await until(() => events.some(({ name }) => name === 'config.rejected'), 'the pair does not fit')
      assert.match(
        events.at(-1)?.reason ?? '',
        /self\.signingKeys\.current: privateKey and certificate are of two key pairs/,
      )
      assert.notEqual(s2s.signingKeys().current().x5t, x5t)
      client.close()
    } finally {
      s2s.close()
    }
  })
})

describe('SIGHUP', () => {
  it('reloads when the application asks for it, and leaves no handler behind', async () => {
    folder.write(configName, document)
    const events: AuditEvent[] = []
    const listeners = process.listenerCount('SIGHUP')
    const functions = { onAuditEvent: (event: AuditEvent) => events.push(event), userRights: () => [] }
    const s2s = await createS2SFromFile(folder.file, { functions, reloadOn: ['SIGHUP'] })
    assert.equal(process.listenerCount('SIGHUP'), listeners + 1)
    process.kill(process.pid, 'SIGHUP')
    await until(() => events.some(({ name }) => name === 'config.reloaded'), 'reloaded')
    s2s.close()
    assert.equal(process.listenerCount('SIGHUP'), listeners)
  })
})

describe('loadConfig', () => {
  it('gives options for createS2S, from a file, its URL or an object', async () => {
    folder.write(configName, document)
    const loaded = await loadConfig(folder.file)
    assert.deepEqual(await loadConfig(new URL(`file://${folder.file}`)), loaded)
    assert.deepEqual(await loadConfig(document, { folder: folder.path }), loaded)
    assert.equal(Object.hasOwn(loaded, '$schema'), false)
    const s2s = createS2S({ ...loaded, userRights: () => [], clock: fixedClock })
    assert.deepEqual(
      s2s.trustedIssuers.list().map(({ name }) => name),
      ['farm', 'login'],
    )
    s2s.close()
  })

  const secret = 'hunter2-hunter2'
  const issuer = (changes: object): object => ({
    trustedIssuers: [{ type: 'openid', issuer: 'https://a.example', ...changes }],
  })
  for (const [name, content, message, path] of [
    ['no JSON', '{\n  "audience": "a",\n}', `${configName}:3:1: no comma may stand before }`, undefined],
    ['a comment', '{ // who\n}', `${configName}:1:3: JSON has no comments; remove it`, undefined],
    [
      'a name twice',
      '{"realm":"a",\n"realm":"b"}',
      `${configName}:2:1: "realm" stands twice in one object; remove one of them`,
      undefined,
    ],
    [
      'too deep',
      `{"a":${'['.repeat(40)}${']'.repeat(40)}}`,
      `${configName}: the JSON text is nested too deeply`,
      undefined,
    ],
    [
      'an unknown option',
      { trustedIssuers: [], audince: 'a' },
      `${configName}: audince is unknown; did you mean \`audience\`?`,
      'audince',
    ],
    ['a missing option', {}, `${configName}: trustedIssuers is missing; set it to an array`, 'trustedIssuers'],
    [
      'a wrong type',
      { trustedIssuers: {} },
      `${configName}: trustedIssuers must be an array, not an object`,
      'trustedIssuers',
    ],
    [
      'an address without TLS',
      issuer({ issuer: 'http://a.example' }),
      `${configName}: trustedIssuers[0].issuer must be an https address without credentials or fragment (it is "http://a.example")`,
      'trustedIssuers[0].issuer',
    ],
    [
      'an address with a password, which is not shown',
      issuer({ issuer: `https://a:${secret}@a.example` }),
      `${configName}: trustedIssuers[0].issuer must be an https address without credentials or fragment`,
      'trustedIssuers[0].issuer',
    ],
    [
      'a number out of bounds',
      issuer({ clockToleranceSeconds: 900 }),
      `${configName}: trustedIssuers[0].clockToleranceSeconds is more than 600 seconds; set the clocks right instead (it is 900)`,
      'trustedIssuers[0].clockToleranceSeconds',
    ],
    [
      'a method in lower case',
      { trustedIssuers: [], resources: { 'get /a': 'a' } },
      `${configName}: resources['get /a'] must be in upper case; write 'GET /a'`,
      'resources["get /a"]',
    ],
    [
      'a requirement of two forms',
      { trustedIssuers: [], resources: { 'GET /a': { anyOf: ['a'], allOf: ['b'] } } },
      /resources\["GET \/a"\] has both anyOf and allOf; write one of them/,
      'resources["GET /a"]',
    ],
    [
      'a requirement in a named table',
      { trustedIssuers: [], resourceTables: { x: { 'GET /a': { anyOf: [] } } } },
      `${configName}: resourceTables.x["GET /a"].anyOf is empty; write 'authenticated' when any verified caller may pass`,
      'resourceTables.x["GET /a"].anyOf',
    ],
    [
      'a client secret inline, which is not shown',
      {
        trustedIssuers: [],
        clients: {
          a: {
            target: 'https://a',
            oauth: { issuer: 'https://a', clientId: 'a', authentication: { type: 'client_secret_post', secret } },
          },
        },
      },
      `${configName}: clients.a.oauth.authentication.secret is a secret, which does not belong in this file; write { "file": "./path" } or { "env": "NAME" }`,
      'clients.a.oauth.authentication.secret',
    ],
    [
      'a private key in the place of a certificate',
      issuer({ ca: `-----BEGIN PRIVATE KEY-----${secret}` }),
      /^s2s\.config\.json: trustedIssuers\[0\]\.ca holds a private key, which does not belong in this file; write \{ "file"/,
      'trustedIssuers[0].ca',
    ],
    [
      'a private JWK',
      { trustedIssuers: [{ type: 'static', issuer: 'a', jwk: { kty: 'EC', crv: 'P-256', d: secret } }] },
      /trustedIssuers\[0\]\.jwk holds a private key/,
      'trustedIssuers[0].jwk',
    ],
    [
      'a secret in the place of the name of a variable',
      { trustedIssuers: [], ca: { env: secret } },
      `${configName}: ca: the environment variable of that name is not set; set it, or write { "file": "./path" }`,
      'ca',
    ],
    [
      'a file that is not there',
      { trustedIssuers: [], ca: { file: 'none.pem' } },
      /ca: the file .*none\.pem cannot be read \(ENOENT\)/,
      'ca',
    ],
  ] as const) {
    it(`says where the fault is and what to write: ${name}`, async () => {
      folder.write(configName, content)
      await assert.rejects(loadConfig(folder.file), (error: ConfigurationError) => {
        assert.equal(error.name, 'ConfigurationError')
        if (typeof message === 'string') assert.equal(error.message, message)
        else assert.match(error.message, message)
        assert.equal(error.path, path)
        assert.ok(!JSON.stringify([error.message, error.reason, String(error.cause)]).includes(secret))
        return true
      })
    })
  }

  it('says that the file itself is not there', async () => {
    await assert.rejects(loadConfig(`${folder.path}/none.json`), { message: /none\.json cannot be read \(ENOENT\)$/ })
  })
})

function fromFile(functions: CodeOptions): ReturnType<typeof createS2SFromFile> {
  return createS2SFromFile(folder.file, { functions: { clock: fixedClock, ...functions } })
}

async function statusOf(app: GuardedApp, token: string | undefined, path = '/reports/1'): Promise<number> {
  const headers = token === undefined ? [] : ([['Authorization', `Bearer ${token}`]] as const)
  return (await sendRaw(app, { headers, path })).status
}
