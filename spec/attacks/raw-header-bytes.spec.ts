import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { connect } from 'node:tls'
import { forms, startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { makeWorld } from '../support/world.ts'

const { oauth, options } = await makeWorld()
const token = await oauth.token({ claims: { scope: 'reports.read' } })
const head = token.slice(0, 40)
const rest = token.slice(40)

/** Header lines that no HTTP client writes; Node itself refuses most of them before we see the request. */
const lines: Readonly<Record<string, string>> = {
  'row 8: a folded line behind the scheme': `Authorization: Bearer\r\n ${token}`,
  'row 8: a folded line behind the scheme, tab': `Authorization: Bearer\r\n\t${token}`,
  'row 8: a folded line in front of the scheme': `Authorization:\r\n Bearer x${token}`,
  'row 8: a folded token': `Authorization: Bearer ${head}\r\n ${rest}`,
  'row 8: a folded token with bare line feeds': `Authorization: Bearer ${head}\n ${rest}`,
  'row 8: a bare carriage return': `Authorization: Bearer ${head}\r${rest}`,
  'row 8: a zero byte': `Authorization: Bearer ${head}\0${rest}`,
  'row 8: a bell': `Authorization: Bearer ${head}\x07${rest}`,
  'row 8: a delete': `Authorization: Bearer ${head}\x7f${rest}`,
  'row 8: a raw latin-1 byte': `Authorization: Bearer ${head}\xe9${rest}`,
  'row 8: a space in front of the colon': `Authorization : Bearer ${token}`,
  'row 8: a header name with a latin-1 byte': `Authorizati\xf6n: Bearer ${token}`,
  'row 4: two headers, the second folded away': `Authorization: Basic x\r\nAuthorization:\r\n Bearer ${token}`,
  'row 4: two headers with bare line feeds': `Authorization: Basic x\nAuthorization: Bearer ${token}`,
  'row 4: a second header behind a bare carriage return': `X-A: b\rAuthorization: Bearer ${token}`,
}

for (const form of forms) {
  describe(`a request whose bytes are bent (${form})`, () => {
    let app: GuardedApp
    before(async () => {
      app = await startGuardedApp({ form, s2s: options, resources: { 'GET /reports/:id': 'reports.read' } })
    })
    after(() => app.close())

    for (const [name, line] of Object.entries(lines)) {
      it(`refuses ${name}`, async () => {
        const answer = await sendBytes(app, `GET /reports/1 HTTP/1.1\r\nHost: localhost\r\n${line}\r\n`)
        assert.match(answer, /^HTTP\/1\.1 (400|401) /)
        assertNothingHappened(app, answer)
      })
    }

    it('refuses row 9: a header of 200 kB', async () => {
      const large = `Authorization: Bearer ${token}${'A'.repeat(200_000)}`
      const answer = await sendBytes(app, `GET /reports/1 HTTP/1.1\r\nHost: localhost\r\n${large}\r\n`)
      assert.match(answer, /^HTTP\/1\.1 431 /)
      assertNothingHappened(app, answer)
    })

    it('accepts the same bytes when they are straight', async () => {
      const line = `Authorization: Bearer ${token}`
      const answer = await sendBytes(app, `GET /reports/1 HTTP/1.1\r\nHost: localhost\r\n${line}\r\n`)
      assert.match(answer, /^HTTP\/1\.1 200 /)
      assert.equal(app.handlerCalls(), 1)
    })
  })
}

function assertNothingHappened(app: GuardedApp, answer: string): void {
  assert.equal(app.handlerCalls(), 0, 'the handler ran')
  assert.deepEqual(app.failures, [])
  for (const text of [answer, JSON.stringify(app.events)]) {
    assert.ok(!/x-handler/i.test(text))
    assert.ok(!text.includes(head) && !text.includes(rest), 'a part of the token leaks')
  }
}

/** Sends bytes as they are and gives the whole answer; what comes back before the peer hangs up counts. */
function sendBytes({ port, ca }: GuardedApp, head: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca, servername: 'localhost' })
    let answer = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      answer += chunk
    })
    socket.on('close', () => {
      resolve(answer)
    })
    socket.on('error', (error: Error) => {
      if (answer === '') reject(error)
    })
    socket.write(Buffer.from(`${head}Connection: close\r\n\r\n`, 'latin1'))
  })
}
