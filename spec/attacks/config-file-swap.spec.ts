import assert from 'node:assert/strict'
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { createS2SFromFile, loadConfig } from 'passport-s2s'
import { fixedClock } from '../support/clock.ts'
import { makeConfigFolder, until } from '../support/config-folder.ts'
import { forms, startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { makeOAuthIssuer } from '../support/oauth-issuer.ts'
import { sendRaw } from '../support/send-raw.ts'
import { oauthAudience } from '../support/world.ts'

const algorithms = ['ES256'] as const
const issuerOptions = { issuer: 'https://login.example', audience: oauthAudience, clock: fixedClock, algorithms }
const genuine = makeOAuthIssuer(issuerOptions)
const attacker = makeOAuthIssuer(issuerOptions)
const document = {
  audience: oauthAudience,
  trustedIssuers: [{ type: 'static', issuer: issuerOptions.issuer, jwks: { file: 'keys.json' } }],
  resources: { 'GET /reports/:id': 'reports.read' },
} as const
const folder = makeConfigFolder()

after(() => {
  folder.remove()
})

for (const form of forms) {
  describe(`files that are swapped under the server (${form})`, () => {
    const map = join(folder.path, `map-${form}`)
    let app: GuardedApp
    before(async () => {
      writeVersion('..1', document, genuine.jwks())
      symlinkSync('..1', join(map, '..data'))
      for (const name of ['a.json', 'keys.json']) symlinkSync(`..data/${name}`, join(map, name))
      app = await startGuardedApp({
        form,
        s2s: (onAuditEvent) =>
          createS2SFromFile(join(map, 'a.json'), { functions: { clock: fixedClock, onAuditEvent } }),
      })
    })
    after(() => app.close())

    it('keys that are written in place of what was checked are not believed before they are checked themselves', async () => {
      assert.equal(await statusOf(app, await tokenOf(genuine)), 200)
      writeFileSync(join(map, '..1', 'keys.json'), '{ "keys": [] }')
      await until(() => app.events.some(({ name }) => name === 'config.rejected'), 'an empty key set is refused')
      assert.equal(await statusOf(app, await tokenOf(genuine)), 200)
      assert.equal(await statusOf(app, await tokenOf(attacker)), 401)
      assert.equal(app.handlerCalls(), 2)
    })

    it('a swapped link brings the whole new version or nothing of it', async () => {
      swapTo('..2', { ...document, resorces: {} }, attacker.jwks())
      await until(() => app.events.some(({ code }) => code === 'ERR_S2S_OPTION_UNKNOWN'), 'the version is refused')
      assert.equal(await statusOf(app, await tokenOf(attacker)), 401)
      assert.equal(await statusOf(app, await tokenOf(genuine)), 200)
      const reloads = (): number => app.events.filter(({ name }) => name === 'config.reloaded').length
      const before = reloads()
      swapTo('..3', document, attacker.jwks())
      await until(() => reloads() > before, 'the version is taken')
      assert.equal(await statusOf(app, await tokenOf(genuine)), 401)
      assert.equal(app.handlerCalls(), 3)
    })

    function writeVersion(version: string, config: object, keys: object): void {
      mkdirSync(join(map, version), { recursive: true })
      writeFileSync(join(map, version, 'a.json'), JSON.stringify(config))
      writeFileSync(join(map, version, 'keys.json'), JSON.stringify(keys))
    }

    function swapTo(version: string, config: object, keys: object): void {
      writeVersion(version, config, keys)
      symlinkSync(version, join(map, '..data_tmp'))
      renameSync(join(map, '..data_tmp'), join(map, '..data'))
    }
  })
}

describe('a file that is another one each time it is read', () => {
  it('is read once: all places that name it hold the same content', async () => {
    const keys = folder.write('keys.json', genuine.jwks())
    const place = { type: 'static', jwks: { file: keys } } as const
    const loading = loadConfig({
      audience: oauthAudience,
      trustedIssuers: ['a', 'b', 'c', 'd'].map((issuer) => ({ ...place, issuer })),
    })
    for (let turn = 0; turn < 20; turn++) {
      folder.replace('keys.json', turn % 2 === 0 ? attacker.jwks() : genuine.jwks())
      await Promise.resolve()
    }
    const { trustedIssuers } = await loading
    const contents = new Set(trustedIssuers.map((issuer) => JSON.stringify('jwks' in issuer ? issuer.jwks : undefined)))
    assert.equal(contents.size, 1)
  })
})

function tokenOf(issuer: typeof genuine): Promise<string> {
  return issuer.token({ claims: { scope: 'reports.read' } })
}

async function statusOf(app: GuardedApp, token: string): Promise<number> {
  return (await sendRaw(app, { headers: [['Authorization', `Bearer ${token}`]] })).status
}
