import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import express, { type Express, type RequestHandler } from 'express'
import { Passport } from 'passport'
import { createS2S, type S2S, type S2SOptions } from 'passport-s2s'
import { startHttpsServer, type LocalServer } from '../support/https-server.ts'
import { fixedClock } from '../support/clock.ts'
import { makeOAuthIssuer } from '../support/oauth-issuer.ts'
import { readFourAnswers } from '../support/vectors.ts'
import { oauthAudience, self } from '../support/world.ts'

const credentials = [
  ['none', 'without a credential'],
  ['empty', 'with an empty credential'],
  ['bad', 'with a bad token'],
  ['good', 'with a good token'],
] as const
type Credential = (typeof credentials)[number][0]

const expected = readFourAnswers()
const forms = ['protect', 'passport', 'passportWithErrorResponder'] as const

const noCurl = spawnSync('curl', ['--version']).status === 0 ? false : 'curl is not installed'
const oauth = makeOAuthIssuer({ issuer: 'https://login.example.com', audience: oauthAudience, clock: fixedClock })
const token = await oauth.token({ claims: { scope: 'reports.read' } })
const options: S2SOptions = {
  audience: oauthAudience,
  clock: fixedClock,
  trustedIssuers: [{ type: 'static', issuer: oauth.issuer, jwks: oauth.jwks() }],
}

for (const form of forms) {
  describe(`what curl gets (${form})`, { skip: noCurl }, () => {
    let server: CurledServer
    before(async () => {
      server = await startServer(createS2S(options), form)
    })
    after(() => server.close())

    for (const [credential, title] of credentials) {
      it(`${title}, byte for byte`, async () => {
        assert.deepEqual(await curl(server, credential), expected[form][credential])
        assert.equal(server.handlerCalls(), credential === 'good' ? 1 : 0)
      })
    }
  })
}

describe('what curl gets of a server that says who it is', { skip: noCurl }, () => {
  for (const form of forms) {
    it(`with an empty credential (${form}): realm, own id and trusted issuers`, async () => {
      const s2s = createS2S({ ...options, self: { ...self, advertise: true } })
      const server = await startServer(s2s, form)
      const answer = await curl(server, 'empty')
      await server.close()
      assert.deepEqual(
        answer.filter((line) => /^(?:HTTP|WWW-Authenticate)/.test(line)),
        expected.discovery,
      )
    })
  }
})

interface CurledServer extends LocalServer {
  handlerCalls(): number
  readonly caFile: string
}

/** README's first server, in one of its forms. */
async function startServer(s2s: S2S, form: (typeof forms)[number]): Promise<CurledServer> {
  const app: Express = express()
  let calls = 0
  app.use(...guardOf(s2s, form))
  app.get('/reports/:id', (request, response) => {
    calls += 1
    response.json({ caller: s2s.principalOf(request).application.id })
  })
  if (form !== 'passport') app.use(s2s.errorResponder())
  const server = await startHttpsServer(app)
  const folder = mkdtempSync(join(tmpdir(), 'four-answers-'))
  const caFile = join(folder, 'ca.pem')
  writeFileSync(caFile, server.ca)
  const close = async (): Promise<void> => {
    rmSync(folder, { recursive: true })
    await server.close()
  }
  return { ...server, caFile, close, handlerCalls: () => calls }
}

function guardOf(s2s: S2S, form: (typeof forms)[number]): RequestHandler[] {
  const resources = { 'GET /reports/:id': 'reports.read' }
  if (form === 'protect') return [s2s.protect(resources)]
  const passport = new Passport()
  passport.use(s2s.strategy)
  const failWithError = form === 'passportWithErrorResponder'
  return [
    passport.authenticate('s2s', { session: false, failWithError }) as RequestHandler,
    s2s.protectResources(resources),
  ]
}

/** The answer as it came over the wire, without the headers that say nothing. The token goes in by standard input. */
async function curl(server: CurledServer, credential: Credential): Promise<readonly string[]> {
  const header: Readonly<Record<Credential, string>> = {
    none: '',
    empty: 'Authorization: Bearer',
    bad: 'Authorization: Bearer a.b.c',
    good: `Authorization: Bearer ${token}`,
  }
  const flags = ['--silent', '--show-error', '--include', '--http1.1', '--max-time', '10', '--header', '@-']
  const text = await new Promise<string>((resolve, reject) => {
    const child = execFile(
      'curl',
      [...flags, '--cacert', server.caFile, `${server.url}/reports/1`],
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout)
        else reject(new Error(stderr, { cause: error }))
      },
    )
    child.stdin?.end(`${header[credential]}\n`)
  })
  assert.ok(!text.includes(token.slice(0, 20)), 'the token comes back')
  return text.split('\r\n').filter((line) => !isLeftOut(line))
}

function isLeftOut(line: string): boolean {
  return expected.withoutHeaders.some((name) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
}
