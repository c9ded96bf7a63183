import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { after, describe, it } from 'node:test'
import { drips, neverAnswers, sendWithoutEnd } from '../support/faults.ts'
import { describeMetadataAttack, type MetadataCase, type Served } from '../support/metadata-attack.ts'

const documents = ['discovery', 'keySet', 'metadata'] as const
/** How much each answer could send before the connection was closed. */
const sent: number[] = []

function counting(send: (response: ServerResponse) => void): Served {
  return (_request, response) => {
    const { socket } = response
    response.on('close', () => sent.push(socket?.bytesWritten ?? 0))
    send(response)
  }
}

const bodies: readonly (readonly [name: string, served: Served, timeoutMilliseconds: number])[] = [
  ['40 MB', counting(announce), 3000],
  ['a body without end', counting(sendWithoutEnd), 3000],
  ['headers without end', sendHeaders, 3000],
  ['a body that drips', drips.answer ?? assert.fail(), 300],
  ['never sent', neverAnswers.answer ?? assert.fail(), 300],
  ['never sent to its end', (_request, response) => void response.write('{'), 300],
]

describeMetadataAttack(
  'a document without end',
  bodies.flatMap(([name, served, timeoutMilliseconds]) =>
    documents.map((document): MetadataCase => ({
      name: `row 67: the ${document} is ${name}`,
      [document]: () => served,
      timeoutMilliseconds,
      code: 'ERR_S2S_KEYS_UNREACHABLE',
    })),
  ),
)

describe('what was sent without end', () => {
  after(() => {
    sent.length = 0
  })
  it('row 67: was read up to 512 KiB, and what lay in buffers', () => {
    assert.equal(sent.length, 12)
    for (const bytes of sent) assert.ok(bytes < 8_000_000, `${bytes} bytes`)
  })
})

function announce(response: ServerResponse): void {
  response.setHeader('content-length', 40_000_000)
  sendWithoutEnd(response)
}

/** More than any client of HTTP takes. */
function sendHeaders({ socket }: IncomingMessage): void {
  socket.write('HTTP/1.1 200 OK\r\n')
  const more = (): void => {
    while (!socket.destroyed && socket.write(`x-${'x'.repeat(1000)}: x\r\n`));
  }
  socket.on('drain', more)
  socket.on('error', () => undefined)
  more()
}
