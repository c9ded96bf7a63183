import type { ErrorRequestHandler } from 'express'

/** Says that something went wrong, and nothing else: Express would show the stack. */
export const answerError: ErrorRequestHandler = (error, _request, response, next) => {
  if (response.headersSent) next(error)
  else response.sendStatus((error as { status?: number }).status ?? 500)
}
