import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RequestHandler } from 'express'
import type { S2SOptions } from 'passport-s2s'
import { forms, startGuardedApp, type Form, type GuardedAppOptions } from '../support/guarded-app.ts'
import { sendRaw, type RawRequest } from '../support/send-raw.ts'
import { makeWorld } from '../support/world.ts'

const { oauth, options } = await makeWorld()
const token = await oauth.token({ claims: { scope: 'reports.read' } })
const authorization = ['Authorization', `Bearer ${token}`] as const
const oneYear = 'max-age=31536000'

interface Story extends Partial<GuardedAppOptions>, Pick<RawRequest, 'path'> {
  readonly hsts?: S2SOptions['hsts']
  readonly dangerouslyAllowPlainHttp?: boolean
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly status?: number
}

/** The `Strict-Transport-Security` of one answer; Node joins several of them with a comma. */
async function hstsOf(form: Form, story: Story): Promise<string | undefined> {
  const { hsts, dangerouslyAllowPlainHttp, path, headers = [authorization], status = 200, ...appOptions } = story
  const app = await startGuardedApp({
    form,
    resources: { 'GET /reports/:id': 'reports.read', 'GET /public': 'public', 'GET /admin': 'admin.all' },
    s2s: {
      ...options,
      ...(hsts === undefined ? {} : { hsts }),
      ...(dangerouslyAllowPlainHttp === undefined ? {} : { dangerouslyAllowPlainHttp }),
    },
    ...appOptions,
  })
  try {
    const answer = await sendRaw(app, { headers, ...(path === undefined ? {} : { path }) })
    assert.equal(answer.status, status, answer.body)
    return answer.headers['strict-transport-security']
  } finally {
    await app.close()
  }
}

function setsHsts(value: string): RequestHandler {
  return function setHsts(_request, response, next) {
    response.setHeader('Strict-Transport-Security', value)
    next()
  }
}

for (const form of forms) {
  describe(`Strict-Transport-Security (${form})`, () => {
    it('is one year for this host alone, by default', async () => {
      assert.equal(await hstsOf(form, {}), oneYear)
    })

    it('is on anonymous answers too', async () => {
      assert.equal(await hstsOf(form, { path: '/public', headers: [] }), oneYear)
    })

    it('is on refusals of a caller who may not', async () => {
      assert.equal(await hstsOf(form, { path: '/admin', status: 403 }), oneYear)
      assert.equal(await hstsOf(form, { path: '/nothing', status: 403 }), oneYear)
      assert.equal(await hstsOf(form, { path: '/a//b', status: 400 }), oneYear)
    })

    it('is on the challenge to a caller without a token', async () => {
      assert.equal(await hstsOf(form, { headers: [], status: 401 }), oneYear)
    })

    it('is set once by two guards', async () => {
      const assemble: GuardedAppOptions['assemble'] = (app, { guard, handler }) => {
        app.use(...guard, ...guard, handler)
      }
      assert.equal(await hstsOf(form, { assemble }), oneYear)
    })

    it('never replaces what the application set', async () => {
      for (const value of ['max-age=60', 'max-age=0', 'max-age=63072000; includeSubDomains; preload']) {
        assert.equal(await hstsOf(form, { before: [setsHsts(value)] }), value)
      }
    })

    it('can be replaced by the application behind the guard', async () => {
      const assemble: GuardedAppOptions['assemble'] = (app, { guard, handler }) => {
        app.use(...guard, setsHsts('max-age=60'), handler)
      }
      assert.equal(await hstsOf(form, { assemble }), 'max-age=60')
    })

    it('says what it was told to say', async () => {
      assert.equal(await hstsOf(form, { hsts: { maxAgeSeconds: 300 } }), 'max-age=300')
      assert.equal(await hstsOf(form, { hsts: { includeSubDomains: true } }), `${oneYear}; includeSubDomains`)
      assert.equal(await hstsOf(form, { hsts: { maxAgeSeconds: 0, includeSubDomains: false } }), 'max-age=0')
    })

    it('is left out when told so', async () => {
      assert.equal(await hstsOf(form, { hsts: false }), undefined)
    })

    it('is left out over plain http', async () => {
      assert.equal(await hstsOf(form, { plainHttp: true, status: 403 }), undefined)
      assert.equal(await hstsOf(form, { plainHttp: true, dangerouslyAllowPlainHttp: true }), undefined)
    })

    it('is set behind a proxy that ends TLS', async () => {
      const headers = [authorization, ['X-Forwarded-Proto', 'https'] as const]
      assert.equal(await hstsOf(form, { plainHttp: true, trustProxy: 'loopback', headers }), oneYear)
    })
  })
}
