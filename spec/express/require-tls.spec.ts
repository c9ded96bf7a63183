import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import type { AuditEvent } from '../../lib/audit/audit-event.ts'
import { createErrorResponder } from '../../lib/express/error-responder.ts'
import { requireTls } from '../../lib/express/require-tls.ts'
import { bearer, sendThrough, type OneRequest, type Outcome } from '../support/one-request.ts'
import { refusal } from '../support/refusal.ts'

const events: AuditEvent[] = []
const onAuditEvent = (event: AuditEvent): unknown => events.push(event)

const send = (request: Partial<OneRequest>): Promise<Outcome> =>
  sendThrough({ middleware: [requireTls({ onAuditEvent })], errorHandler: createErrorResponder(), ...request })

describe('requireTls', () => {
  it('lets https pass, with HSTS and without an event', async () => {
    const { answer, passed } = await send({ headers: bearer('a.b.c') })
    assert.notEqual(passed, undefined)
    assert.equal(answer.headers['strict-transport-security'], 'max-age=31536000')
    assert.deepEqual(events.splice(0), [])
  })

  for (const { name, headers, event, reason } of [
    { name: 'without a credential', headers: [], event: 'request.rejected', reason: /set "trust proxy"/ },
    { name: 'with a token', headers: bearer('a.b.c'), event: 'token.exposed', reason: /treat it as leaked$/ },
    {
      name: 'with another credential',
      headers: [['Authorization', 'Basic YTpi']] as const,
      event: 'token.exposed',
      reason: /treat it as leaked$/,
    },
    {
      name: 'that says it came over https',
      headers: [['X-Forwarded-Proto', 'https']] as const,
      event: 'request.rejected',
      reason: /set "trust proxy"/,
    },
  ]) {
    it(`refuses plain http ${name}, and redirects nobody`, async () => {
      const { answer, passed } = await send({ plainHttp: true, headers })
      assert.equal(passed, undefined)
      assert.equal(answer.status, 403)
      assert.equal((JSON.parse(answer.body) as { error: string }).error, 'insufficient_transport_security')
      for (const header of ['location', 'www-authenticate', 'strict-transport-security']) {
        assert.equal(answer.headers[header], undefined)
      }
      const [heard, ...others] = events.splice(0)
      assert.deepEqual(others, [])
      assert.deepEqual([heard?.name, heard?.outcome, heard?.code], [event, 'refused', 'ERR_S2S_TLS_REQUIRED'])
      assert.match(heard?.reason ?? '', reason)
      assert.ok(!JSON.stringify(heard).includes('a.b.c'))
    })
  }

  it('lets plain http pass where that was asked for, and warns of it loudly', async () => {
    const warned = once(process, 'warning') as Promise<[Error & { code?: string }]>
    const middleware = [requireTls({ onAuditEvent, dangerouslyAllowPlainHttp: true })]
    const [warning] = await warned
    assert.equal(warning.code, 'S2S_PLAIN_HTTP')
    const { answer, passed } = await send({ plainHttp: true, middleware })
    assert.notEqual(passed, undefined)
    assert.equal(answer.headers['strict-transport-security'], undefined)
    assert.deepEqual(
      events.splice(0).map(({ name }) => name),
      ['plain-http.allowed'],
    )
  })

  it('hands on what fails besides as an error, and never as "go on"', async () => {
    for (const thrown of [new TypeError('a bug'), undefined, 'route']) {
      const { passed, error } = await sendThrough({
        plainHttp: true,
        headers: [['X-Forwarded-Proto', 'https']],
        middleware: [
          (request, _response, next) => {
            request.app.set('trust proxy', () => {
              throw thrown as Error
            })
            next()
          },
          requireTls(),
        ],
      })
      assert.equal(passed, undefined)
      assert.ok(error instanceof Error)
      if (thrown instanceof Error) assert.equal(error, thrown)
    }
  })

  it('checks its options at start', () => {
    assert.throws(
      () => requireTls({ hsts: { maxAge: 5 } } as object),
      refusal('ERR_S2S_OPTION_UNKNOWN', /^options\.hsts\.maxAge is unknown/),
    )
  })
})
