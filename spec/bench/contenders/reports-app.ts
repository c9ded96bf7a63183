import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'

/** The application that all contenders guard: one small JSON route, and refusals without a stack. */
export function createReportsApp(...guards: readonly (RequestHandler | ErrorRequestHandler)[]): Express {
  const app = express()
  for (const guard of guards) app.use(guard)
  app.get('/reports/:id', (request, response) => {
    response.json({ id: request.params.id, title: 'Report' })
  })
  app.use(answerRefusal)
  return app
}

const answerRefusal: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  const { status = 401, headers = {} } = error as { status?: number; headers?: Record<string, string> }
  response.status(status).set(headers).json({ error: 'refused' })
}
