import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { AuditEvent, S2SPrincipal } from 'passport-s2s'
import { describeForms } from './describe-forms.ts'
import type { GuardedApp, GuardedAppOptions } from './guarded-app.ts'
import { sendRaw, type RawRequest } from './send-raw.ts'

/** A request that looks like an attack and is none, or the honest one beside an attack. */
export interface AcceptedCase extends Omit<RawRequest, 'headers'> {
  readonly name: string
  /** `undefined`: none is sent. */
  readonly token: string | undefined
  /** The scheme in front of the token. Default `Bearer`. */
  readonly scheme?: string
  readonly headers?: readonly (readonly [name: string, value: string])[]
  /** Held against the principal that the handler saw, and against the audit events of this request. */
  readonly check?: (principal: S2SPrincipal, events: readonly AuditEvent[]) => void
}

/** Sends every case to an application guarded in either form; the handler must run. Shows that a refusal has its reason. */
export function describeAccepted(
  title: string,
  options: Omit<GuardedAppOptions, 'form'>,
  cases: readonly AcceptedCase[],
): void {
  describeForms(title, options, (app) => {
    for (const honest of cases) {
      it(`accepts ${honest.name}`, async () => {
        await assertAccepted(app(), honest)
      })
    }
  })
}

/** Sends one case and asserts that the handler ran, once, and that no part of the token is in answer or audit. */
async function assertAccepted(
  app: GuardedApp,
  { name: _name, token, scheme = 'Bearer', headers = [], check, ...request }: AcceptedCase,
): Promise<void> {
  const calls = app.handlerCalls()
  const firstEvent = app.events.length
  const credential: [string, string][] = token === undefined ? [] : [['Authorization', `${scheme} ${token}`]]
  const answer = await sendRaw(app, { ...request, headers: [...credential, ...headers] })
  const events = app.events.slice(firstEvent)
  assert.equal(answer.status, 200, answer.body + JSON.stringify(events))
  assert.equal(app.handlerCalls(), calls + 1)
  assert.equal(answer.headers['x-handler'], 'ran')
  const seen = answer.body + JSON.stringify(answer.headers) + JSON.stringify(events)
  for (const part of token?.split('.') ?? []) assert.ok(part.length < 13 || !seen.includes(part), 'the token leaks')
  if (check === undefined) return
  const caller = app.lastCaller()
  assert.ok(caller)
  check(caller, events)
}
