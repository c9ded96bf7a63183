import express, { type Express, type Request, type Response } from 'express'
import helmet from 'helmet'
import { join } from 'node:path'
import type { ExampleServers } from '../start-servers.ts'
import { answerError } from './answer-error.ts'
import { viewDecision } from './decision-view.ts'
import type { Entrance } from './entrance.ts'
import type { Journal } from './journal.ts'
import { createLiveDecisions } from './live-decisions.ts'
import { renderPage, renderRefusal } from './page.ts'
import { prepareCalls } from './prepared-calls.ts'
import { sendCall, type CallResult } from './send-call.ts'
import type { TrustInput } from './trust-view.ts'

/** What the console shows and who may see it. */
export interface ConsoleInput {
  readonly servers: ExampleServers
  readonly journal: Journal
  readonly entrance: Entrance
  /** Called when a link was used: it will not work again. */
  readonly onEntered: () => void
}

/** The console: an application of its own. Whoever has no cookie of this run gets a 403 for whatever is asked for. */
export function createConsoleApp(input: ConsoleInput): Express {
  const { servers, journal, entrance } = input
  const groups = prepareCalls(servers)
  const trust = trustOf(servers)
  let result: CallResult | undefined

  async function answerForm(request: Request, response: Response): Promise<void> {
    const { call: name, token } = (request.body ?? {}) as Record<string, unknown>
    const call = groups.flatMap(({ calls }) => calls).find((one) => one.name === name)
    if (!entrance.isOwnForm(request, token)) response.sendStatus(403)
    else if (call === undefined) response.sendStatus(404)
    else {
      result = await sendCall(call, { servers, journal })
      response.redirect(303, '/#result')
    }
  }

  const app = express()
  app.disable('x-powered-by')
  app.use(createSecurityHeaders())
  app.get('/enter', createDoor(input))
  app.use((request, response, next) => {
    if (entrance.isAdmitted(request)) next()
    else response.status(403).send(renderRefusal())
  })
  app.get('/', (_request, response) => {
    const decisions = journal.entries().map(viewDecision)
    response.send(renderPage({ trust, groups, formToken: entrance.formToken, result, decisions }))
  })
  app.get('/live', createLiveDecisions(journal))
  app.post('/calls', express.urlencoded({ extended: false, limit: '1kb', parameterLimit: 4 }), answerForm)
  for (const file of ['console.css', 'console-calls.css', 'console-decisions.css', 'console.js', 'console.svg']) {
    app.get(`/${file}`, (_request, response) => {
      response.sendFile(join(import.meta.dirname, file), { cacheControl: false })
    })
  }
  app.use((_request: Request, response: Response) => response.sendStatus(404))
  app.use(answerError)
  return app
}

/** Nothing but the files of this origin; no text that is put into the page can be run. Nothing is kept by browsers. */
function createSecurityHeaders(): express.RequestHandler[] {
  const own = ["'self'"]
  const nothing = ["'none'"]
  return [
    helmet({
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: nothing,
          ...{ scriptSrc: own, styleSrc: own, imgSrc: own, connectSrc: own, formAction: own },
          ...{ baseUri: nothing, frameAncestors: nothing, requireTrustedTypesFor: ["'script'"], trustedTypes: nothing },
        },
      },
      // With `no-referrer` browsers send `Origin: null` with forms.
      referrerPolicy: { policy: 'same-origin' },
      // It would bind every port of localhost, also those of other projects.
      strictTransportSecurity: false,
      xFrameOptions: { action: 'deny' },
    }),
    (_request, response, next) => {
      response.set('cache-control', 'no-store')
      next()
    },
  ]
}

function createDoor({ entrance, onEntered }: ConsoleInput): express.RequestHandler {
  return function openDoor(request, response) {
    if (!entrance.open(request.query['key'])) {
      response.status(403).send(renderRefusal())
      return
    }
    response.set('set-cookie', entrance.cookie).redirect(303, '/')
    onEntered()
  }
}

function trustOf({ documentServer, reportServer, documentS2S, reportS2S, options }: ExampleServers): TrustInput[] {
  return [
    { title: 'Document service', url: documentServer.url, options: options.document, s2s: documentS2S },
    { title: 'Report server', url: reportServer.url, options: options.report, s2s: reportS2S },
  ]
}
