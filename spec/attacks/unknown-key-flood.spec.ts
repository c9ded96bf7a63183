import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { assertRefused, describeAttack, type AttackCase } from '../support/attack.ts'
import { makeMovableClock } from '../support/clock.ts'
import { forms, startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { serveDocuments, startHttpsServer, type LocalServer } from '../support/https-server.ts'
import { makeKeyPair } from '../support/key-pairs.ts'
import { makeOAuthIssuer, type OAuthIssuer } from '../support/oauth-issuer.ts'
import { sendRaw } from '../support/send-raw.ts'
import { forgedJwt, readClaims } from '../support/tokens.ts'
import { makeWorld, oauthAudience } from '../support/world.ts'

const attacker = makeKeyPair('rsa2048').privateKey
const unknown = { status: 401, code: 'ERR_S2S_KEY_UNKNOWN' } as const
const malformed = { status: 401, code: 'ERR_S2S_TOKEN_MALFORMED' } as const

/** Names of keys that mean something to a file system, a database, a shell, a header or an object. */
const keyNames: Readonly<Record<string, string>> = {
  'a path upwards': '../../../../../../dev/null',
  'a path upwards, escaped': '..%2f..%2fdev%2fnull',
  'a path upwards, backslashes': '..\\..\\windows\\win.ini',
  'a file': '/proc/sys/kernel/randomize_va_space',
  'a file address': 'file:///etc/passwd',
  SQL: "' UNION SELECT 'key';--",
  'SQL with a tautology': '1 OR 1=1',
  'a pipe': 'key|/usr/bin/id',
  'a substitution': '$(id)`id`',
  'a template': '${7*7}{{7*7}}',
  JNDI: '${jndi:ldap://127.0.0.1/a}',
  'a zero byte': 'RS256-0\0',
  'a zero byte and a suffix': 'RS256-0\0.pem',
  'a line break': 'RS256-0\r\nX-Injected: 1',
  'a quote': 'RS256-0"',
  'another letter case': 'rs256-0',
  'a space in front': ' RS256-0',
  'a space behind': 'RS256-0 ',
  'a prefix': 'RS256-',
  'a suffix': 'RS256-00',
  'a pattern': 'RS256-.',
  'a wildcard': '*',
  'a Cyrillic letter': 'RS25\u0431-0',
  'a combining mark': 'RS256-0\u0301',
  'the empty text': '',
  ['__proto__']: '__proto__',
  constructor: 'constructor',
  toString: 'toString',
  hasOwnProperty: 'hasOwnProperty',
  'the number of a key': '0',
  undefined: 'undefined',
  null: 'null',
}

const senselessNames: Readonly<Record<string, unknown>> = {
  'a number': 0,
  null: null,
  true: true,
  'a list': ['RS256-0'],
  'an object': { kid: 'RS256-0' },
  'an object that turns into text': { toString: 'RS256-0' },
  '4,000 characters': 'k'.repeat(4_000),
}

const world = await makeWorld()
const worldClaims = readClaims(await world.oauth.token({ claims: { scope: 'reports.read' } }))
const resources = { 'GET /reports/:id': 'reports.read' } as const

function named(kid: unknown, claims: object): string {
  return forgedJwt({ header: { alg: 'RS256', kid }, claims, algorithm: 'RS256', key: attacker })
}

function keyNameCases(claims: object): AttackCase[] {
  return [
    ...Object.entries(keyNames).map(([name, kid]) => ({
      name: `row 24: ${name}`,
      token: named(kid, claims),
      ...unknown,
    })),
    ...Object.entries(senselessNames).map(([name, kid]) => ({
      name: `row 24: ${name}`,
      token: named(kid, claims),
      ...malformed,
    })),
  ]
}

describeAttack('a kid that nobody has', { s2s: world.options, resources }, keyNameCases(worldClaims))

for (const form of forms) {
  describe(`a flood of unknown keys (${form})`, () => {
    let server: LocalServer
    let issuer: OAuthIssuer
    let app: GuardedApp
    const time = makeMovableClock()
    const sign = (kid: unknown): string => named(kid, claims)
    let claims: Record<string, unknown>

    before(async () => {
      const serve = (): ReturnType<typeof serveDocuments> =>
        serveDocuments({ '/.well-known/openid-configuration': issuer.metadata(), '/jwks': issuer.jwks() })
      server = await startHttpsServer((request, response) => {
        serve()(request, response)
      })
      issuer = makeOAuthIssuer({ issuer: server.url, audience: oauthAudience, clock: time.clock })
      claims = readClaims(await goodToken())
      const trustedIssuers = [{ type: 'openid', issuer: server.url }] as const
      const s2s = { audience: oauthAudience, clock: time.clock, ca: server.ca, trustedIssuers }
      app = await startGuardedApp({ form, s2s, resources })
    })
    after(() => Promise.all([app.close(), server.close()]))

    const goodToken = (): Promise<string> => issuer.token({ claims: { scope: 'reports.read' } })
    const fetches = (): number => server.requests.filter((request) => request === 'GET /jwks').length
    const accept = async (): Promise<void> => {
      const answer = await sendRaw(app, { headers: [['Authorization', `Bearer ${await goodToken()}`]] })
      assert.equal(answer.status, 200, answer.body)
    }
    const refuseMany = async (names: readonly unknown[]): Promise<void> => {
      for (const kid of names) await assertRefused(app, { name: 'unknown', token: sign(kid), ...unknown })
    }

    it('row 24: a key name of a wrong type fetches nothing at all', async () => {
      for (const kid of Object.values(senselessNames)) {
        await assertRefused(app, { name: 'senseless', token: sign(kid), ...malformed })
      }
      assert.deepEqual(server.requests, [])
    })

    it('row 24: claims that fail anyway fetch nothing at all', async () => {
      const late = { ...claims, exp: time.clock() - 3_600 }
      const token = named('nobody', late)
      await assertRefused(app, { name: 'expired', token, status: 401, code: 'ERR_S2S_TOKEN_EXPIRED' })
      assert.deepEqual(server.requests, [])
    })

    it('row 24: many names fetch the keys once, and look three times more', async () => {
      await accept()
      assert.deepEqual(server.requests, ['GET /.well-known/openid-configuration', 'GET /jwks'])
      await refuseMany(Object.values(keyNames))
      assert.equal(fetches(), 4)
      assert.equal(server.requests.length, 5, 'nothing but the key set is fetched')
    })

    it('row 24: a known key is good all the while', async () => {
      await accept()
      assert.equal(fetches(), 4)
    })

    it('row 24: ten seconds allow one look more', async () => {
      time.advance(9)
      await refuseMany(['a', 'b', 'c'])
      assert.equal(fetches(), 4)
      time.advance(1)
      await refuseMany(['d', 'e', 'f'])
      assert.equal(fetches(), 5)
    })

    it('row 24: a hundred at once look no more often', async () => {
      time.advance(300)
      const before = fetches()
      const names = Array.from({ length: 100 }, (_, index) => `key-${index}`)
      const answers = await Promise.all(
        names.map((kid) => sendRaw(app, { headers: [['Authorization', `Bearer ${sign(kid)}`]] })),
      )
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [401])
      assert.ok(fetches() - before <= 3, `${fetches() - before} fetches`)
      await accept()
    })
  })
}
