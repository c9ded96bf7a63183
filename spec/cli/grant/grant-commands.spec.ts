import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { runLine, type CommandOutcome } from '../../support/command-line.ts'
import { makeConfigFolder, type ConfigFolder } from '../../support/config-folder.ts'

describe('grant add, remove and list', () => {
  let folder: ConfigFolder

  beforeEach(() => {
    folder = makeConfigFolder()
    const farm = { type: 's2s-metadata', metadataEndpoint: 'https://farm.example/metadata/json/1' }
    folder.write('s2s.config.json', {
      self: { clientId: 'reporting', realm: 'r', hosts: ['reports.example.com'] },
      audience: 'https://reports.example.com',
      trustedIssuers: [
        { ...farm, name: 'farm', registeredIssuerName: 'sharepoint@realm' },
        { ...farm, name: 'broker', registeredIssuerName: 'acs@realm', isTrustBroker: true },
        { type: 'openid', name: 'login', issuer: 'https://login.example.com' },
      ],
    })
  })
  afterEach(() => {
    folder.remove()
  })

  const run = (line: string): Promise<CommandOutcome> => runLine(`grant ${line}`, { cwd: folder.path })
  const grants = (): unknown => (JSON.parse(readFileSync(folder.file, 'utf8')) as { grants?: unknown }).grants

  it('grants to the issuer itself, for users only unless it is said', async () => {
    const outcome = await run('add farm reports.read lists:Write')
    assert.equal(outcome.exitCode, 0, outcome.notes)
    assert.match(outcome.out, /sharepoint of farm may reports\.read, lists:Write, for users only/)
    assert.equal((await run('add farm reports.write --app-only')).exitCode, 0)
    assert.deepEqual(grants(), [
      { issuer: 'farm', application: 'sharepoint', permissions: ['reports.read', 'lists:Write'] },
      { issuer: 'farm', application: 'sharepoint', permissions: ['reports.write'], appOnly: true },
    ])
  })

  it('grants within a container', async () => {
    assert.equal((await run('add broker lists:Read --application app@realm --container /sites/a')).exitCode, 0)
    assert.deepEqual(grants(), [
      {
        issuer: 'broker',
        application: 'app@realm',
        permissions: [{ scope: 'lists', right: 'Read', container: '/sites/a' }],
      },
    ])
    assert.match((await run('list')).out, /broker +app@realm +for users only +lists:Read in \/sites\/a/)
  })

  it('takes back some permissions, and then all', async () => {
    await run('add farm a b --app-only')
    assert.equal((await run('remove farm a')).exitCode, 0)
    assert.match((await run('list')).out, /with and without a user +b\n/)
    assert.equal((await run('remove farm')).exitCode, 0)
    assert.equal(grants(), undefined)
    assert.equal((await run('list')).out, 'Nothing is granted.\n')
  })

  const refusals: Readonly<Record<string, readonly [line: string, note: RegExp]>> = {
    'an issuer nobody trusts': ['add fram a', /did you mean farm\?/],
    'an OAuth issuer': ['add login a', /is an OAuth issuer/],
    'an application that cannot be guessed': ['add broker a', /--application ID/],
    'a container without a right': ['add farm lists --container /a', /write a right, such as lists:Read/],
    'no scope name': ['add farm a"b', /ERR_S2S_OPTION_INVALID/],
    'no permission': ['add farm', /missing required argument/],
    'to take back what nobody has': ['remove farm a', /has no such grant/],
  }
  for (const [name, [line, note]] of Object.entries(refusals)) {
    it(`refuses ${name} and changes nothing`, async () => {
      const outcome = await run(line)
      assert.deepEqual([outcome.exitCode, grants()], [2, undefined])
      assert.match(outcome.notes, note)
    })
  }
})
