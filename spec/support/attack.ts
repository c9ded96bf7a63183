import assert from 'node:assert/strict'
import { it } from 'node:test'
import { describeForms } from './describe-forms.ts'
import type { GuardedApp, GuardedAppOptions } from './guarded-app.ts'
import { sendRaw, type RawAnswer, type RawRequest } from './send-raw.ts'

/** One hostile request and the answer it must get. */
export interface AttackCase extends Omit<RawRequest, 'headers'> {
  /** A sentence that starts with the matrix row: `row 11: alg None`. */
  readonly name: string
  /** Sent as `Authorization: Bearer <token>`. */
  readonly token?: string
  /** Header names and values in turn, so that a name may occur twice. */
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly status: number
  /** The code in the audit event; `undefined` where no credential was sent. */
  readonly code: string | undefined
}

/** Sends every case to an application guarded in either form and holds the invariants of every refusal. */
export function describeAttack(
  title: string,
  options: Omit<GuardedAppOptions, 'form'>,
  cases: readonly AttackCase[],
): void {
  describeForms(title, options, (app) => {
    for (const attack of cases) {
      it(`refuses ${attack.name}`, async () => {
        await assertRefused(app(), attack)
      })
    }
  })
}

/** Sends one case and asserts status, code, that no handler ran, and that nothing of the token comes back. */
export async function assertRefused(app: GuardedApp, attack: AttackCase): Promise<RawAnswer> {
  const calls = app.handlerCalls()
  const firstEvent = app.events.length
  const answer = await sendRaw(app, withToken(attack))
  const events = app.events.slice(firstEvent)
  assert.equal(answer.status, attack.status, answer.body)
  assert.equal(app.handlerCalls(), calls, 'the handler ran')
  assert.equal(answer.headers['x-handler'], undefined)
  assert.deepEqual(app.failures, [])
  assert.deepEqual(
    [...new Set(events.flatMap(({ code }) => code ?? []))],
    attack.code === undefined ? [] : [attack.code],
  )
  assert.equal(answer.headers['cache-control'], 'no-store')
  assertNothingLeaks(attack, answer.body + JSON.stringify(answer.headers) + JSON.stringify(events))
  assertChallenge(answer)
  return answer
}

function withToken({ token, headers = [], ...request }: AttackCase): RawRequest {
  const credential: [string, string][] = token === undefined ? [] : [['Authorization', `Bearer ${token}`]]
  return { ...request, headers: [...credential, ...headers] }
}

/** Neither the token or proof nor a segment of it, nor what its payload names, may come back. */
function assertNothingLeaks({ token, headers = [] }: AttackCase, seen: string): void {
  const credentials = headers.filter(([name]) => /^(?:authorization|dpop)$/i.test(name)).map(([, value]) => value)
  for (const part of [token ?? '', ...credentials].flatMap((text) => text.split(/[. ]/))) {
    if (part.length > 12) assert.ok(!seen.includes(part), 'a part of the token leaks')
  }
  assert.ok(!/\bat .+:\d+:\d+/.test(seen), 'a stack leaks')
}

const attributes = String.raw`( [a-z_]+="[\x20\x21\x23-\x5b\x5d-\x7e]*"(, [a-z_]+="[\x20\x21\x23-\x5b\x5d-\x7e]*")*)`
const challengePattern = new RegExp(`^Bearer${attributes}?(, DPoP${attributes})?$`)

/** RFC 6750 section 3: printable ASCII without backslash; a quote only around values. `DPoP` (RFC 9449) comes behind. */
function assertChallenge({ status, headers }: RawAnswer): void {
  const challenge = headers['www-authenticate']
  if (status === 401) assert.ok(challenge !== undefined, 'a 401 has a challenge')
  if (challenge === undefined) return
  assert.match(challenge, challengePattern)
}
