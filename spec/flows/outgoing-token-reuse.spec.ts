import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, beforeEach, describe, it } from 'node:test'
import fc from 'fast-check'
import { createS2SClient } from '../../lib/outgoing/s2s-client.ts'
import type { S2SFetchInit } from '../../lib/outgoing/s2s-client.ts'
import { makeMovableClock } from '../support/clock.ts'
import { makeCaller, sayWho, startRecordingServer, startTarget, type RecordingServer } from '../support/target.ts'
import { makeSigningKey } from '../support/signing-keys.ts'
import { readClaims } from '../support/tokens.ts'

const time = makeMovableClock()
const { server: callingServer, events, key } = await makeCaller(time.clock)
const keys = [key, await makeSigningKey({ commonName: 'Next' })]

function mintedSince(count: number): number {
  return events.slice(count).filter(({ name }) => name === 'token.minted').length
}

describe('500 calls to one target at the same time', () => {
  let target: RecordingServer
  before(async () => {
    target = await startTarget((response) => response.end('fine'))
  })
  after(() => target.close())

  it('make exactly one token, and ask once who the target is', async () => {
    const count = events.length
    const client = createS2SClient({ target: target.url, ca: target.ca }, callingServer)
    const answers = await Promise.all(Array.from({ length: 500 }, (_, index) => client.fetch(`/${index}`)))
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    assert.equal(mintedSince(count), 1)
    assert.deepEqual([target.tokens().length, new Set(target.tokens()).size], [500, 1])
    assert.equal(target.received.length, 501)
    client.close()
  })

  it('make one token for each user who is named', async () => {
    const count = events.length
    const sent = target.tokens().length
    const client = createS2SClient({ target: target.url, ca: target.ca }, callingServer)
    const call = (index: number): Promise<Response> => client.fetch('/', { onBehalfOf: { upn: `user ${index % 5}` } })
    await Promise.all(Array.from({ length: 500 }, (_, index) => call(index)))
    assert.equal(mintedSince(count), 5)
    const tokens = target.tokens().slice(sent)
    assert.deepEqual([tokens.length, new Set(tokens).size], [500, 5])
    client.close()
  })

  it('say in the audit event which token it was', () => {
    const told = new Set(events.map(({ tokenId }) => tokenId).filter((id) => id !== undefined))
    const arrived = target.tokens().map((token) => createHash('sha256').update(token).digest('base64url'))
    assert.deepEqual(told, new Set(arrived))
  })
})

/** What happens between, and among, calls. */
type Step =
  | { readonly kind: 'calls'; readonly users: readonly number[] }
  | { readonly kind: 'time'; readonly seconds: number }
  | { readonly kind: 'refuse'; readonly count: number }
  | { readonly kind: 'drop'; readonly count: number }
  | { readonly kind: 'fail'; readonly count: number }
  | { readonly kind: 'roll-over' }
  | { readonly kind: 'rename' }

const count = fc.integer({ min: 1, max: 4 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('calls' as const),
      users: fc.array(fc.nat(6), { minLength: 1, maxLength: 12 }),
    }),
  },
  fc.record({ kind: fc.constant('time' as const), seconds: fc.constantFrom(1, 29, 30, 31, 3000, 3300, 3601) }),
  fc.record({ kind: fc.constant('refuse' as const), count }),
  fc.record({ kind: fc.constant('drop' as const), count }),
  fc.record({ kind: fc.constant('fail' as const), count }),
  fc.record({ kind: fc.constantFrom('roll-over' as const, 'rename' as const) }),
)

/** Users who are easily taken for each other; the first is nobody: the application itself. */
const users: readonly (S2SFetchInit['onBehalfOf'] | undefined)[] = [
  undefined,
  { upn: 'dana' },
  { smtp: 'dana' },
  { upn: 'dana', smtp: 'dana' },
  { nameid: 'dana', nii: 'store' },
  { nameid: 'dana', nii: 'other' },
  { upn: 'dana","dana' },
]
const names = users.map((user) => JSON.stringify(nameOf({ ...user })))

function nameOf(claims: Readonly<Record<string, unknown>>): readonly unknown[] {
  return [
    claims['upn'],
    claims['smtp'],
    claims['sip'],
    claims['nii'],
    claims['nii'] === undefined ? null : claims['nameid'],
  ]
}

describe('tokens of several users, whatever happens in between', () => {
  let target: RecordingServer
  const pending = { refuse: 0, drop: 0, fail: 0 }
  let realm = 0
  /** Calls that arrived with a token of somebody else. */
  const mixUps: string[] = []
  const arrivals = new Set<string>()

  before(async () => {
    target = await startRecordingServer((response, { headers }) => {
      if (headers.authorization === 'Bearer') {
        sayWho(response, `Bearer realm="realm-${realm}",client_id="target"`)
        return
      }
      const claims = readClaims(headers.authorization?.slice('Bearer '.length) ?? '')
      const named = 'actortoken' in claims ? JSON.stringify(nameOf(claims)) : names[0]
      const expected = names[Number(headers['x-user'])]
      if (named !== expected) mixUps.push(`${named ?? ''} instead of ${expected ?? ''}`)
      arrivals.add(named ?? '')
      const wanted = takeOne()
      if (wanted === 'drop') response.destroy()
      else response.writeHead(wanted === 'refuse' ? 401 : wanted === 'fail' ? 500 : 200).end(headers['x-user'])
    })
  })
  beforeEach(() => {
    Object.assign(pending, { refuse: 0, drop: 0, fail: 0 })
  })
  after(() => target.close())

  function takeOne(): keyof typeof pending | undefined {
    const name = (['drop', 'refuse', 'fail'] as const).find((kind) => pending[kind] > 0)
    if (name !== undefined) pending[name] -= 1
    return name
  }

  it('are never used for another one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
        let current = 0
        const client = createS2SClient(
          { target: target.url, ca: target.ca, lifetimeSeconds: 3600 },
          { ...callingServer, currentKey: () => keys[current % 2] ?? key },
        )
        const inFlight: Promise<unknown>[] = []
        for (const one of steps) {
          if (one.kind === 'calls') inFlight.push(...one.users.map((user) => call(client, user)))
          else if (one.kind === 'time') time.advance(one.seconds)
          else if (one.kind === 'roll-over') current += 1
          else if (one.kind === 'rename') realm += 1
          else pending[one.kind] += one.count
          // Some steps happen while calls are under way, some after them.
          if (one.kind === 'time' || one.kind === 'drop') await Promise.all(inFlight.splice(0))
          else await new Promise((resolve) => setImmediate(resolve))
        }
        await Promise.all(inFlight)
        client.close()
        assert.deepEqual(mixUps, [])
      }),
      { numRuns: 30 },
    )
    assert.equal(arrivals.size, users.length)
  })

  /** The answer to a call is for its user too; a dropped connection is the only error. */
  async function call(client: ReturnType<typeof createS2SClient>, index: number): Promise<void> {
    const onBehalfOf = users[index]
    const init = { headers: { 'x-user': String(index) }, ...(onBehalfOf === undefined ? {} : { onBehalfOf }) }
    const answer = await client.fetch('/', init).catch((error: unknown) => {
      assert.equal((error as { code?: string }).code, 'ERR_S2S_TARGET_UNREACHABLE')
    })
    if (answer !== undefined) assert.equal(await answer.text(), String(index))
  }
})
