import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { forms, startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { aliases, pathSpellings } from '../support/path-spellings.ts'
import {
  findProxy,
  haproxyWays,
  nginxWays,
  proxyAddress,
  startHaproxy,
  startNginx,
  type Proxy,
  type ProxyEntrance,
  type ProxyWay,
} from '../support/proxies.ts'
import { sendRaw, type RawAnswer, type RawRequest } from '../support/send-raw.ts'
import { sendText } from '../support/send-text.ts'
import { makeWorld } from '../support/world.ts'

/**
 * nginx and haproxy end TLS in front of a guarded application that listens on plain http and trusts 127.0.0.2, from where
 * the proxies call it. Clients call from 127.0.0.1.
 */

const { oauth, options } = await makeWorld()
const token = await oauth.token({ claims: { scope: 'reports.read' } })
const adminToken = await oauth.token({ claims: { scope: 'admin.all reports.read' } })
const longToken = await oauth.token({ claims: { scope: 'reports.read', padding: 'x'.repeat(5_000) } })

type Header = readonly [name: string, value: string]

const authorized = (value: string, more: readonly Header[] = []): readonly Header[] => [
  ['Authorization', `Bearer ${value}`],
  ...more,
]

/** What clients say to look as if they had come over https. */
const spoofs: Readonly<Record<string, readonly Header[]>> = {
  nothing: [],
  'X-Forwarded-Proto: https': [['X-Forwarded-Proto', 'https']],
  'X-Forwarded-Proto in lower case': [['x-forwarded-proto', 'https']],
  'X-Forwarded-Proto twice': [
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-Proto', 'https'],
  ],
  'X-Forwarded-Proto: https, https': [['X-Forwarded-Proto', 'https, https']],
  'X-Forwarded-Proto: https,': [['X-Forwarded-Proto', 'https,']],
  'X-Forwarded-Proto, empty': [['X-Forwarded-Proto', '']],
  'X_Forwarded_Proto: https': [['X_Forwarded_Proto', 'https']],
  'Forwarded: proto=https': [['Forwarded', 'for=127.0.0.2;proto=https;host=reports.example.com']],
  'X-Forwarded-Host': [['X-Forwarded-Host', 'https://reports.example.com:443']],
  'X-Forwarded-Ssl, -Scheme, -Port, Front-End-Https': [
    ['X-Forwarded-Ssl', 'on'],
    ['X-Forwarded-Scheme', 'https'],
    ['X-Forwarded-Port', '443'],
    ['Front-End-Https', 'on'],
  ],
  'all of it, from a trusted address': [
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-For', proxyAddress],
    ['X-Real-IP', proxyAddress],
    ['Forwarded', 'proto=https'],
  ],
  'headers that the proxy is to take away': [
    ['X-Forwarded-Proto', 'https'],
    ['Connection', 'close, X-Forwarded-Proto'],
  ],
}

const programs = {
  nginx: { start: startNginx, ways: Object.keys(nginxWays) as readonly string[] },
  haproxy: { start: startHaproxy, ways: Object.keys(haproxyWays) as readonly string[] },
}

for (const name of ['nginx', 'haproxy'] as const) {
  const found = findProxy(name)
  for (const form of forms) {
    describe(`behind ${name} (${form})`, { skip: 'missing' in found ? found.missing : false }, () => {
      let app: GuardedApp
      let proxy: Proxy<string>
      const wayOf = (way: string): ProxyWay => {
        const found = proxy.ways[way]
        assert.ok(found !== undefined)
        return found
      }
      before(async () => {
        assert.ok('path' in found)
        app = await startGuardedApp({
          form,
          s2s: options,
          plainHttp: true,
          trustProxy: proxyAddress,
          // A spelling that is judged by the last entry and served by the route of the first would be a way in.
          resources: {
            'GET /admin/users': 'admin.all',
            'GET /reports/:id': 'reports.read',
            'GET /:area/:item': 'reports.read',
          },
          routes: (express, handler) => {
            express.all('/admin/users', handler)
            express.all('/reports/:id', handler)
            express.use((_request, response) => void response.status(404).json('no such route'))
          },
        })
        proxy = await programs[name].start(found.path, app.port)
      })
      after(async () => {
        await proxy.close()
        await app.close()
      })

      /** Sends a request of which the handler must not hear. */
      async function sendInVain(entrance: ProxyEntrance, request: RawRequest): Promise<RawAnswer> {
        const calls = app.handlerCalls()
        const answer = await sendRaw(entrance, request)
        assert.equal(app.handlerCalls(), calls, 'the handler ran')
        assert.equal(answer.headers['x-handler'], undefined)
        assert.deepEqual(app.failures, [])
        return answer
      }

      async function refusesForTls(entrance: ProxyEntrance, headers: readonly Header[]): Promise<void> {
        const answer = await sendInVain(entrance, { headers })
        assert.equal(answer.status, 403, answer.body)
        assert.equal(app.events.at(-1)?.code, 'ERR_S2S_TLS_REQUIRED')
        assert.equal(app.events.at(-1)?.name, 'token.exposed')
        assert.equal(answer.headers.location, undefined)
      }

      const trustedWays = programs[name].ways.filter((way) => !way.includes('not trusted'))

      for (const way of trustedWays) {
        it(`${way}: https arrives as https`, async () => {
          const answer = await sendRaw(wayOf(way).https, { headers: authorized(token) })
          assert.equal(answer.status, 200, answer.body)
          assert.equal(answer.headers['x-handler'], 'ran')
        })

        for (const [spoof, headers] of Object.entries(spoofs)) {
          it(`${way}: http never looks like https with ${spoof}`, async () => {
            await refusesForTls(wayOf(way).http, authorized(token, headers))
          })
        }

        it(`${way}: what a client says of https counts for nothing, or against it`, async () => {
          const said = [['X-Forwarded-Proto', 'http']] as const
          const answer = await sendRaw(wayOf(way).https, { headers: authorized(token, said) })
          const appends = way.includes('append') || way.includes('add')
          assert.equal(answer.status, appends ? 403 : 200, answer.body)
        })

        it(`${way}: a spelling of a path with a stricter rule reaches no handler without permission`, async () => {
          for (const { path } of pathSpellings) {
            const calls = app.handlerCalls()
            const answer = await sendRaw(wayOf(way).https, { path, headers: authorized(token) })
            assert.ok(answer.status < 500, `${answer.status} for ${path}`)
            if (app.handlerCalls() === calls) continue
            // A proxy that tidies paths up makes /reports/1 of some: that is what was permitted.
            const { url } = JSON.parse(answer.body) as { url: string }
            assert.ok(way.includes('tidy') && /^\/reports\/1(\?.*)?$/.test(url), `${path} arrived as ${url}`)
          }
          assert.deepEqual(app.failures, [])
        })

        it(`${way}: who has the permission reaches the path in every spelling that Express takes for it`, async () => {
          for (const path of aliases) {
            const answer = await sendRaw(wayOf(way).https, { path, headers: authorized(adminToken) })
            assert.equal(answer.status, 200, path)
          }
        })

        it(`${way}: a token of ${longToken.length} characters arrives, and too large a header is refused`, async () => {
          const answer = await sendRaw(wayOf(way).https, { headers: authorized(longToken) })
          assert.equal(answer.status, 200, answer.body)
          const { status } = await sendInVain(wayOf(way).https, { headers: authorized(token + 'A'.repeat(20_000)) })
          assert.ok([400, 413, 431].includes(status), String(status))
        })

        it(`${way}: two Authorization headers are refused`, async () => {
          const other = await oauth.token()
          for (const [first, second] of [
            [token, token],
            [token, other],
            ['x', token],
          ] as const) {
            const headers = [...authorized(first), ...authorized(second)]
            assert.equal((await sendInVain(wayOf(way).https, { headers })).status, 400)
          }
        })

        it(`${way}: bent header lines open no door`, async () => {
          for (const line of [
            `Authorization: Bearer\r\n ${token}`,
            `Authorization: Bearer ${token}\r\nX-Other: 1\r\n X-Forwarded-Proto: https`,
            `Authorization: Bearer ${token}\r\nX-Forwarded-Proto: http\r\n https`,
            `Authorization: Bearer ${token}\r\nX-Forwarded-Proto:\r\n https`,
            `Authorization: Bearer ${token}\nX-Forwarded-Proto: https`,
            `Authorization: Bearer ${token}\r\nX-Forwarded-Proto : https`,
            `Authorization: Bearer ${token}\r\nX-Forwarded-Proto: https\0`,
          ]) {
            const calls = app.handlerCalls()
            const head = `GET /reports/1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${line}\r\n\r\n`
            assert.match(await sendText(wayOf(way).http, head), /^HTTP\/1\.1 40[03] /)
            assert.equal(app.handlerCalls(), calls, 'the handler ran')
            assert.match(await sendText(wayOf(way).https, head), /^HTTP\/1\.1 (?:200|40[013]) /)
          }
          assert.deepEqual(app.failures, [])
        })
      }

      for (const [spoof, headers] of Object.entries(spoofs)) {
        it(`a client that goes past the proxy never looks like https with ${spoof}`, async () => {
          await refusesForTls(app, authorized(token, headers))
        })
      }

      for (const way of programs[name].ways.filter((each) => !trustedWays.includes(each))) {
        it(`${way}: a proxy that is not trusted is not believed`, async () => {
          await refusesForTls(wayOf(way).https, authorized(token))
          await refusesForTls(wayOf(way).http, authorized(token, [['X-Forwarded-Proto', 'https']]))
        })
      }
    })
  }
}
