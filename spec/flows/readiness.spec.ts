import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, describe, it, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import express from 'express'
import { createS2S, type S2S } from 'passport-s2s'
import { createVerifier } from 'passport-s2s/verifier'
import { makeMovableClock, NOW } from '../support/clock.ts'
import { startHttpServer, startHttpsServer, type LocalServer } from '../support/https-server.ts'
import { bearer } from '../support/one-request.ts'
import { root } from '../support/readme.ts'
import { startRemoteIssuer, type RemoteIssuer } from '../support/remote-issuer.ts'
import { sendRaw } from '../support/send-raw.ts'
import { makeWorld } from '../support/world.ts'

const { farm, otherFarm, options } = await makeWorld()
const day = 86_400

describe('health() of a server whose keys are fetched', () => {
  let remote: RemoteIssuer
  before(async () => {
    remote = await startRemoteIssuer('protect')
  })
  after(() => remote.close())

  const startProbes = async (test: TestContext): Promise<LocalServer> => {
    const probes = await startHttpServer(readinessApp(remote.app.s2s))
    test.after(() => probes.close())
    return probes
  }
  const login = (): object => remote.app.s2s.health().issuers[0] ?? {}
  const send = async (): Promise<number> => {
    const token = await remote.issuer.token({ claims: { scope: 'reports.read' } })
    return (await sendRaw(remote.app, { headers: bearer(token) })).status
  }

  it('is not ready before keys were fetched, and fetches none itself', () => {
    const { ready } = remote.app.s2s.health()
    assert.equal(ready, false)
    assert.deepEqual(login(), { name: 'login', keys: 'missing', keyCount: 0, failing: false })
    assert.deepEqual(remote.server.requests, [])
  })

  it('is ready once they were', async () => {
    await remote.app.s2s.ready()
    assert.equal(remote.app.s2s.health().ready, true)
    assert.deepEqual(login(), { name: 'login', keys: 'loaded', keyCount: 1, lastRefreshed: NOW, failing: false })
  })

  it('stays ready while the last known good keys serve through an outage, and says so', async () => {
    remote.breakDown(true)
    remote.time.advance(150)
    assert.equal(await send(), 200)
    assert.equal(remote.app.s2s.health().ready, true)
    assert.deepEqual(login(), {
      name: 'login',
      keys: 'stale',
      keyCount: 1,
      lastRefreshed: NOW,
      failing: true,
      lastFailureCode: 'ERR_S2S_KEYS_UNREACHABLE',
    })
  })

  it('is not ready when they are too old, as requests are answered with 503 then', async () => {
    remote.time.advance(14_400)
    const { ready, issuers } = remote.app.s2s.health()
    assert.equal(ready, false)
    assert.equal(issuers[0]?.keys, 'missing')
    assert.equal(await send(), 503)
    assert.equal(remote.app.s2s.health().issuers[0]?.failing, true)
  })

  it('recovers by the readiness route alone: no request comes to a server that is not ready', async (test) => {
    const probes = await startProbes(test)
    const probe = async (): Promise<number> => (await sendRaw(probes, { path: '/ready' })).status
    assert.equal(await probe(), 503)
    remote.breakDown(false)
    remote.time.advance(10)
    await until(async () => (await probe()) === 200)
    assert.equal(await send(), 200)
    assert.equal(remote.app.s2s.health().issuers[0]?.failing, false)
  })

  it('lets a flood of probes look no oftener than the token bucket allows', async (test) => {
    remote.breakDown(true)
    remote.time.advance(20_000)
    const probes = await startProbes(test)
    const before = remote.server.requests.length
    for (let times = 0; times < 30; times += 1) await sendRaw(probes, { path: '/ready' })
    const looks = remote.server.requests.slice(before).filter((asked) => asked.endsWith('/openid-configuration'))
    assert.ok(looks.length >= 1 && looks.length <= 4, `${looks.length} looks`)
  })
})

/** The recipe of README. */
function readinessApp(s2s: S2S): express.Express {
  const app = express()
  app.get('/ready', (_request, response) => {
    const { ready } = s2s.health()
    if (!ready) s2s.ready().catch(() => undefined)
    response.status(ready ? 200 : 503).json({ ready })
  })
  return app
}

describe('health() of a server whose keys are configured', () => {
  const { clock, advance } = makeMovableClock()
  const { certificatePem, privateKeyPem, x5t } = otherFarm.certificate
  const signingKeys = { current: { certificate: certificatePem, privateKey: privateKeyPem } }
  assert.ok(options.self !== undefined)
  const s2s = createS2S({
    ...options,
    clock,
    self: { ...options.self, signingKeys },
    trustedIssuers: options.trustedIssuers.filter(({ name }) => name !== 'other farm'),
  })
  const notAfter = s2s.signingKeys().current().certificate.notAfter
  after(() => {
    s2s.close()
  })

  it('says how long certificates are good for, of the others and our own', () => {
    const { ready, issuers, certificates, ownKeys, tokenCache } = s2s.health()
    assert.equal(ready, true)
    assert.deepEqual(issuers[0], { name: 'farm', keys: 'loaded', keyCount: 1, failing: false })
    assert.deepEqual(
      issuers.map(({ keyCount }) => keyCount),
      [1, 2, 2],
    )
    assert.deepEqual(
      certificates.map(({ name, thumbprint }) => [name, thumbprint]),
      [['farm', farm.certificate.x5t]],
    )
    assert.deepEqual(ownKeys, [{ role: 'current', thumbprint: x5t, daysLeft: Math.floor((notAfter - NOW) / day) }])
    assert.deepEqual(tokenCache, { entries: 0, hits: 0, misses: 0 })
  })

  it('is plain frozen data without a key', () => {
    const health = s2s.health()
    assert.deepEqual(JSON.parse(JSON.stringify(health)), health)
    for (const part of [
      health,
      health.issuers,
      health.certificates,
      health.ownKeys,
      health.tokenCache,
      ...health.issuers,
      ...health.certificates,
      ...health.ownKeys,
    ]) {
      assert.ok(Object.isFrozen(part))
    }
    assert.ok(JSON.stringify(health).length < 1000)
  })

  it('names the next key beside the one that signs, and forgets an issuer that is not trusted any more', () => {
    const { certificatePem: certificate, privateKeyPem: privateKey } = farm.certificate
    s2s.trustedIssuers.remove('farm')
    s2s.signingKeys().publishNext({ certificate, privateKey })
    const { ownKeys, certificates, issuers } = s2s.health()
    assert.deepEqual(ownKeys.map(({ role, thumbprint }) => [role, thumbprint]), [['current', x5t], ['published', farm.certificate.x5t]]) // prettier-ignore
    assert.deepEqual([certificates, issuers.length], [[], 2])
  })

  it('counts days below zero, and is not ready, when a certificate has expired', () => {
    const other = createS2S({ ...options, clock, trustedIssuers: options.trustedIssuers.slice(0, 1) })
    const left = other.health().certificates[0]?.daysLeft ?? 0
    advance((left + 2) * day)
    const { ready, issuers, certificates } = other.health()
    assert.equal(certificates[0]?.daysLeft, -2)
    assert.equal(issuers[0]?.keys, 'expired')
    assert.equal(ready, false)
    other.close()
  })

  it('counts what is remembered', async () => {
    const { oauth, options: others } = await makeWorld()
    const { clock: time, audience, trustedIssuers } = others
    assert.ok(time !== undefined && audience !== undefined)
    const verifier = createVerifier({ clock: time, audience, trustedIssuers: trustedIssuers.slice(2) })
    const token = await oauth.token()
    await verifier.verify(token)
    await verifier.verify(token)
    await assert.rejects(verifier.verify('garbage'))
    assert.deepEqual(verifier.health().tokenCache, { entries: 1, hits: 1, misses: 2 })
    verifier.close()
  })
})

describe('close()', () => {
  let target: LocalServer
  before(async () => {
    target = await startHttpsServer((request, response) => {
      if (request.url === '/jwks') response.setHeader('content-type', 'application/json').end(JSON.stringify(jwks))
      // Anything else is never answered.
    })
  })
  after(() => target.close())
  const jwks = { keys: [farm.certificate.publicKey.export({ format: 'jwk' })] }

  it('lets the process exit, whatever is under way and whoever watches', async () => {
    const { certificatePem, privateKeyPem } = otherFarm.certificate
    const given = JSON.stringify({ url: target.url, ca: target.ca, certificatePem, privateKeyPem })
    const ended = promisify(execFile)(process.execPath, ['--input-type=module', '-e', program, given], {
      cwd: root,
      timeout: 20_000,
    })
    const { stdout } = await ended
    assert.deepEqual(JSON.parse(stdout), { ready: true, call: 'ERR_S2S_OUTGOING_REQUEST_INVALID', listening: false })
  })
})

const program = `
import { hasSubscribers } from 'node:diagnostics_channel'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { createS2S } from 'passport-s2s'
import { instrument } from 'passport-s2s/opentelemetry'
const { url, ca, certificatePem, privateKeyPem } = JSON.parse(process.argv[1])
const s2s = createS2S({
  ca,
  audience: 'https://reports.example.com',
  self: {
    clientId: 'a',
    realm: 'b',
    hosts: ['localhost'],
    signingKeys: { current: { certificate: certificatePem, privateKey: privateKeyPem } },
  },
  clock: () => ${NOW},
  trustedIssuers: [{ type: 'openid', issuer: url, jwksUri: url + '/jwks', keysRefreshSeconds: 100 }],
})
instrument(s2s, { meter: new MeterProvider().getMeter('spec') })
await s2s.ready()
const { ready } = s2s.health()
const client = s2s.client({ target: url, targetClientId: 'a', targetRealm: 'b', timeoutMilliseconds: 600_000 })
const call = client.fetch('/never').catch((error) => error.code)
setTimeout(async () => {
  s2s.close()
  const listening = hasSubscribers('passport-s2s:decision')
  console.log(JSON.stringify({ ready, call: await call, listening }))
}, 50)
`

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5000
  while (!(await condition())) assert.ok(performance.now() < deadline, 'it never became so')
}
