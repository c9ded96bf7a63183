import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import express, { type NextFunction, type Request, type Response } from 'express'
import request from 'supertest'
import { createErrorResponder } from '../../lib/express/error-responder.ts'
import { errorAnswers, errorCodes, type ErrorCode, type ErrorKind } from '../../lib/foundation/error-codes.ts'
import { S2SError } from '../../lib/foundation/errors.ts'

/** The table of the design, stated here once more and independently of the library. */
const answers: Readonly<Record<ErrorKind, readonly [status: number, error: string, hasChallenge: boolean]>> = {
  configuration: [500, 'server_error', false],
  request: [400, 'invalid_request', true],
  transport: [403, 'insufficient_transport_security', false],
  token: [401, 'invalid_token', true],
  proof: [401, 'invalid_dpop_proof', true],
  nonce: [401, 'use_dpop_nonce', true],
  policy: [403, 'access_denied', false],
  identity: [403, 'access_denied', false],
  permission: [403, 'insufficient_scope', true],
  unavailable: [503, 'temporarily_unavailable', false],
  outgoing: [502, 'bad_gateway', false],
}

function appThatFails(error: unknown, problemDetails: boolean): express.Express {
  const app = express()
  app.use((_request: Request, _response: Response, next: NextFunction) => {
    next(error)
  })
  app.use(createErrorResponder({ problemDetails }))
  app.use(((foreign: unknown, _request: Request, response: Response, _next: NextFunction) => {
    response.status(418).json({ foreign: String(foreign) })
  }) satisfies express.ErrorRequestHandler)
  return app
}

describe('the error table', () => {
  for (const [code, { kind, description }] of Object.entries(errorCodes)) {
    const [status, error, challenges] = answers[kind]
    const hasChallenge = challenges && code !== 'ERR_S2S_PATH_AMBIGUOUS'

    it(`${code} is a ${status} ${error}`, async () => {
      const failure = new S2SError(code as ErrorCode, { reason: 'only for the operator' })
      const answer = await request(appThatFails(failure, false)).get('/').expect(status)
      const text = kind === 'configuration' ? 'The server is not set up correctly.' : description
      assert.deepEqual(answer.body, { error, error_description: text })
      assert.equal(answer.headers['cache-control'], 'no-store')
      assert.equal(answer.headers['www-authenticate'] !== undefined, hasChallenge)
      assert.equal(answer.headers['retry-after'], status === 503 ? '10' : undefined)
      assert.ok(!JSON.stringify([answer.body, answer.headers]).includes('operator'))
    })
  }

  it('has one answer for each kind', () => {
    assert.deepEqual(Object.keys(errorAnswers).sort(), Object.keys(answers).sort())
  })
})

describe('createErrorResponder', () => {
  it('writes problem details when asked for', async () => {
    const answer = await request(appThatFails(new S2SError('ERR_S2S_TOKEN_EXPIRED'), true))
      .get('/')
      .expect(401)
    assert.equal(answer.headers['content-type'], 'application/problem+json')
    assert.deepEqual(JSON.parse(answer.text), {
      type: 'about:blank',
      title: 'invalid_token',
      status: 401,
      detail: 'The token has expired.',
      code: 'ERR_S2S_TOKEN_EXPIRED',
    })
  })

  it('hands on what is not ours', async () => {
    await request(appThatFails(new Error('a bug'), false))
      .get('/')
      .expect(418, { foreign: 'Error: a bug' })
    const passportError = Object.assign(new Error('Unauthorized'), { name: 'AuthenticationError' })
    await request(appThatFails(passportError, false)).get('/').expect(418)
  })

  describe('behind a response that has begun', () => {
    const app = express()
    before(() => {
      app.use((_request: Request, response: Response, next: NextFunction) => {
        response.write('half')
        next(new S2SError('ERR_S2S_TOKEN_EXPIRED'))
      })
      app.use(createErrorResponder())
      app.use(((_error: unknown, _request: Request, response: Response, _next: NextFunction) => {
        response.end(' and half')
      }) satisfies express.ErrorRequestHandler)
    })
    after(() => undefined)

    it('hands on', async () => {
      const answer = await request(app).get('/').expect(200)
      assert.equal(answer.text, 'half and half')
    })
  })
})
