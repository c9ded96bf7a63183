import type { Request, Response } from 'express'
import { viewDecision } from './decision-view.ts'
import type { Journal, JournalEntry } from './journal.ts'

const maximumReaders = 10
const millisecondsBetweenSigns = 20_000

/** Sends decisions to the page as they are made (server-sent events), beginning with those after the last it has. */
export function createLiveDecisions(journal: Journal): (request: Request, response: Response) => void {
  let readers = 0
  return function sendLiveDecisions(request, response) {
    if (readers >= maximumReaders) {
      response.status(503).end()
      return
    }
    readers += 1
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const send = (entry: JournalEntry): void => {
      response.write(`id: ${entry.id}\ndata: ${JSON.stringify(viewDecision(entry))}\n\n`)
    }
    const last = Number(request.get('last-event-id') ?? request.query['after'])
    const missed = journal.entries().filter(({ id }) => id > last)
    missed.reverse().forEach(send)
    response.write(': here\n\n')
    const stop = journal.onEntry(send)
    const sign = setInterval(() => response.write(': still here\n\n'), millisecondsBetweenSigns)
    response.on('close', () => {
      readers -= 1
      stop()
      clearInterval(sign)
    })
  }
}
