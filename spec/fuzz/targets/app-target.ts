import express, { type ErrorRequestHandler, type Request, type RequestHandler } from 'express'
import { Passport } from 'passport'
import { createS2S, type S2S, type S2SOptions } from '../../../lib/index.ts'
import { pathSpellings } from '../../support/path-spellings.ts'
import { accepted, type Answer, type Subject, type Target } from '../engine/target.ts'
import type { Random } from '../engine/random.ts'
import { mutateText } from '../engine/mutate-text.ts'
import { whyForbidden, type HandledRequest } from '../oracle/strict-request.ts'
import type { FuzzWorld } from '../world/fuzz-world.ts'
import {
  createProcessHandler,
  readRequestLines,
  trustedAddress,
  type ProcessAnswer,
} from '../world/in-process-request.ts'
import { mutateToken } from '../world/mutate-token.ts'
import { plainCaller } from './verifier-target.ts'

const resources = {
  'GET /admin/users': 'admin.all',
  'GET /reports/:id': 'reports.read',
  'GET /public/:file': 'public',
  'GET /:area/:item': 'reports.read',
} as const

const words = [
  ...[
    'https ',
    'http ',
    'proxy ',
    'GET ',
    'HEAD ',
    'OPTIONS ',
    'POST ',
    '/admin/users',
    '/reports/1',
    '/public/a',
    '/ADMIN/',
  ],
  ...[
    '\nAuthorization: Bearer ',
    '\nX-Forwarded-Proto: https',
    '\nX-Forwarded-Proto: http',
    '\nForwarded: proto=https',
  ],
  ...[
    '\nX-Original-URL: /admin/users',
    '\nX-HTTP-Method-Override: GET',
    '?access_token=x',
    '\nOrigin: https://a',
    '//',
    '%2e',
  ],
]

/** One whole application, without a network: no route runs for whom the oracle forbids it, and nothing is a 5xx. */
export function appTarget(form: 'protect' | 'passport', world: FuzzWorld): Target {
  return {
    name: `app-${form}`,
    weight: form === 'protect' ? 4 : 3,
    seeds: seedsOf(world),
    words,
    mutate: mutateRequest,
    start: () => (form === 'protect' ? startApp('protect', world) : compareForms(world)),
  }
}

function seedsOf({ tokens }: FuzzWorld): readonly string[] {
  const [first = ''] = tokens.good
  const admin = tokens.good[1] ?? ''
  return [
    ...tokens.all.map((token) => `https GET /reports/1\nHost: localhost\nAuthorization: Bearer ${token}`),
    ...[...pathSpellings.keys()]
      .filter((index) => index % 4 === 0)
      .map((index) => `https GET ${pathSpellings[index]?.path ?? '/'}\nAuthorization: Bearer ${first}`),
    `https GET /admin/users\nAuthorization: Bearer ${admin}`,
    `proxy GET /reports/1\nX-Forwarded-Proto: https\nAuthorization: Bearer ${first}`,
    `proxy GET /reports/1\nX-Forwarded-Proto: https, http\nAuthorization: Bearer ${first}`,
    `http GET /reports/1\nX-Forwarded-Proto: https\nAuthorization: Bearer ${first}`,
    'https GET /public/a',
    'https GET /reports/1\nAuthorization: Bearer',
    'https GET /reports/1\nAuthorization: Basic YTpi',
    `https HEAD /reports/1?x=1\nAuthorization: bearer ${first}\nAuthorization: Bearer ${admin}`,
  ]
}

/** The lines as text, or the token in them. */
function mutateRequest(input: string, random: Random): string {
  const found = /bearer +([^\s]+)/i.exec(input)
  if (found?.[1] === undefined || random.once(3)) {
    return mutateText(input.slice(0, 200), random, { words, corpus: [], maximumLength: 400 }) + input.slice(200)
  }
  return input.replace(found[1], () => mutateToken(found[1] ?? '', random))
}

/** The pair of middlewares, and whether it answers as `protect` does. */
function compareForms(world: FuzzWorld): Subject {
  const pair = startApp('passport', world)
  const other = startApp('protect', world)
  return {
    execute: pair.execute,
    contradiction: async (input, answer) => {
      const { accepted: isAccepted, feature } = await other.execute(input)
      if (isAccepted !== answer.accepted || feature !== answer.feature) return `protect answers otherwise: ${feature}`
      return pair.contradiction?.(input, answer)
    },
    close: () => {
      pair.close?.()
      other.close?.()
    },
  }
}

function startApp(form: 'protect' | 'passport', { options, strict }: FuzzWorld): Subject {
  const s2s = createS2S({ ...(options as S2SOptions), onAuditEvent: () => undefined })
  const app = express()
  let handled: HandledRequest | undefined
  let failure: unknown
  const run =
    (route: HandledRequest['route']): RequestHandler =>
    (request, response) => {
      handled = { route, caller: callerOf(s2s, request) }
      response.json(route)
    }
  app.set('trust proxy', trustedAddress)
  app.use(...guardOf(form, s2s))
  app.all('/admin/users', run('admin'))
  app.all('/reports/:id', run('report'))
  app.all('/public/:file', run('public'))
  app.use((_request, response) => void response.status(404).json('no such route'))
  app.use(s2s.errorResponder())
  app.use(((error, _request, response, _next) => {
    failure = error
    response.status(500).json('unexpected')
  }) satisfies ErrorRequestHandler)
  const handle = createProcessHandler(app)

  return {
    execute: (input) => {
      const lines = readRequestLines(input)
      if (lines === undefined) return { accepted: false, feature: 'no request' }
      handled = undefined
      failure = undefined
      const answer = handle(lines)
      const finish = (given: ProcessAnswer): Answer => {
        if (failure !== undefined) throw failure as Error
        checkAnswer(given, input)
        return handled === undefined
          ? { accepted: false, feature: `${given.status} ${given.body.slice(0, 80)}`, value: given.body }
          : accepted(`${given.status} ${handled.route} ${handled.caller?.kind ?? 'nobody'}`, handled)
      }
      return answer instanceof Promise ? answer.then(finish) : finish(answer)
    },
    contradiction: (input, { accepted: isAccepted, value }) => {
      const lines = readRequestLines(input)
      return isAccepted && lines !== undefined ? whyForbidden(lines, value as HandledRequest, strict) : undefined
    },
    close: s2s.close,
  }
}

function guardOf(form: 'protect' | 'passport', s2s: S2S): RequestHandler[] {
  if (form === 'protect') return [s2s.protect(resources)]
  const passport = new Passport()
  passport.use(s2s.strategy)
  const settings = { session: false, failWithError: true, allowAnonymous: true }
  return [passport.authenticate('s2s', settings) as RequestHandler, s2s.protectResources(resources)]
}

function callerOf(s2s: S2S, request: Request): HandledRequest['caller'] {
  try {
    return plainCaller(s2s.principalOf(request))
  } catch {
    return undefined
  }
}

/** What holds of every answer, whatever was asked. */
function checkAnswer({ status, headers, body }: ProcessAnswer, input: string): void {
  if (status >= 500 && status !== 503) throw new Error(`${status}: ${body.slice(0, 200)}`)
  const challenge = headers['www-authenticate'] ?? ''
  if (typeof challenge !== 'string' || !/^[\x20-\x5b\x5d-\x7e]*$/.test(challenge))
    throw new Error('the challenge is bent')
  const token = /bearer +([^\s]+)/i.exec(input)?.[1] ?? ''
  const seen = challenge + body
  for (const part of token.split('.'))
    if (part.length > 20 && seen.includes(part)) throw new Error('the token comes back')
}
