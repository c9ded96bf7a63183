import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createRedisState } from 'passport-s2s/redis'
import { dana, makeWorld, self } from '../support/world.ts'
import { forms, startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { createRedisClient, findRedis, startRedis, type RedisServer } from '../support/redis-server.ts'
import { NOW } from '../support/clock.ts'
import { eventually } from '../support/eventually.ts'
import { sendRaw, type RawAnswer } from '../support/send-raw.ts'
import { flipSignatureBit } from '../support/tokens.ts'

const { farm, otherFarm, oauth, otherOAuth, options } = await makeWorld()
const found = findRedis()
const skip = 'missing' in found ? found.missing : false
const scope = 'reports.read'
const [client = ''] = farm.applicationName.split('@')

/** What must never be accepted, whatever stands in Redis. */
const strangers: readonly string[] = [
  'a.b.c',
  flipSignatureBit(await oauth.token({ claims: { scope } })),
  await oauth.token({ claims: { scope, exp: NOW - 100 } }),
  await oauth.token({ claims: { scope, iss: 'https://elsewhere.example' } }),
  await oauth.token({ claims: { scope: 'else' } }),
  await otherFarm.userToken(dana),
]

const text = (length: number): string => 'x'.repeat(length)
const suspension = (members: object): string =>
  `${NOW + 3600} ${JSON.stringify({ id: 'a', addedAt: NOW, expiresAt: NOW + 3600, ...members })}`
type Redis = ReturnType<typeof createRedisClient>
const key = (name: string): string => `{passport-s2s}:${name}`

/** What somebody who can write to Redis puts there. */
const writings: Readonly<Record<string, (redis: Redis) => Promise<unknown>>> = {
  'nothing at all': (redis) => redis.flushAll(),
  'a suspension that is no JSON': (redis) => redis.hSet(key('suspensions'), { a: 'garbage', ':version': '7' }),
  'a suspension that names a way in': (redis) =>
    redis.hSet(key('suspensions'), { a: suspension({ issuer: 'login', allow: true }), ':version': '7' }),
  'trusted issuers, keys and grants': (redis) =>
    redis.hSet(key('suspensions'), {
      trustedIssuers: suspension({ jwks: oauth.jwks() }),
      grants: '[]',
      ':version': '7',
    }),
  'members of every object': (redis) =>
    redis.hSet(key('suspensions'), { ['__proto__']: '1 {}', constructor: '2 {}', ':version': '7' }),
  'a text where a hash should be': (redis) => redis.set(key('suspensions'), 'OK'),
  'a list where the memory should be': (redis) => redis.lPush(key('memory'), 'since'),
  'a negative version': (redis) => redis.hSet(key('suspensions'), ':version', '-1'),
  'the largest number there is': (redis) => redis.hSet(key('memory'), { uses: '9223372036854775807', since: '1' }),
  'a list without end': async (redis) => {
    const fields = Object.fromEntries(Array.from({ length: 100_001 }, (_, index) => [`id-${index}`, '1 {}']))
    await redis.hSet(key('suspensions'), { ...fields, ':version': '9' })
  },
  'one entry of a megabyte': (redis) =>
    redis.hSet(key('suspensions'), { a: `${NOW + 9} ${text(1_000_000)}`, ':version': '8' }),
  'everybody lifted': (redis) => redis.hSet(key('lifted'), { a: '1', b: 'x' }),
}

for (const form of forms) {
  describe(`whoever can write to Redis (${form})`, { skip }, () => {
    let redis: RedisServer
    let writer: Redis
    let clients: Redis[]
    before(async () => {
      redis = await startRedis('path' in found ? found.path : '')
      clients = [createRedisClient(redis.url), createRedisClient(redis.url)]
      for (const one of clients) await one.connect()
      writer = clients[1] ?? assert.fail()
    })
    after(async () => {
      for (const one of clients) one.destroy()
      await redis.close()
    })

    async function start(): Promise<GuardedApp> {
      const state = createRedisState(clients[0] ?? assert.fail(), { clock: () => NOW })
      const trustedIssuers = options.trustedIssuers.map((issuer) => ({
        ...issuer,
        singleUseTokens: issuer.name === 'id',
      }))
      const s2s = { ...options, state, trustedIssuers, userRights: () => [scope] }
      return startGuardedApp({ form, s2s, resources: { 'GET /reports/:id': scope } })
    }
    const ask = (app: GuardedApp, token: string): Promise<RawAnswer> =>
      sendRaw(app, { headers: [['Authorization', `Bearer ${token}`]] })

    for (const [name, write] of Object.entries(writings)) {
      it(`gets nobody in by ${name}`, async () => {
        await writer.flushAll()
        const app = await start()
        try {
          await write(writer)
          for (const token of strangers) {
            const { status } = await ask(app, token)
            assert.ok([401, 403, 503].includes(status), String(status))
          }
          assert.equal(app.handlerCalls(), 0)
          for (const issuer of [oauth, otherOAuth]) {
            const good = await issuer.token({ claims: { scope, iat: NOW } })
            const { status, body } = await ask(app, good)
            assert.ok([200, 401, 503].includes(status), body)
            if (status === 200) assert.equal(app.lastCaller()?.application.id, 'reporting')
          }
          assert.deepEqual(app.failures, [])
        } finally {
          await app.close()
        }
      })
    }

    it('lifts no suspension by deleting it: who knows it puts it there again', async () => {
      await writer.flushAll()
      const app = await start()
      try {
        const token = await farm.appOnlyToken()
        assert.equal((await ask(app, token)).status, 200)
        await app.s2s.suspend({ issuer: 'farm', application: client })
        for (const remove of [() => writer.flushAll(), () => writer.del(key('suspensions'))]) {
          await remove()
          await eventually(async () => (await writer.hLen(key('suspensions'))) === 2, 'put again')
          assert.equal((await ask(app, token)).status, 401)
        }
        assert.ok(
          app.events.some((event) => event.name === 'state.lost'),
          'told',
        )
        assert.ok(!JSON.stringify(await app.s2s.suspensions()).includes(self.clientId))
      } finally {
        await app.close()
      }
    })
  })
}
