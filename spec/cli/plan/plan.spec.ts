import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Relationship } from '../../../lib/cli/plan/relationship.ts'
import { runLine } from '../../support/command-line.ts'
import { makeConfigFolder, type ConfigFolder } from '../../support/config-folder.ts'

const endpoint = 'https://farm.example/_layouts/15/metadata/json/1'
const self = { clientId: 'reporting', realm: 'r', hosts: ['reports.example.com'] }
const oauth = { issuer: 'https://login.example', clientId: 'a', authentication: { type: 'private_key_jwt' } }

describe('plan', () => {
  let folder: ConfigFolder

  before(() => {
    folder = makeConfigFolder()
  })
  after(() => {
    folder.remove()
  })

  async function plan(config: object): Promise<{ exitCode: number; sheet: readonly Relationship[]; text: string }> {
    folder.write('s2s.config.json', config)
    const { exitCode, out } = await runLine('plan --json', { cwd: folder.path })
    const { out: text } = await runLine('plan', { cwd: folder.path })
    return { exitCode, sheet: JSON.parse(out) as Relationship[], text }
  }

  it('says how to begin', async () => {
    const { exitCode, sheet, text } = await plan({ trustedIssuers: [] })
    assert.deepEqual([exitCode, sheet], [0, []])
    assert.match(text, /trust add NAME URL/)
  })

  it('has a line for every issuer: its case, its users, and what is missing here', async () => {
    const { exitCode, sheet, text } = await plan({
      self,
      audience: 'a',
      trustedIssuers: [
        { type: 's2s-metadata', name: 'farm', metadataEndpoint: endpoint },
        {
          type: 's2s-certificate',
          name: 'file',
          registeredIssuerName: 'b@r',
          certificates: 'MII',
          acceptSecurityIdentifiers: true,
          allowDelegation: { applications: ['b'] },
        },
        { type: 'openid', name: 'login', issuer: 'https://login.example' },
        { type: 'static', name: 'fixed', issuer: 'https://fixed.example', pem: { file: 'a.pem' } },
        {
          ...{ type: 'introspection', name: 'asked', issuer: 'https://opaque.example', clientId: 'us' },
          authentication: { type: 'client_secret_basic', secret: { file: 'a.pem' } },
        },
        { type: 'microsoft365', name: 'cloud', tenantId: '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011' },
      ],
      grants: [{ issuer: 'b@r', application: 'b', permissions: ['reports.read', 'a'] }],
    })
    assert.equal(exitCode, 1)
    assert.deepEqual(
      sheet.map(({ name, missing }) => [name, missing.map(({ run }) => run)]),
      [
        ['farm', ['npx passport-s2s grant add farm reports.read --app-only']],
        ['file', []],
        ['login', []],
        ['fixed', []],
        ['asked', []],
        ['cloud', []],
      ],
    )
    const [farm, file, , , asked, cloud] = sheet
    assert.equal(asked?.situation, 'OAuth: https://opaque.example is asked about its tokens')
    assert.match(`${asked.ssl} ${asked.users}`, /it is asked over https users are named by the issuer: sub/)
    assert.equal(farm?.situation.includes(endpoint), true)
    assert.match(farm.users, /acts for no user/)
    assert.match(file?.users ?? '', /^one of Windows SID, UPN, SMTP address, SIP address, current, in exactly one/)
    assert.match(cloud?.situation ?? '', /nothing is to be exchanged/)
    assert.match(text, /^farm\n  direction .*incoming[^]*missing, ours/)
  })

  it('has a line for every client: what is missing here and there, with the command to run', async () => {
    const products = ['00000003', '00000004', '00000002'].map((id) => `${id}-0000-0ff1-ce00-000000000000`)
    const target = 'https://farm.example'
    const clients = Object.fromEntries(products.map((id, index) => [`c${index}`, { target, targetClientId: id }]))
    const { exitCode, sheet } = await plan({
      self,
      dangerouslyAllowPlainHttp: true,
      trustedIssuers: [{ type: 'openid', name: 'login', issuer: 'https://login.example' }],
      clients: {
        ...clients,
        other: { target, userAttributes: ['upn'] },
        proving: { target, oauth: { ...oauth, dpop: true } },
        certified: { target, oauth: { ...oauth, mtls: { certificate: 'MII', privateKey: { file: 'tls.key' } } } },
        cloud: { target, oauth },
      },
    })
    assert.equal(exitCode, 1)
    assert.match(sheet[0]?.ssl ?? '', /ours: NO, take out dangerouslyAllowPlainHttp/)
    const commands = sheet.slice(1).map(({ missing }) => missing.map(({ run }) => run.split(' ')[0]))
    const ours = 'npx'
    assert.deepEqual(commands, [
      [ours, 'New-SPTrustedSecurityTokenIssuer'],
      [ours, 'New-CsPartnerApplication'],
      [ours, 'Configure-EnterprisePartnerApplication.ps1'],
      [ours, 'npx'],
      [],
      [],
      [],
    ])
    const called = `calls ${target}`
    assert.deepEqual(
      sheet.slice(-3).map(({ configured }) => configured),
      [
        [called, 'tokens are bound to a key (DPoP)'],
        [called, 'tokens are bound to a TLS client certificate'],
        [called],
      ],
    )
    assert.match(sheet.at(-4)?.users ?? '', /: upn$/)
    assert.match(sheet.at(-1)?.users ?? '', /the user of the incoming token/)
  })

  it('knows when only the other side has something to do, and when https is missing', async () => {
    const signingKeys = { current: { privateKey: { file: 'a' }, certificate: { file: 'b' } } }
    const clients = { other: { target: 'http://other.example' } }
    const done = await plan({ self: { ...self, signingKeys }, trustedIssuers: [], clients })
    assert.equal(done.exitCode, 0)
    assert.deepEqual(done.sheet[0]?.missing.map(({ side }) => side), ['theirs']) // prettier-ignore
    assert.match(done.sheet[0].ssl, /NO, target must be https/)
    const nobody = await plan({ trustedIssuers: [], clients })
    assert.deepEqual(nobody.sheet[0]?.missing[0]?.run, 'npx passport-s2s keys generate --host HOST')
  })
})
