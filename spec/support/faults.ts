import type { ServerResponse } from 'node:http'
import type { Fault } from './failing-issuer.ts'

/** Accepts the request and never answers. */
export const neverAnswers: Fault = { answer: () => undefined }

/** Sends one byte after the other, for ever. */
export const drips: Fault = {
  answer: (_request, response) => {
    response.write('{"keys":[')
    const timer = setInterval(() => response.write(' '), 20)
    response.on('close', () => {
      clearInterval(timer)
    })
  },
}

/** Sends as fast as it can, for ever. */
export const neverEnds: Fault = {
  answer: (_request, response) => {
    response.setHeader('content-type', 'application/json')
    sendWithoutEnd(response)
  },
}

/** Fills a body until the other side gives up. */
export function sendWithoutEnd(response: ServerResponse): void {
  response.write('{"a":"')
  const more = (): void => {
    while (!response.destroyed && response.write('x'.repeat(65_536)));
  }
  response.on('drain', more)
  more()
}

/** Answers everything in the same way. */
export function answers(status: number, body: string | Buffer, headers: Readonly<Record<string, string>> = {}): Fault {
  return { answer: (_request, response) => response.writeHead(status, { ...headers }).end(body) }
}
