import assert from 'node:assert/strict'
import { Agent, request as httpRequest } from 'node:http'
import { after, before, describe, it } from 'node:test'
import express, { type Request, type RequestHandler, type Response } from 'express'
import { Passport } from 'passport'
import { createS2S, type S2S, type S2SPrincipal, type S2SVerifyDone } from 'passport-s2s'
import { startHttpServer, type LocalServer } from '../support/https-server.ts'
import { flipSignatureBit } from '../support/tokens.ts'
import { dana, makeWorld, self, type World } from '../support/world.ts'

const callerCount = 50

/** One of the callers, and how its principal must be described. */
interface KnownCaller {
  readonly token: string
  readonly identity: string
}

/** One request and the answer it must get; the identity when it is let through. */
interface Shot {
  readonly token: string
  readonly status: number
  readonly identity: string | undefined
}

interface ShotAnswer {
  readonly status: number
  readonly body: string
}

const guards = ["passport.authenticate('s2s')", 'passport.authenticate(strategyObject)', 'protect()'] as const
type Guard = (typeof guards)[number]

const world = await makeWorld()
const allShots = makeShots(1000, await makeCallers(world), await makeBadTokens(world))
const fewShots = allShots.slice(0, 200)

for (const guard of guards) {
  const shots = guard === 'protect()' ? fewShots : allShots
  describe(`${shots.length} requests at once of ${callerCount} callers through ${guard}`, () => {
    let app: ConcurrentApp
    before(async () => {
      app = await startConcurrentApp(guard)
    })
    after(() => app.close())

    it('shows every handler its own caller', async () => {
      assertAnswers(shots, await fireAll(app, shots))
      assert.equal(app.handlerCalls(), countGood(shots))
      assert.deepEqual(app.mixUps, [])
    })
  })

  describe(`verify callbacks that answer late and out of order through ${guard}`, () => {
    let app: ConcurrentApp
    const waiting: (() => void)[] = []
    before(async () => {
      app = await startConcurrentApp(guard, (principal, done) => {
        waiting.push(() => {
          done(null, { account: identityOf(principal) })
        })
        if (waiting.length === countGood(fewShots)) for (const answer of shuffle(waiting)) setImmediate(answer)
      })
    })
    after(() => app.close())

    it('shows every handler its own caller', async () => {
      assertAnswers(fewShots, await fireAll(app, fewShots))
      assert.equal(waiting.length, countGood(fewShots))
      assert.equal(app.handlerCalls(), countGood(fewShots))
      assert.deepEqual(app.mixUps, [])
    })
  })
}

function countGood(shots: readonly Shot[]): number {
  return shots.filter(({ status }) => status === 200).length
}

function assertAnswers(shots: readonly Shot[], answers: readonly ShotAnswer[]): void {
  for (const [index, { status, identity }] of shots.entries()) {
    const answer = answers[index]
    assert.equal(answer?.status, status)
    if (identity !== undefined) assert.deepEqual(JSON.parse(answer.body), { principal: identity, user: identity })
    else assert.ok(!answer.body.includes('principal'))
  }
}

/** Applications alone, applications with users, and OAuth clients; no two have the same identity. */
async function makeCallers({ farm, oauth, otherOAuth }: World): Promise<readonly KnownCaller[]> {
  const actorToken = await farm.actorToken()
  const delegate = farm.applicationName.split('@', 1).join()
  const makers = [
    async (number: number): Promise<KnownCaller> => ({
      token: await farm.appOnlyToken({ nameid: `application-${number}@${self.realm}` }),
      identity: `farm application-${number} alone`,
    }),
    async (number: number): Promise<KnownCaller> => ({
      token: await farm.userToken({ ...dana, nameid: `s-1-5-21-${number}` }, actorToken),
      identity: `farm ${delegate} for s-1-5-21-${number}`,
    }),
    async (number: number): Promise<KnownCaller> => ({
      token: await oauth.token({ claims: { sub: `client-${number}`, client_id: `client-${number}` } }),
      identity: `login client-${number} alone`,
    }),
    async (number: number): Promise<KnownCaller> => ({
      token: await otherOAuth.token({ claims: { sub: `user-${number}` }, algorithm: 'ES256' }),
      identity: `id reporting for user-${number}`,
    }),
  ]
  return Promise.all(
    Array.from({ length: callerCount }, (_, number) => {
      const make = makers[number % makers.length] ?? assert.fail()
      return make(number)
    }),
  )
}

async function makeBadTokens({ farm, oauth }: World): Promise<readonly string[]> {
  return [
    flipSignatureBit(await oauth.token()),
    await farm.appOnlyToken({ exp: '1700000000' }),
    await farm.userToken(dana, await farm.appOnlyToken()),
    await oauth.token({ claims: { aud: 'https://elsewhere.example' } }),
    'a.b.c',
  ]
}

/** Good ones of all callers in turn; every fifth request is a bad one. */
function makeShots(length: number, callers: readonly KnownCaller[], badTokens: readonly string[]): readonly Shot[] {
  return Array.from({ length }, (_, index) => {
    const caller = callers[(index * 7) % callers.length] ?? assert.fail()
    if (index % 5 !== 3) return { token: caller.token, status: 200, identity: caller.identity }
    return { token: badTokens[index % badTokens.length] ?? 'a.b.c', status: 401, identity: undefined }
  })
}

interface ConcurrentApp extends LocalServer {
  handlerCalls(): number
  /** Identities where `req.user` and `principalOf` disagreed. */
  readonly mixUps: readonly string[]
}

/** Plain http behind a trusted proxy that says https: a thousand TLS handshakes would prove nothing here. */
async function startConcurrentApp(
  guard: Guard,
  verify?: (principal: S2SPrincipal, done: S2SVerifyDone) => void,
): Promise<ConcurrentApp> {
  const s2s = createS2S(world.options, verify)
  const mixUps: string[] = []
  let calls = 0
  const app = express()
  app.set('trust proxy', 'loopback')
  app.use(...guardsOf(s2s, guard))
  app.get('/who', (request: Request, response: Response) => {
    calls += 1
    const user = verify === undefined ? identityOf(request.user as S2SPrincipal) : accountOf(request.user)
    const principal = identityOf(s2s.principalOf(request))
    if (user !== principal) mixUps.push(`${user} is not ${principal}`)
    response.json({ principal, user })
  })
  app.use(s2s.errorResponder())
  const server = await startHttpServer(app)
  return { ...server, mixUps, handlerCalls: () => calls }
}

function guardsOf(s2s: S2S, guard: Guard): RequestHandler[] {
  const resources = { 'GET /who': 'authenticated' } as const
  if (guard === 'protect()') return [s2s.protect(resources)]
  const passport = new Passport()
  passport.use(s2s.strategy)
  const strategy = guard === 'passport.authenticate(strategyObject)' ? s2s.strategy : 's2s'
  return [
    passport.authenticate(strategy, { session: false, failWithError: true }) as RequestHandler,
    s2s.protectResources(resources),
  ]
}

function accountOf(user: unknown): string {
  return (user as { account: string }).account
}

function identityOf({ issuer, application, user }: S2SPrincipal): string {
  return `${issuer} ${application.id} ${user === undefined ? 'alone' : `for ${user.id ?? ''}`}`
}

/** All at once: every request has a socket of its own. */
async function fireAll({ port }: LocalServer, shots: readonly Shot[]): Promise<readonly ShotAnswer[]> {
  const agent = new Agent({ maxSockets: Infinity })
  try {
    return await Promise.all(shots.map(({ token }) => fire(port, token, agent)))
  } finally {
    agent.destroy()
  }
}

function fire(port: number, token: string, agent: Agent): Promise<ShotAnswer> {
  const headers = { authorization: `Bearer ${token}`, 'x-forwarded-proto': 'https' }
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path: '/who', headers, agent }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        body += chunk
      })
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body })
      })
    })
    request.on('error', reject)
    request.setTimeout(20_000, () => request.destroy(new Error('the request was never answered')))
    request.end()
  })
}

/** The same disorder in every run. */
function shuffle<Item>(items: readonly Item[]): readonly Item[] {
  return items
    .map((item, index) => ({ item, place: (index * 7919) % 1009 }))
    .sort((left, right) => left.place - right.place)
    .map(({ item }) => item)
}
