import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { S2SOptions } from 'passport-s2s'
import { createRedisState } from 'passport-s2s/redis'
import { eventually } from '../support/eventually.ts'
import { NOW } from '../support/clock.ts'
import { startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { readmeGuide } from '../support/readme.ts'
import { createRedisClient, findRedis, startRedis, type RedisServer } from '../support/redis-server.ts'
import { sendRaw } from '../support/send-raw.ts'
import { dana, makeWorld } from '../support/world.ts'

const { farm, oauth, otherOAuth, options } = await makeWorld()
const found = findRedis()
const scope = 'reports.read'
const jti = 'an-id-that-is-found-nowhere'

/** The rule of the guide for Redis, with a password of this run. */
const rule = (/^user s2s on >\S+ (.*)$/m.exec(readmeGuide('fleet'))?.[1] ?? '').split(' ')

describe('what Redis gets to see', { skip: 'missing' in found ? found.missing : false }, () => {
  let redis: RedisServer
  let app: GuardedApp
  const clients: ReturnType<typeof createRedisClient>[] = []
  const seen: string[] = []
  const open = async (url: string): Promise<ReturnType<typeof createRedisClient>> => {
    const client = createRedisClient(url)
    clients.push(client)
    await client.connect()
    return client
  }
  const ask = async (token: string, headers: [string, string][] = []): Promise<number> =>
    (await sendRaw(app, { headers: [['Authorization', `Bearer ${token}`], ...headers] })).status

  before(async () => {
    redis = await startRedis('path' in found ? found.path : '')
    const admin = await open(redis.url)
    await admin.sendCommand(['ACL', 'SETUSER', 's2s', 'on', '>secret', ...rule])
    const monitor = await open(redis.url)
    await monitor.monitor((line) => seen.push(line))
    const state = createRedisState(await open(redis.url.replace('//', '//s2s:secret@')), { clock: () => NOW })
    const s2s: S2SOptions = {
      ...options,
      state,
      refuseExposedTokens: true,
      trustedIssuers: options.trustedIssuers.map((issuer) =>
        issuer.name === 'id' || issuer.name === 'farm' ? { ...issuer, singleUseTokens: true } : issuer,
      ),
    }
    app = await startGuardedApp({
      form: 'protect',
      s2s,
      resources: { 'GET /reports/:id': scope },
      trustProxy: 'loopback',
    })
  })
  after(async () => {
    await app.close()
    for (const client of clients) client.destroy()
    await redis.close()
  })

  it('are hashes, dates and whom an operator named: no token, key or principal, over a whole story', async () => {
    assert.ok(rule.length > 5, 'the guide has a rule')
    const many = await oauth.token({ claims: { scope, jti: `${jti}-1`, sub: 'somebody-in-particular' } })
    const once = await otherOAuth.token({ claims: { scope, jti: `${jti}-2`, iat: NOW } })
    const nested = await farm.userToken(dana, await farm.actorToken({ jti: `${jti}-3`, iat: String(NOW) }))
    const burnt = await oauth.token({ claims: { scope, jti: `${jti}-4` } })
    const tokens = [many, once, nested, burnt]
    for (const token of tokens) assert.equal(await ask(token), 200)
    for (const token of [once, nested]) assert.equal(await ask(token), 401, 'used up')
    assert.equal(await ask(burnt, [['X-Forwarded-Proto', 'http']]), 403)
    await eventually(async () => (await ask(burnt)) === 401, 'burnt')
    const { id } = await app.s2s.suspend({
      issuer: 'login',
      application: 'named-by-an-operator',
      reason: 'not for Redis',
    })
    assert.equal(await app.s2s.resume(id), true)
    await eventually(() => seen.some((line) => line.includes('named-by-an-operator')), 'told')
    const [reader] = clients
    const stored = await Promise.all((await reader?.keys('*'))?.map(async (key) => [key, await reader?.type(key) === 'hash' ? await reader?.hGetAll(key) : await reader?.get(key)]) ?? []) // prettier-ignore
    const everything = `${seen.join('\n')}\n${JSON.stringify(stored)}`
    const secrets = [
      ...tokens.flatMap((token) => token.split('.').filter((part) => part.length > 12)),
      ...oauth.jwks().keys.flatMap(({ n, x }) => [n, x]),
      farm.certificate.certificatePem.split('\n')[1],
      jti,
      'somebody-in-particular',
      'reporting',
      ...Object.values(dana),
      farm.applicationName,
      farm.issuerName,
      scope,
      'not for Redis',
    ].filter((text) => text !== undefined)
    assert.ok(secrets.length > 15)
    assert.deepEqual(secrets.filter((text) => everything.includes(text)), []) // prettier-ignore
    assert.match(everything, /"set" "\{passport-s2s\}:used:[\w-]{43}" "1" "PX" "\d+" "NX"/i)
    const keys = [...everything.matchAll(/\{passport-s2s\}:([a-z]+)/g)].map(([, name]) => name)
    assert.deepEqual([...new Set(keys)].sort(), ['lifted', 'memory', 'suspensions', 'used'])
  })
})
