import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { makeOAuthIssuer } from '../support/oauth-issuer.ts'
import {
  makeConsumerProject,
  packLibrary,
  type ConsumerPackages,
  type ConsumerProject,
  type PackedLibrary,
} from './consumer-project.ts'
import { repository } from './source-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'passport-s2s-pack-'))
const projects: ConsumerProject[] = []
let library: PackedLibrary

const dependencies = namesOf('commander', 'helmet', 'jose', 'oauth4webapi', 'passport-http-bearer', 'zod')
const express5 = { ...dependencies, ...namesOf('express', 'passport') }
const express4 = { ...express5, express: 'express4' }

describe('the packed library', () => {
  before(async () => {
    library = await packLibrary(folder)
  })

  after(() => {
    for (const project of projects) project.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  it('holds the build and the documents, and nothing else', () => {
    const documents = [
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'dist/s2s.config.schema.json',
      'package.json',
    ]
    const others = library.files.filter((file) => !/^dist\/[a-z0-9/-]+\.(js|js\.map|d\.ts)$/.test(file))
    assert.deepEqual(others.sort(), documents)
    for (const door of ['index', 'verifier', 'redis', 'testing']) {
      for (const file of [`dist/${door}.js`, `dist/${door}.d.ts`]) assert.ok(library.files.includes(file), file)
    }
  })

  it('is imported by ESM', async () => {
    const project = await makeProject({ linked: express5 })
    const program = "import { createS2S } from 'passport-s2s'\nconsole.log(createS2S.name)"
    assert.equal(await project.run('import.mjs', program), 'createS2S')
  })

  it('is required by CommonJS, without a warning', async () => {
    const project = await makeProject({ linked: express5 })
    const program = "const { createS2S } = require('passport-s2s')\nconsole.log(createS2S.name)"
    assert.equal(await project.run('require.cjs', program), 'createS2S')
  })

  it('is a program', async () => {
    const { bin, version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as ProgramPackage
    assert.deepEqual(bin, { 'passport-s2s': './dist/cli/main.js', s2s: './dist/cli/main.js' })
    assert.match(readFileSync(join(repository, bin['passport-s2s']), 'utf8'), /^#!\/usr\/bin\/env node\n/)
    const project = await makeProject({ linked: express5 })
    assert.equal(
      await project.run('s2s.mjs', "import './node_modules/passport-s2s/dist/cli/main.js'", '--version'),
      version,
    )
  })

  it('verifies where express and passport are absent', async () => {
    const project = await makeProject({ linked: namesOf('zod') })
    const { jwks, token } = await makeToken()
    assert.equal(await project.run('verify.mjs', verifierProgram, jwks, token), 'reporting')
    await assert.rejects(project.run('import.mjs', "import 'passport-s2s'"), /Cannot find package/)
  })

  it('has a shared state that needs no package redis: the application brings its own client', async () => {
    const project = await makeProject({ linked: namesOf('zod') })
    const program = `
import { createRedisState } from 'passport-s2s/redis'
const state = createRedisState({ isReady: false, multi: () => { throw new Error('asked') } })
console.log(await state.suspensions.version().catch(({ code }) => code))
`
    assert.equal(await project.run('redis.mjs', program), 'ERR_S2S_STATE_UNAVAILABLE')
  })

  it('is instrumented where OpenTelemetry is there, and asks for nothing else', async () => {
    const project = await makeProject({ linked: namesOf('zod', '@opentelemetry/api') })
    const { jwks, token } = await makeToken()
    assert.equal(await project.run('instrument.mjs', `${instrumentLine}${verifierProgram}`, jwks, token), 'reporting')
    const bare = await makeProject({ linked: namesOf('zod') })
    await assert.rejects(bare.run('instrument.mjs', instrumentLine), /Cannot find package '@opentelemetry\/api'/)
  })

  it('has a test kit that needs neither express nor a test runner', async () => {
    const project = await makeProject({ linked: namesOf('zod', 'jose', 'selfsigned') })
    assert.equal(await project.run('attack.mjs', attackProgram), 'refused: 40 of 40')
    const bare = await makeProject({ linked: namesOf('zod', 'jose') })
    await assert.rejects(bare.run('attack.mjs', attackProgram), /npm install selfsigned/)
  })

  for (const [version, linked] of [
    ['4', express4],
    ['5', express5],
  ] as const) {
    it(`guards an app of Express ${version}, as a pair and as one middleware`, async () => {
      const project = await makeProject({ linked })
      const { jwks, token } = await makeToken()
      const answers = JSON.parse(await project.run('app.mjs', appProgram, jwks, token)) as unknown
      assert.deepEqual(answers, { express: version, pair: expectedAnswers, one: expectedAnswers })
    })
  }

  it('compiles with the types of Express 5, without skipLibCheck', async () => {
    const project = await makeProject({
      linked: { ...express5, ...namesOf('@types/node') },
      copied: namesOf(...commonTypes, '@types/express', '@types/express-serve-static-core'),
    })
    assert.equal(await project.compile('spec/types/consumer.ts'), '')
  })

  it('compiles with the types of Express 4, without skipLibCheck', async () => {
    const project = await makeProject({
      linked: { ...express4, ...namesOf('@types/node') },
      copied: { ...namesOf(...commonTypes), '@types/express': '@types/express4' },
    })
    assert.equal(await project.compile('spec/types/consumer.ts'), '')
  })
})

/** What of package.json makes the package a program. */
interface ProgramPackage {
  readonly bin: { readonly 'passport-s2s': string; readonly s2s: string }
  readonly version: string
}

const commonTypes = [
  'body-parser',
  'connect',
  'http-errors',
  'mime',
  'passport',
  'qs',
  'range-parser',
  'send',
  'serve-static',
].map((name) => `@types/${name}`)

/** What the guarded app answers: allowed, no token, the token of nobody, not permitted, not listed, plain http. */
const expectedAnswers = [
  '200 reporting',
  '401 Bearer realm="https://reports.example.com"',
  '401 invalid_token',
  '403 insufficient_scope',
  '403 insufficient_scope',
  '403 insufficient_transport_security',
]

const instrumentLine = "import { instrument } from 'passport-s2s/opentelemetry'"

const verifierProgram = `
import { createVerifier } from 'passport-s2s/verifier'
const [jwks, token] = process.argv.slice(2)
const verifier = createVerifier({
  audience: 'https://reports.example.com',
  trustedIssuers: [{ type: 'static', issuer: 'https://login.example.com', jwks: JSON.parse(jwks) }],
})
if (typeof instrument === 'function') instrument(verifier)
console.log((await verifier.verify(token)).application.id)
`

/** Any request listener can be attacked; this one refuses whoever does not send the very token that was made for it. */
const attackProgram = `
import { createTestIssuer, forgedTokens } from 'passport-s2s/testing'
const issuer = await createTestIssuer({ type: 'static', audience: 'https://reports.example.com' })
const attacks = (await forgedTokens({ issuer, families: ['critical-header', 'encrypted-token'] })).slice(0, 40)
const hostile = new Set(attacks.map(({ token }) => 'Bearer ' + token))
const app = (request, response) => {
  response.statusCode = hostile.has(request.headers.authorization) ? 401 : 200
  response.end()
}
let refused = 0
for (const attack of attacks) {
  await attack.expectRefused(app)
  refused += 1
}
console.log('refused: ' + refused + ' of ' + attacks.length)
`

const appProgram = `
import express from 'express'
import { createRequire } from 'node:module'
import passport from 'passport'
import { createS2S } from 'passport-s2s'

const [jwks, token] = process.argv.slice(2)
const s2s = createS2S({
  audience: 'https://reports.example.com',
  trustedIssuers: [{ type: 'static', issuer: 'https://login.example.com', jwks: JSON.parse(jwks) }],
})
const resources = { 'GET /reports/:id': 'reports.read', 'GET /secrets': 'secrets.read' }
const pair = [
  passport.authenticate('s2s', { session: false, failWithError: true }),
  s2s.protectResources(resources),
]
passport.use(s2s.strategy)

async function ask(guard) {
  const app = express()
  app.set('trust proxy', 'loopback')
  app.use(guard)
  app.use((request, response) => response.send(s2s.principalOf(request).application.id))
  app.use(s2s.errorResponder())
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const https = { 'x-forwarded-proto': 'https' }
  const authorization = 'Bearer ' + token
  const answers = []
  for (const [path, headers] of [
    ['/reports/1', { ...https, authorization }],
    ['/reports/1', https],
    ['/reports/1', { ...https, authorization: authorization.slice(0, -9) }],
    ['/secrets', { ...https, authorization }],
    ['/others', { ...https, authorization }],
    ['/reports/1', { authorization }],
  ]) {
    const response = await fetch('http://127.0.0.1:' + server.address().port + path, { headers })
    const body = await response.text()
    const error = body.startsWith('{') ? JSON.parse(body).error : undefined
    answers.push(response.status + ' ' + (response.ok ? body : (error ?? response.headers.get('www-authenticate'))))
  }
  server.closeAllConnections()
  server.close()
  return answers
}

const version = createRequire(import.meta.url)('express/package.json').version
console.log(JSON.stringify({ express: version[0], pair: await ask(pair), one: await ask(s2s.protect(resources)) }))
`

async function makeToken(): Promise<{ jwks: string; token: string }> {
  const issuer = makeOAuthIssuer({
    issuer: 'https://login.example.com',
    audience: 'https://reports.example.com',
    clock: () => Date.now() / 1000,
  })
  return { jwks: JSON.stringify(issuer.jwks()), token: await issuer.token({ claims: { scope: 'reports.read' } }) }
}

async function makeProject(packages: ConsumerPackages): Promise<ConsumerProject> {
  const project = await makeConsumerProject(library, packages)
  projects.push(project)
  return project
}

function namesOf(...names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, name]))
}
