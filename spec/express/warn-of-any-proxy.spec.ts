import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import express from 'express'
import type { AuditEvent } from '../../lib/audit/audit-event.ts'
import { createAuditLog, type AuditLog } from '../../lib/audit/audit-log.ts'
import { requireTls } from '../../lib/express/require-tls.ts'
import { warnOfAnyProxy } from '../../lib/express/warn-of-any-proxy.ts'
import { fixedClock } from '../support/clock.ts'
import { sendThrough } from '../support/one-request.ts'

/** What the process warned of while `act` ran. */
async function warningsOf(act: () => unknown): Promise<readonly (string | undefined)[]> {
  const codes: (string | undefined)[] = []
  const hear = (warning: Error & { code?: string }): unknown => codes.push(warning.code)
  process.on('warning', hear)
  await act()
  await nextTurn()
  process.off('warning', hear)
  return codes
}

function appThatTrusts(trustProxy: unknown): express.Express {
  const app = express()
  if (trustProxy !== undefined) app.set('trust proxy', trustProxy)
  return app
}

function listeningLog(): { audit: AuditLog; events: AuditEvent[] } {
  const events: AuditEvent[] = []
  return { audit: createAuditLog({ clock: fixedClock, onAuditEvent: (event) => events.push(event) }), events }
}

const socket = { remoteAddress: '203.0.113.9' }
const headers = { 'x-forwarded-proto': 'https' }

describe('warnOfAnyProxy', () => {
  it('warns once of an application that trusts everybody, and tells each log once', async () => {
    const app = appThatTrusts(true)
    const [first, second] = [listeningLog(), listeningLog()]
    const codes = await warningsOf(() => {
      for (const { audit } of [first, second, first, second]) warnOfAnyProxy({ headers, socket, app }, audit)
    })
    assert.deepEqual(codes, ['S2S_ANY_PROXY_TRUSTED'])
    for (const { events } of [first, second]) {
      assert.deepEqual(
        events.map(({ name, outcome }) => ({ name, outcome })),
        [{ name: 'any-proxy.trusted', outcome: 'notice' }],
      )
      assert.match(events[0]?.reason ?? '', /"trust proxy" is true/)
    }
  })

  it('warns of each application', async () => {
    const { audit, events } = listeningLog()
    const codes = await warningsOf(() => {
      for (const app of [appThatTrusts(true), appThatTrusts(true)]) warnOfAnyProxy({ headers, socket, app }, audit)
    })
    assert.equal(codes.length, 2)
    assert.equal(events.length, 2)
  })

  for (const trustProxy of [undefined, false, 1, 'loopback', ['loopback'], () => true]) {
    it(`says nothing of trust proxy: ${String(trustProxy)}`, async () => {
      const { audit, events } = listeningLog()
      const request = { headers, socket, app: appThatTrusts(trustProxy) }
      assert.deepEqual(
        await warningsOf(() => {
          warnOfAnyProxy(request, audit)
        }),
        [],
      )
      assert.deepEqual(events, [])
    })
  }

  it('reads no setting for a request that does not say how it came, and needs no application', () => {
    const { audit, events } = listeningLog()
    const app = {
      get: () => {
        throw new Error('was asked')
      },
    }
    warnOfAnyProxy({ headers: { forwarded: 'proto=https' }, socket, app }, audit)
    warnOfAnyProxy({ headers, socket }, audit)
    assert.deepEqual(events, [])
  })

  it('is asked by the guards, whatever they answer', async () => {
    for (const [forwarded, isPassed] of [
      ['https', true],
      ['http', false],
    ] as const) {
      const events: AuditEvent[] = []
      const trustEverybody: express.RequestHandler = (request, _response, next) => {
        request.app.set('trust proxy', true)
        next()
      }
      const middleware = [trustEverybody, requireTls({ onAuditEvent: (event) => events.push(event) })]
      const { passed } = await sendThrough({
        plainHttp: true,
        headers: [['X-Forwarded-Proto', forwarded]],
        middleware,
      })
      assert.equal(passed !== undefined, isPassed)
      assert.equal(events[0]?.name, 'any-proxy.trusted')
    }
  })
})
