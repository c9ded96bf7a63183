import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { RequestHandler } from 'express'
import { createS2S } from 'passport-s2s'
import { forms, startGuardedApp, type Form, type GuardedApp } from '../support/guarded-app.ts'
import { sendRaw, type RawAnswer } from '../support/send-raw.ts'
import { makeWorld } from '../support/world.ts'

const { oauth, otherOAuth, farm, options } = await makeWorld()
const readingToken = await oauth.token({ claims: { scope: 'reports.read' } })
const resource = 'https://reports.example.com/api'
const path = '/.well-known/oauth-protected-resource/api'
const challengeEnd = `, resource_metadata="https://reports.example.com${path}"`

function start(form: Form, plainHttp: boolean): Promise<GuardedApp> {
  let publisher: RequestHandler | undefined
  const resourceMetadata = { resource, advertise: ['login'] }
  return startGuardedApp({
    form,
    s2s: (onAuditEvent) => {
      const s2s = createS2S({ ...options, resourceMetadata, onAuditEvent })
      publisher = s2s.resourceMetadataRouter()
      return Promise.resolve(s2s)
    },
    trustProxy: !plainHttp,
    plainHttp,
    assemble: (app, { guard, handler }) => {
      assert.ok(publisher)
      app.use(publisher)
      app.use('/api', ...guard, handler)
    },
    resources: { 'GET /reports/:id': 'reports.read', 'PUT /reports/:id': 'reports.write' },
  })
}

/** What a caller or a proxy says about the host; a proxy that is trusted says that the request came over https. */
const hostHeaders: readonly (readonly (readonly [string, string])[])[] = [
  [['Host', 'evil.example']],
  [['Host', 'evil.example"']],
  [['Host', 'reports.example.com.evil.example:8443']],
  [['X-Forwarded-Host', 'evil.example']],
  [['X-Forwarded-Host', 'evil.example, reports.example.com']],
  [['X-Forwarded-Server', 'evil.example']],
  [['X-Forwarded-Port', '666']],
  [['X-Forwarded-Prefix', '/evil']],
  [['X-Original-Host', 'evil.example']],
  [['X-Original-URL', '/.well-known/oauth-protected-resource/evil']],
  [['Forwarded', 'host=evil.example;proto=https']],
  [
    ['Host', 'evil.example'],
    ['X-Forwarded-Host', 'evil.example'],
    ['X-Forwarded-Proto', 'https'],
  ],
]

for (const form of forms) {
  describe(`resource metadata and who says where it is (${form})`, () => {
    let app: GuardedApp
    let plain: GuardedApp
    before(async () => {
      ;[app, plain] = await Promise.all([start(form, false), start(form, true)])
    })
    after(() => Promise.all([app.close(), plain.close()]))

    const documentWith = (headers: readonly (readonly [string, string])[] = []): Promise<RawAnswer> =>
      sendRaw(app, { path, headers })

    for (const headers of hostHeaders) {
      const shown = headers.map((header) => header.join(': ')).join(', ')
      it(`keeps document and challenges as they are: ${shown}`, async () => {
        const [usual, spoofed] = [await documentWith(), await documentWith(headers)]
        assert.equal(usual.status, 200)
        assert.equal((JSON.parse(usual.body) as { resource: string }).resource, resource)
        if (spoofed.status === 400) assert.match(shown, /"/)
        else
          assert.deepEqual([spoofed.status, spoofed.body, spoofed.headers.etag], [200, usual.body, usual.headers.etag])

        const token = [['Authorization', `Bearer ${readingToken}`]] as const
        for (const request of [
          { headers },
          { headers: [...headers, ['Authorization', 'Bearer'] as const] },
          { headers: [...headers, ['Authorization', 'Bearer a.b.c'] as const] },
          { method: 'PUT', headers: [...headers, ...token] },
        ]) {
          const { status, headers: received, body } = await sendRaw(app, { path: '/api/reports/1', ...request })
          if (status === 400) continue
          assert.ok([401, 403].includes(status), body)
          assert.ok(received['www-authenticate']?.endsWith(challengeEnd), received['www-authenticate'])
          assert.doesNotMatch(JSON.stringify(received) + body, /evil|666/)
        }
        assert.equal(app.handlerCalls(), 0)
      })
    }

    it('tells of no issuer that the operator does not advertise, to nobody', async () => {
      const answers = [await documentWith(), await sendRaw(app, { path: '/api/reports/1' })]
      const told = JSON.stringify(answers)
      assert.ok(told.includes(oauth.issuer))
      for (const secret of [otherOAuth.issuer, farm.issuerName, 'other farm']) assert.ok(!told.includes(secret), secret)
    })

    for (const other of [
      '/.well-known/oauth-protected-resource',
      '/.well-known/oauth-protected-resource/',
      '/.well-known/oauth-protected-resource/other',
      `${path}/other`,
      `${path}%2f`,
      `${path}/..`,
      `/.well-known//oauth-protected-resource/api`,
      `/.well-known/oauth-protected-resource/%61pi`,
    ]) {
      it(`has nothing at ${other}`, async () => {
        const { status, body } = await sendRaw(app, { path: other })
        assert.equal(status, 404)
        assert.ok(!body.includes(oauth.issuer))
      })
    }

    it('is not served over plain http, whatever the caller says of it', async () => {
      for (const headers of [[], [['X-Forwarded-Proto', 'https'] as const]]) {
        const { status, body, headers: received } = await sendRaw(plain, { path, headers })
        assert.equal(status, 403)
        assert.ok(!body.includes(resource))
        assert.equal(received.location, undefined)
      }
      const proxied = await sendRaw(app, { path, headers: [['X-Forwarded-Proto', 'https, http']] })
      assert.equal(proxied.status, 403)
    })
  })
}
