import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { createS2S, protectResources, requirePermission, requireTls, type AuditEvent } from 'passport-s2s'
import { describeAccepted } from '../support/accepted.ts'
import { describeAttack } from '../support/attack.ts'
import { makeWorld } from '../support/world.ts'

const warnings: Error[] = []
const listen = (warning: Error): void => {
  if (Reflect.get(warning, 'code') === 'S2S_PLAIN_HTTP') warnings.push(warning)
}
process.on('warning', listen)
after(() => process.off('warning', listen))

/** Warnings are handed out on the next turn. */
async function warningsSince(act: () => unknown): Promise<readonly string[]> {
  await new Promise(setImmediate)
  const first = warnings.length
  act()
  await new Promise(setImmediate)
  return warnings.slice(first).map(({ message }) => message)
}

const { oauth, options } = await makeWorld()
const token = await oauth.token({ claims: { scope: 'reports.read' } })
const dangerous = { ...options, dangerouslyAllowPlainHttp: true }
const text = 'passport-s2s serves plain http (dangerouslyAllowPlainHttp): every token sent to it is exposed'

describe('dangerouslyAllowPlainHttp', () => {
  it('warns the process and tells the audit', async () => {
    const events: AuditEvent[] = []
    const seen = await warningsSince(() => createS2S({ ...dangerous, onAuditEvent: (event) => events.push(event) }))
    assert.deepEqual(seen, [text])
    assert.deepEqual(
      events.map(({ name, outcome }) => ({ name, outcome })),
      [{ name: 'plain-http.allowed', outcome: 'notice' }],
    )
  })

  it('warns for every guard that stands alone', async () => {
    const alone = { dangerouslyAllowPlainHttp: true }
    assert.deepEqual(await warningsSince(() => protectResources({ 'GET /': 'public' }, alone)), [text])
    assert.deepEqual(await warningsSince(() => requirePermission('reports.read', alone)), [text])
    assert.deepEqual(await warningsSince(() => requireTls(alone)), [text])
  })

  it('warns of nothing when it is left out or false', async () => {
    assert.deepEqual(await warningsSince(() => createS2S(options)), [])
    assert.deepEqual(await warningsSince(() => createS2S({ ...options, dangerouslyAllowPlainHttp: false })), [])
  })

  for (const value of ['true', 1, 'yes', null, {}]) {
    it(`refuses ${JSON.stringify(value)}: only true is dangerous`, () => {
      assert.throws(() => createS2S({ ...options, dangerouslyAllowPlainHttp: value as unknown as boolean }), {
        code: 'ERR_S2S_OPTION_INVALID',
      })
    })
  }

  it('is not read from the environment', async () => {
    const before = process.env['NODE_ENV']
    process.env['NODE_ENV'] = 'development'
    try {
      assert.deepEqual(await warningsSince(() => createS2S(options)), [])
    } finally {
      if (before === undefined) delete process.env['NODE_ENV']
      else process.env['NODE_ENV'] = before
    }
  })
})

const app = { s2s: dangerous, resources: { 'GET /reports/:id': 'reports.read' }, plainHttp: true } as const

describeAccepted('a server that allows plain http', app, [
  { name: 'a valid token', token },
  { name: 'whatever is forwarded', token, headers: [['X-Forwarded-Proto', 'http']] },
])

describeAttack('a server that allows plain http, and nothing else', app, [
  { name: 'row 81: no token', status: 401, code: undefined },
  { name: 'row 81: a token that is none', token: 'garbage', status: 401, code: 'ERR_S2S_TOKEN_MALFORMED' },
  {
    name: 'row 81: a token without the scope',
    token: await oauth.token(),
    status: 403,
    code: 'ERR_S2S_SCOPE_MISSING',
  },
  { name: 'row 81: an ambiguous path', token, path: '//reports/1', status: 400, code: 'ERR_S2S_PATH_AMBIGUOUS' },
])
