import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { makeCertificate, type TestCertificate } from '../../support/certificates.ts'
import { runLine, type CommandOutcome } from '../../support/command-line.ts'
import { makeConfigFolder, type ConfigFolder } from '../../support/config-folder.ts'
import { startFarmServer, type FarmServer } from '../../support/farm-server.ts'
import { makeOAuthIssuer } from '../../support/oauth-issuer.ts'

const self = '--client-id reporting --realm 7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011 --host reports.example.com'

interface WrittenConfig {
  readonly self: unknown
  readonly audience?: string
  readonly trustedIssuers: readonly Record<string, unknown>[]
  readonly resources?: unknown
}

describe('trust add', () => {
  let server: FarmServer
  let strange: TestCertificate
  let folder: ConfigFolder

  before(async () => {
    const { keys } = makeOAuthIssuer({ issuer: 'a', audience: 'b', clock: () => 0 }).jwks()
    strange = await makeCertificate({ commonName: 'Strange' })
    server = await startFarmServer({
      '/two/metadata/json/1': () => twoKeys(),
      '/.well-known/openid-configuration': () => ({ issuer: server.server.url, jwks_uri: `${server.server.url}/jwks` }),
      '/other/.well-known/openid-configuration': { issuer: 'https://login.example.com', jwks_uri: 'https://a.example' },
      '/jwks': { keys: keys.map((key) => ({ ...key, kid: 'clear\u001b[2J\u202e' })) },
      '/broken/metadata/json/1': '{',
    })
  })
  after(() => server.server.close())
  beforeEach(() => {
    folder = makeConfigFolder()
    server.writeAuthority(folder.path)
  })
  afterEach(() => {
    folder.remove()
  })

  function twoKeys(): object {
    const { keys, ...document } = server.farm.metadata('acs') as { keys: object[] }
    const value = { type: 'x509Certificate', value: strange.derBase64 }
    return { ...document, keys: [...keys, { usage: 'signing', keyValue: value }] }
  }
  const run = (line: string, answer?: string): Promise<CommandOutcome> =>
    runLine(`trust add ${line} --ca ca.pem`, { cwd: folder.path, ...(answer === undefined ? {} : { answer }) })
  const written = (): WrittenConfig => JSON.parse(readFileSync(folder.file, 'utf8')) as WrittenConfig
  const hexOf = (certificate: TestCertificate): string =>
    Buffer.from(certificate.x5t, 'base64url').toString('hex').toUpperCase()

  it('begins a file with an S2S server, after a yes', async () => {
    const outcome = await run(`farm ${server.endpoint} ${self}`, 'y')
    assert.equal(outcome.exitCode, 0, outcome.notes)
    assert.equal(outcome.questions.length, 1)
    assert.ok(outcome.notes.includes(hexOf(server.farm.certificate)), 'the thumbprint is shown before the question')
    const { self: ourselves, trustedIssuers } = written()
    assert.deepEqual(ourselves, {
      clientId: 'reporting',
      realm: '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011',
      hosts: ['reports.example.com'],
    })
    assert.deepEqual(trustedIssuers, [
      {
        type: 's2s-metadata',
        name: 'farm',
        metadataEndpoint: server.endpoint,
        registeredIssuerName: server.farm.issuerName,
        ca: { file: './ca.pem' },
      },
    ])
  })

  it('changes nothing after a no, and says so', async () => {
    const outcome = await run(`farm ${server.endpoint} ${self}`, 'n')
    assert.deepEqual([outcome.exitCode, existsSync(folder.file)], [1, false])
    assert.match(outcome.notes, /nothing was changed/)
  })

  it('asks nobody where nobody can answer', async () => {
    const outcome = await run(`farm ${server.endpoint} ${self}`)
    assert.deepEqual([outcome.exitCode, existsSync(folder.file)], [2, false])
    assert.match(outcome.notes, /add --yes/)
  })

  it('takes thumbprints in the place of a question, one for each key', async () => {
    const two = `farm ${server.server.url}/two/metadata/json/1 ${self} --thumbprint ${hexOf(server.farm.certificate)}`
    const refused = await run(two)
    assert.deepEqual([refused.exitCode, existsSync(folder.file)], [1, false])
    assert.match(refused.notes, /has a key that was not named/)
    const outcome = await run(`${two} --thumbprint ${strange.x5t} --pin`)
    assert.equal(outcome.exitCode, 0, outcome.notes)
    assert.equal((written().trustedIssuers[0]?.['thumbprints'] as string[]).length, 2)
  })

  it('shows no character that steers a terminal', async () => {
    const outcome = await run(`login ${server.server.url} --audience https://reports.example.com`, 'y')
    assert.equal(outcome.exitCode, 0, outcome.notes)
    const shown = [outcome.out, outcome.notes].map((text) => text.includes('clear\\u001b[2J\\u202e'))
    assert.deepEqual(shown, [true, true])
    assert.equal(/[\u001b\u202e]/.test(`${outcome.out}${outcome.notes}`), false)
  })

  it('adds an OpenID issuer, found from its address', async () => {
    const missing = await run(`login ${server.server.url} --yes`)
    assert.deepEqual([missing.exitCode, existsSync(folder.file)], [2, false])
    assert.match(missing.notes, /--audience/)
    const pinned = await run(`login ${server.server.url} --yes --audience https://reports.example.com --pin`)
    assert.deepEqual([pinned.exitCode, existsSync(folder.file)], [2, false])
    assert.match(pinned.notes, /--pin and --realms are for S2S servers/)
    const outcome = await run(`login ${server.server.url} --yes --audience https://reports.example.com --json`)
    assert.equal(outcome.exitCode, 0, outcome.notes)
    assert.equal((JSON.parse(outcome.out) as { type: string }).type, 'openid')
    assert.equal(written().audience, 'https://reports.example.com')
    assert.deepEqual(written().trustedIssuers[0]?.['issuer'], server.server.url)
  })

  it('keeps what stands in the file, its mode, and one entry for one name', async () => {
    folder.write('s2s.config.json', {
      self: { clientId: 'reporting', realm: 'r', hosts: ['reports.example.com'] },
      trustedIssuers: [],
      resources: { 'GET /b': 'public', 'GET /a': 'authenticated' },
    })
    chmodSync(folder.file, 0o640)
    assert.equal((await run(`farm ${server.endpoint} --yes`)).exitCode, 0)
    assert.deepEqual(Object.keys(written()), ['self', 'trustedIssuers', 'resources'])
    assert.deepEqual(written().resources, { 'GET /b': 'public', 'GET /a': 'authenticated' })
    assert.equal(statSync(folder.file).mode & 0o777, 0o640)
    const again = await run(`farm ${server.endpoint} --yes`)
    assert.deepEqual([again.exitCode, written().trustedIssuers.length], [2, 1])
    assert.match(again.notes, /farm is trusted already/)
    assert.deepEqual(readdirSync(folder.path).sort(), ['ca.pem', 's2s.config.json'])
  })

  it('says who we are only once', async () => {
    folder.write('s2s.config.json', { self: { clientId: 'a', realm: 'r', hosts: ['b.c'] }, trustedIssuers: [] })
    const outcome = await run(`farm ${server.endpoint} --yes --host other.example.com`)
    assert.deepEqual([outcome.exitCode, written().trustedIssuers.length], [2, 0])
    assert.match(outcome.notes, /already; leave out --host/)
    folder.write('s2s.config.json', { audience: 'a', trustedIssuers: [] })
    const login = await run(`login ${server.server.url} --yes --audience b`)
    assert.deepEqual([login.exitCode, written().trustedIssuers.length], [2, 0])
    assert.match(login.notes, /has an audience already/)
  })

  it('does not undo what another changed while it asked', async () => {
    folder.write('s2s.config.json', { self: { clientId: 'a', realm: 'r', hosts: ['b.c'] }, trustedIssuers: [] })
    const changed = { self: { clientId: 'b', realm: 'r', hosts: ['b.c'] }, trustedIssuers: [] }
    const outcome = await runLine(`trust add farm ${server.endpoint} --ca ca.pem`, {
      cwd: folder.path,
      answer: () => {
        folder.write('s2s.config.json', changed)
        return 'y'
      },
    })
    assert.deepEqual([outcome.exitCode, written()], [2, changed])
    assert.match(outcome.notes, /was changed meanwhile/)
  })

  it('writes nothing that a server would refuse', async () => {
    const text = JSON.stringify({
      self: { clientId: 'a', realm: 'r', hosts: ['b.c'] },
      trustedIssuers: [],
      resources: { 'GET /a/:id': 'public', 'GET /a/:other': 'public' },
    })
    folder.write('s2s.config.json', text)
    const outcome = await run(`farm ${server.endpoint} --yes`)
    assert.deepEqual([outcome.exitCode, readFileSync(folder.file, 'utf8')], [2, text])
    assert.match(outcome.notes, /ERR_S2S_OPTION_INVALID/)
  })

  it('needs no secret of the server, and says what it could not check', async () => {
    const key = { privateKey: { env: 'S2S_KEY' }, certificate: { env: 'S2S_CERTIFICATE' } }
    folder.write('s2s.config.json', {
      self: { clientId: 'a', realm: 'r', hosts: ['b.c'], signingKeys: { current: key } },
      trustedIssuers: [],
    })
    const outcome = await run(`farm ${server.endpoint} --yes`)
    assert.equal(outcome.exitCode, 0, outcome.notes)
    assert.match(outcome.notes, /was checked without S2S_KEY, S2S_CERTIFICATE/)
    assert.equal(written().trustedIssuers.length, 1)
  })

  const refusals: Readonly<Record<string, readonly [place: () => string, exitCode: number, note: RegExp]>> = {
    'plain http': [() => 'http://farm.example/metadata/json/1', 2, /must be https/],
    'a document of another issuer': [
      () => `${server.server.url}/other/.well-known/openid-configuration`,
      1,
      /names another issuer, https:\/\/login\.example\.com/,
    ],
    'a broken document': [() => `${server.server.url}/broken/metadata/json/1`, 3, /ERR_S2S_METADATA_INVALID/],
    'no document': [() => `${server.server.url}/nothing`, 3, /neither a metadata nor a discovery document/],
  }
  for (const [name, [place, exitCode, note]] of Object.entries(refusals)) {
    it(`refuses ${name} and changes nothing`, async () => {
      const outcome = await run(`farm ${place()} ${self} --yes`)
      assert.deepEqual([outcome.exitCode, existsSync(folder.file)], [exitCode, false])
      assert.match(outcome.notes, note)
    })
  }

  it('refuses a server whose certificate it does not know', async () => {
    const line = `trust add farm ${server.endpoint} ${self} --yes`
    const outcome = await runLine(line, { cwd: folder.path })
    assert.deepEqual([outcome.exitCode, existsSync(folder.file)], [3, false])
    assert.match(outcome.notes, /ERR_S2S_KEYS_UNREACHABLE/)
  })

  it('refuses certificates that are all expired', async () => {
    const later = (): number => Date.UTC(2100, 0) / 1000
    const line = `trust add farm ${server.endpoint} ${self} --yes --ca ca.pem`
    const outcome = await runLine(line, { cwd: folder.path, clock: later })
    assert.deepEqual([outcome.exitCode, existsSync(folder.file)], [1, false])
    assert.match(outcome.notes, /expired/)
  })

  it('refuses a --ca that is missing or holds a private key', async () => {
    const missing = await runLine(`trust add farm ${server.endpoint} ${self} --ca no.pem`, { cwd: folder.path })
    assert.match(missing.notes, /--ca: .*cannot be read/)
    folder.write('key.pem', '-----BEGIN PRIVATE KEY-----')
    const secret = await runLine(`trust add farm ${server.endpoint} ${self} --ca key.pem`, { cwd: folder.path })
    assert.match(secret.notes, /holds a private key/)
    assert.deepEqual([missing.exitCode, secret.exitCode], [2, 2])
  })

  it('names the folder that it cannot write to', async () => {
    const line = `trust add farm ${server.endpoint} ${self} --yes --ca ca.pem --config ${join('no', 'folder.json')}`
    const outcome = await runLine(line, { cwd: folder.path })
    assert.equal(outcome.exitCode, 2)
    assert.match(outcome.notes, /cannot be written \(ENOENT\)/)
  })
})
