import assert from 'node:assert/strict'
import { describe, it, mock } from 'node:test'
import { createS2S } from '../lib/create-s2s.ts'
import { wireS2S } from '../lib/create-s2s.ts'
import type { AuditEvent } from '../lib/audit/audit-event.ts'
import { generateSigningKey } from '../lib/keys/generate-signing-key.ts'
import type { S2SServerOptions } from '../lib/server-options.ts'
import { sendThrough } from './support/one-request.ts'
import { refusal } from './support/refusal.ts'
import { fixedClock } from './support/clock.ts'
import { self } from './support/world.ts'

const never = new Promise<Response>(() => undefined)
const openid = { type: 'openid', issuer: 'https://login.example', timeoutMilliseconds: 50 } as const
const base: S2SServerOptions = { audience: 'a', trustedIssuers: [] }

describe('createReload', () => {
  it('keeps functions that are left out, and drops what was data', async () => {
    const events: AuditEvent[] = []
    const onAuditEvent = (event: AuditEvent): unknown => events.push(event)
    const s2s = createS2S({ ...base, clock: fixedClock, onAuditEvent, audience: 'a' })
    await s2s.reload(base)
    assert.deepEqual(events, [{ name: 'config.reloaded', outcome: 'notice', time: fixedClock() }])
    const issuer = { type: 'openid', issuer: 'https://a.example' } as const
    await assert.rejects(
      s2s.reload({ trustedIssuers: [issuer] }),
      refusal('ERR_S2S_OPTION_INVALID', /^audience is missing/),
    )
    assert.equal(events.at(-1)?.name, 'config.rejected')
    s2s.close()
  })

  it('keeps a store of grants, but not a list', async () => {
    const store = { grantsOf: () => [] }
    const s2s = createS2S({ ...base, grants: store })
    await s2s.reload(base)
    s2s.close()
    const listed = createS2S({
      ...base,
      trustedIssuers: [openid],
      grants: [{ issuer: openid.issuer, application: 'a', permissions: [] }],
    })
    await listed.reload(base)
    listed.close()
  })

  it('takes one after the other, and the last one stays', async () => {
    const s2s = createS2S({ ...base, fetch: () => never })
    const slow = s2s.reload({ ...base, trustedIssuers: [openid] })
    const broken = s2s.reload({ ...base, audience: '' })
    const last = s2s.reload(base)
    await slow
    assert.equal(s2s.trustedIssuers.list().length, 1)
    await assert.rejects(broken, refusal('ERR_S2S_OPTION_INVALID'))
    await last
    assert.deepEqual(s2s.trustedIssuers.list(), [])
    s2s.close()
  })

  it('changes nothing once the server is closed', async () => {
    const s2s = createS2S({ ...base, fetch: () => never })
    const reload = s2s.reload({ ...base, trustedIssuers: [openid] })
    await Promise.resolve()
    s2s.close()
    await reload
    assert.deepEqual(s2s.trustedIssuers.list(), [])
  })

  it('warns of a refused configuration where nobody listens, and tells what was thrown as it was', async () => {
    const warnings = mock.method(process, 'emitWarning', () => undefined)
    const { s2s, reloadFrom } = wireS2S(base, undefined)
    const thrown = new TypeError('a bug')
    await assert.rejects(
      reloadFrom(() => Promise.reject(thrown)),
      thrown,
    )
    await assert.rejects(s2s.reload({ ...base, audience: '' }), refusal('ERR_S2S_OPTION_INVALID'))
    const texts = warnings.mock.calls.map(({ arguments: [text] }) => String(text))
    mock.restoreAll()
    assert.match(texts[0] ?? '', /^the configuration was not replaced: an unexpected error/)
    assert.match(texts[1] ?? '', /^the configuration was not replaced: options\.audience is empty/)
    s2s.close()
  })

  it('publishes other keys at once, and the same keys as they were rolled over', async () => {
    const [one, two, three] = await Promise.all(['a', 'b', 'c'].map((commonName) => generateSigningKey({ commonName })))
    if (one === undefined || two === undefined || three === undefined) assert.fail()
    const withKey = (current: typeof one): S2SServerOptions => ({
      ...base,
      self: { ...self, signingKeys: { current } },
    })
    const s2s = createS2S(withKey(one))
    const router = s2s.metadataRouter()
    const publishedKeys = async (): Promise<number> => {
      const { answer } = await sendThrough({ middleware: [router], path: '/.well-known/jwks.json' })
      return (JSON.parse(answer.body) as { keys: unknown[] }).keys.length
    }
    s2s.signingKeys().publishNext(two)
    assert.equal(await publishedKeys(), 2)
    await s2s.reload({ ...withKey(one), problemDetails: true })
    assert.equal(await publishedKeys(), 2)
    await s2s.reload(withKey(three))
    assert.equal(await publishedKeys(), 1)
    assert.notEqual(s2s.signingKeys().current().x5t, two.certificate)
    await assert.rejects(s2s.reload(base), refusal('ERR_S2S_OPTION_INVALID', /^self\.signingKeys is missing/))
    s2s.close()
  })
})
