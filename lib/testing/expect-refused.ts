import { AssertionError } from 'node:assert'
import type { RequestListener } from 'node:http'
import type { Attack, AttackedApp, RefusalProbes } from './attack.ts'
import { sendRequest, type TestAnswer, type TestRequest } from './send-request.ts'
import { serveOverHttps, type TestServer } from './serve-over-https.ts'

/** Where attacks go, and a token that is not one. */
export interface AttackTarget {
  readonly method: string
  readonly path: string
  /** Makes a token that the application must not refuse for what it is. */
  honestToken(this: void): string
}

type RunningApp = Pick<TestServer, 'url' | 'ca'>

const served = new WeakMap<RequestListener, Promise<TestServer>>()

/** Makes the `expectRefused` of attacks on one target. An honest token goes to every application first. */
export function createExpectRefused({ method, path, honestToken }: AttackTarget) {
  const controlled = new WeakMap<AttackedApp, Promise<void>>()

  async function control(app: AttackedApp, running: RunningApp): Promise<void> {
    const { status } = await sendRequest(running, { method, path, headers: bearer(honestToken()) })
    // 403 says that the application knew the caller.
    if (status < 400 || status === 403) return
    controlled.delete(app)
    throw failure(
      `an honest token is answered with ${status} too, so a refusal proves nothing: give the options of the test issuer to trustedIssuers, its audience and clock to createS2S, and a path that exists`,
      { actual: status, expected: 200 },
    )
  }

  return async function expectRefused(
    attack: Omit<Attack, 'expectRefused'>,
    app: AttackedApp,
    probes: RefusalProbes = {},
  ): Promise<void> {
    const running = await runningApp(app)
    const before = controlled.get(app) ?? control(app, running)
    controlled.set(app, before)
    await before
    await judge(attack, probes, () => sendRequest(running, { method, path, headers: attack.headers }))
  }
}

function runningApp(app: AttackedApp): RunningApp | Promise<RunningApp> {
  if (typeof app !== 'function') return app
  const known = served.get(app) ?? serveOverHttps(app)
  served.set(app, known)
  return known
}

/** The header that carries a token. */
export function bearer(token: string): TestRequest['headers'] {
  return { authorization: `Bearer ${token}` }
}

type Judged = Omit<Attack, 'expectRefused'>

async function judge(attack: Judged, probes: RefusalProbes, send: () => Promise<TestAnswer>): Promise<void> {
  const { handlerCalls, auditEvents } = probes
  const calls = handlerCalls?.()
  const firstEvent = auditEvents?.length
  const answer = await send()
  judgeAnswer(attack, answer)
  if (handlerCalls?.() !== calls) throw failure(`${attack.name}: refused, but the handler ran`)
  if (auditEvents !== undefined) judgeEvents(attack, auditEvents.slice(firstEvent))
}

function judgeAnswer({ name, reason, token, expected }: Judged, { status, headers, body }: TestAnswer): void {
  if (status !== expected.status) {
    const what = status < 400 ? `accepted: ${reason}` : 'not refused as expected'
    throw failure(`${name}: ${what}`, { actual: status, expected: expected.status })
  }
  const seen = body + JSON.stringify(headers)
  if (token.split('.').some((part) => part.length > 12 && seen.includes(part))) {
    throw failure(`${name}: refused, but the answer repeats a part of the token`)
  }
}

function judgeEvents({ name, expected }: Judged, events: NonNullable<RefusalProbes['auditEvents']>): void {
  const codes = events.flatMap(({ code }) => code ?? [])
  if (expected.codes.some((code) => codes.includes(code))) return
  throw failure(`${name}: refused for another reason`, { actual: codes, expected: expected.codes })
}

function failure(message: string, values: { actual?: unknown; expected?: unknown } = {}): AssertionError {
  return new AssertionError({ message, operator: 'expectRefused', ...values })
}
