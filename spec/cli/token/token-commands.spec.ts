import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { parseUnverifiedToken } from '../../../lib/tokens/unverified-token.ts'
import { makeCertificate } from '../../support/certificates.ts'
import { runLine, runWords, type CommandOutcome } from '../../support/command-line.ts'
import { makeConfigFolder, type ConfigFolder } from '../../support/config-folder.ts'
import { startFarmServer, type FarmServer } from '../../support/farm-server.ts'
import { compact } from '../../support/tokens.ts'

describe('token mint and decode', () => {
  let server: FarmServer
  let folder: ConfigFolder

  before(async () => {
    server = await startFarmServer()
    folder = makeConfigFolder()
    server.writeAuthority(folder.path)
    const own = await makeCertificate({ commonName: 'Reports' })
    folder.write('key.pem', own.privateKeyPem)
    folder.write('cert.pem', own.certificatePem)
    const current = { privateKey: { file: 'key.pem' }, certificate: { file: 'cert.pem' } }
    folder.write('s2s.config.json', {
      self: { clientId: 'reporting', realm: 'r', hosts: ['reports.example.com'], signingKeys: { current } },
      ca: { file: 'ca.pem' },
      trustedIssuers: [],
      clients: {
        farm: { target: server.server.url, targetClientId: 'sharepoint', targetRealm: 'realm' },
        silent: { target: server.server.url },
        cloud: {
          target: 'https://cloud.example',
          oauth: {
            issuer: 'https://login.example',
            clientId: 'a',
            authentication: { type: 'client_secret_basic', secret: { env: 'SECRET' } },
          },
        },
      },
    })
  })
  after(async () => {
    folder.remove()
    await server.server.close()
  })

  const run = (line: string, input = ''): Promise<CommandOutcome> =>
    runLine(`token ${line}`, { cwd: folder.path, input })

  it('mints a token for a client with our own key, and writes nothing else to the output', async () => {
    const { exitCode, out, notes } = await run('mint farm')
    assert.equal(exitCode, 0, notes)
    const { claims } = parseUnverifiedToken(out.trim())
    assert.deepEqual([claims['iss'], claims['nameid']], ['reporting@r', 'reporting@r'])
    assert.equal(Number(claims['exp']) - Number(claims['nbf']), 300)
    assert.equal(notes.includes(out.trim()), false)
    assert.equal(server.server.requests.length, 0)
  })

  it('mints a token for a user', async () => {
    const { out } = await run('mint farm --upn dana@example.com --lifetime 60')
    assert.equal(parseUnverifiedToken(out.trim()).claims['upn'], 'dana@example.com')
  })

  it('says that the target does not tell who it is', async () => {
    const { exitCode, out, notes } = await run('mint silent')
    assert.deepEqual([exitCode, out], [3, ''])
    assert.match(notes, /ERR_S2S_TARGET_CHALLENGE/)
  })

  for (const [name, line, note] of [
    ['a client that is not there', 'mint fram', /did you mean farm\?/],
    ['a client without a near name', 'mint nobody', /see npx passport-s2s plan/],
    ['a client of an OAuth issuer', 'mint cloud', /come from an OAuth issuer/],
  ] as const) {
    it(`refuses to mint for ${name}`, async () => {
      const outcome = await run(line)
      assert.deepEqual([outcome.exitCode, outcome.out], [2, ''])
      assert.match(outcome.notes, note)
    })
  }

  it('decodes a token and the one inside, marks it unverified, and never shows it or a signature', async () => {
    const token = await server.farm.userToken({ upn: 'dana@example.com' })
    const { exitCode, out, notes } = await run('decode -', `  Bearer ${token}\n`)
    assert.equal(exitCode, 0, notes)
    assert.match(out, /^UNVERIFIED/)
    assert.match(out, /"upn": "dana@example\.com"/)
    assert.match(out, /"trustedfordelegation": "true"/)
    const actor = String(parseUnverifiedToken(token).claims['actortoken'])
    for (const part of [...actor.split('.'), ...token.split('.').filter((piece) => piece !== '')]) {
      assert.equal(out.includes(part), false)
    }
  })

  it('hides what looks like a token, wherever it stands', async () => {
    const inner = 'eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2lnbmF0dXJl'
    const claims = { a: ['x', `Bearer ${inner}`], b: { c: 'eyJicm9rZW4.broken.broken' }, d: 1, e: null }
    const outcome = await run('decode - --json', compact({ alg: 'none' }, claims))
    const shown = JSON.parse(outcome.out) as { verified: boolean; claims: unknown }
    assert.equal(shown.verified, false)
    assert.deepEqual(shown.claims, {
      a: ['x', 'Bearer (a token, not shown)'],
      b: { c: '(a token, not shown)' },
      d: 1,
      e: null,
    })
  })

  it('reads a token from a file', async () => {
    folder.write('token.txt', await server.farm.appOnlyToken())
    const { out } = await run('decode token.txt')
    assert.match(out, /"signed": true/)
    const missing = await run('decode no.txt')
    assert.deepEqual([missing.exitCode, /cannot be read/.test(missing.notes)], [2, true])
  })

  it('refuses what is no token, and a token on the command line, without showing either', async () => {
    const none = await run('decode -', 'hello')
    assert.deepEqual([none.exitCode, none.out], [1, ''])
    assert.match(none.notes, /ERR_S2S_TOKEN_MALFORMED/)
    const token = await server.farm.appOnlyToken()
    const typed = await runWords(['token', 'decode', token], { cwd: folder.path })
    assert.deepEqual([typed.exitCode, typed.out, typed.notes.includes(token)], [2, '', false])
    assert.match(typed.notes, /shells keep what is typed/)
  })
})
