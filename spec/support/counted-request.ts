import assert from 'node:assert/strict'
import { callsDuring, countCryptoCalls } from '../bench/in-process/count-crypto-calls.ts'
import { assertRefused } from './attack.ts'
import type { GuardedApp } from './guarded-app.ts'
import { bearer } from './one-request.ts'
import { sendRaw } from './send-raw.ts'

countCryptoCalls()

/** How many signatures are verified while `work` runs; whatever else runs in this process meanwhile counts too. */
export async function signatureChecksDuring(work: () => Promise<unknown>): Promise<number> {
  return (await callsDuring(work)).signatureChecks
}

/** The token is accepted and the handler runs, after so many signatures were verified: none for a remembered one. */
export async function assertAcceptedAfter(checks: number, app: GuardedApp, token: string): Promise<void> {
  const calls = app.handlerCalls()
  const counted = await signatureChecksDuring(async () => {
    const answer = await sendRaw(app, { headers: bearer(token) })
    assert.equal(answer.status, 200, answer.body + JSON.stringify(app.events.at(-1)))
  })
  assert.equal(app.handlerCalls(), calls + 1, 'the handler did not run')
  assert.equal(counted, checks, 'signatures were verified')
}

/** The token is verified, and from then on remembered. */
export async function makeRemembered(app: GuardedApp, token: string): Promise<void> {
  await assertAcceptedAfter(1, app, token)
  await assertAcceptedAfter(0, app, token)
}

/** Refused with this code; no handler ran. */
export async function assertRefusedWith(code: string, app: GuardedApp, token: string, status = 401): Promise<void> {
  await assertRefused(app, { name: code, token, status, code })
}
