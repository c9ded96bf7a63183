import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { S2SOptions, S2SPrincipal, TrustedIssuerOptions } from 'passport-s2s'
import { assertRefused } from '../support/attack.ts'
import { fixedClock, NOW } from '../support/clock.ts'
import { api, callingApplication, entraClouds, startEntra, tokenService, type EntraCloud } from '../support/entra.ts'
import { forms, startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { sendRaw } from '../support/send-raw.ts'

const tenant = '72f988bf-86f1-41af-91ab-2d7cd011db47'
const otherTenant = 'fa15d692-e9c7-4460-a743-29f2956fd429'
const stranger = '8eaef023-2b34-4da1-9baa-8bc8c9d6a490'
const host = 'reports.contoso.example'
const self = { clientId: api, realm: tenant, hosts: [host], advertise: true }
const audienceIn = (tenantId: string): string => `${api}/${host}@${tenantId}`

const entra = await startEntra(fixedClock)
after(() => entra.close())

const resources = { 'GET /reports/:id': { scope: 'reports.read', appRole: 'Reports.Read.All' } }
const base = { agent: entra.agent, clock: fixedClock, audience: [api, `api://${api}`] }
const grantTo = (issuer: string): NonNullable<S2SOptions['grants']> => [
  { issuer, application: callingApplication, permissions: ['reports.read', 'Reports.Read.All'], appOnly: true },
]

async function assertAccepted(app: GuardedApp, token: string): Promise<S2SPrincipal> {
  const calls = app.handlerCalls()
  const answer = await sendRaw(app, { headers: [['Authorization', `Bearer ${token}`]] })
  assert.equal(answer.status, 200, answer.body + JSON.stringify(app.events.at(-1)))
  assert.equal(app.handlerCalls(), calls + 1)
  const caller = app.lastCaller()
  assert.ok(caller)
  return caller
}

const refused = (app: GuardedApp, token: string, code: string): Promise<unknown> =>
  assertRefused(app, { name: code, token, status: code === 'ERR_S2S_GRANT_MISSING' ? 403 : 401, code })

for (const form of forms) {
  describe(`one Microsoft 365 tenancy, with nothing but the tenant configured (${form})`, () => {
    let app: GuardedApp
    before(async () => {
      app = await startGuardedApp({
        form,
        resources,
        s2s: {
          ...base,
          self,
          grants: grantTo(`${tokenService}@${tenant}`),
          trustedIssuers: [{ type: 'microsoft365', tenantId: tenant }],
        },
      })
    })
    after(() => app.close())

    it('accepts an application with a v1 token', async () => {
      const caller = await assertAccepted(app, await entra.v1Token(tenant))
      assert.deepEqual(
        [caller.kind, caller.application.id, caller.issuer],
        ['app', callingApplication, `microsoft365:${tenant}:v1`],
      )
    })

    it('accepts an application with a v2 token', async () => {
      const caller = await assertAccepted(app, await entra.v2Token(tenant))
      assert.deepEqual([caller.kind, caller.application.id], ['app', callingApplication])
      assert.equal(caller.issuer, `microsoft365:${tenant}:v2`)
    })

    it('accepts an application that acts for a user, by its scopes', async () => {
      const caller = await assertAccepted(app, await entra.delegatedToken(tenant))
      assert.equal(caller.kind, 'user+app')
      assert.deepEqual(caller.user, {
        issuer: `microsoft365:${tenant}:v2`,
        id: 'HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ',
      })
    })

    it('accepts a token of 28 hours, as continuous access evaluation has them, and none of 31', async () => {
      const lasting = (hours: number): Promise<string> => entra.v2Token(tenant, { claims: { exp: NOW + hours * 3600 } })
      await assertAccepted(app, await lasting(28))
      await refused(app, await lasting(31), 'ERR_S2S_TOKEN_LIFETIME')
    })

    it('accepts the S2S token of an application, which the token service vouches for', async () => {
      const service = await entra.s2s(tenant, audienceIn(tenant))
      const kid = {
        identityprovider: `${tokenService}@${tenant}`,
        trustedfordelegation: 'false',
        nbf: NOW,
        exp: NOW + 86_399,
      }
      const caller = await assertAccepted(app, await service.appOnlyToken(kid))
      assert.deepEqual(caller.application, { id: callingApplication, realm: tenant })
      assert.equal(caller.issuer, `microsoft365:${tenant}:s2s`)
    })

    it('refuses a user whom an S2S token names: delegation is for those who allow it', async () => {
      const service = await entra.s2s(tenant, audienceIn(tenant))
      const token = await service.userToken({ upn: 'dana@contoso.example' })
      await assertRefused(app, { name: 'a user', token, status: 403, code: 'ERR_S2S_DELEGATION_NOT_ALLOWED' })
    })

    it('refuses another tenant, without asking anybody', async () => {
      const asked = entra.requests.length
      const service = await entra.s2s(otherTenant, audienceIn(tenant))
      for (const token of [
        await entra.v1Token(otherTenant),
        await entra.v2Token(otherTenant),
        await service.appOnlyToken(),
      ]) {
        await refused(app, token, 'ERR_S2S_ISSUER_UNTRUSTED')
      }
      assert.equal(entra.requests.length, asked)
    })

    it('refuses a token whose tid is not the tenant of its iss', async () => {
      for (const token of [
        await entra.v1Token(tenant, { claims: { tid: otherTenant } }),
        await entra.v2Token(tenant, { claims: { tid: otherTenant } }),
      ]) {
        await refused(app, token, 'ERR_S2S_REALM_MISMATCH')
      }
    })

    it('refuses the key of consumer accounts, which stands in the same key set', async () => {
      await refused(app, await entra.v2Token(tenant, { signer: entra.consumer }), 'ERR_S2S_KEY_UNKNOWN')
    })

    it('asked each document of the tenant, and no other', () => {
      const asked = new Set(entra.requests)
      assert.deepEqual([...asked].sort(), [
        `accounts.accesscontrol.windows.net/${tenant}/metadata/json/1`,
        `login.microsoftonline.com/${tenant}/.well-known/openid-configuration`,
        `login.microsoftonline.com/${tenant}/discovery/keys`,
        `login.microsoftonline.com/${tenant}/discovery/v2.0/keys`,
        `login.microsoftonline.com/${tenant}/v2.0/.well-known/openid-configuration`,
      ])
    })

    it('names the issuers it believes to S2S callers', async () => {
      const answer = await sendRaw(app, { headers: [['Authorization', 'Bearer']] })
      assert.equal(answer.status, 401)
      assert.match(answer.headers['www-authenticate'] ?? '', new RegExp(`${tokenService}@${tenant}`))
    })
  })
}

describe('a list of tenants', () => {
  let app: GuardedApp
  let asked: number
  before(async () => {
    asked = entra.requests.length
    app = await startGuardedApp({
      form: 'protect',
      resources,
      s2s: { ...base, self, trustedIssuers: [{ type: 'microsoft365', tenants: [tenant, otherTenant.toUpperCase()] }] },
    })
  })
  after(() => app.close())

  it('is believed with one document for all of their v2 tokens', async () => {
    for (const tenantId of [tenant, otherTenant]) {
      const caller = await assertAccepted(app, await entra.v2Token(tenantId))
      assert.equal(caller.issuer, `microsoft365:${tenantId}:v2`)
    }
    assert.deepEqual(entra.requests.slice(asked), [
      'login.microsoftonline.com/common/v2.0/.well-known/openid-configuration',
      'login.microsoftonline.com/common/discovery/v2.0/keys',
    ])
  })

  it('is believed with the documents of each for v1 tokens', async () => {
    for (const tenantId of [tenant, otherTenant]) await assertAccepted(app, await entra.v1Token(tenantId))
  })

  it('is granted nothing in one tenant by a grant in another', async () => {
    const service = await entra.s2s(otherTenant, audienceIn(otherTenant))
    await refused(app, await service.appOnlyToken(), 'ERR_S2S_GRANT_MISSING')
  })

  it('leaves every other tenant a stranger, who causes no request', async () => {
    const before = entra.requests.length
    await refused(app, await entra.v2Token(stranger), 'ERR_S2S_ISSUER_UNTRUSTED')
    await refused(app, await entra.v1Token(stranger), 'ERR_S2S_ISSUER_UNTRUSTED')
    assert.equal(entra.requests.length, before)
  })

  it('takes a tenant back at run time, and the whole of them', async () => {
    const { trustedIssuers } = app.s2s
    assert.equal(trustedIssuers.list().length, 6)
    assert.equal(trustedIssuers.remove(`microsoft365:${otherTenant}`), true)
    await refused(app, await entra.v2Token(otherTenant), 'ERR_S2S_ISSUER_UNTRUSTED')
    await assertAccepted(app, await entra.v2Token(tenant))
    assert.equal(trustedIssuers.remove('microsoft365'), true)
    assert.deepEqual(trustedIssuers.list(), [])
    await refused(app, await entra.v2Token(tenant), 'ERR_S2S_ISSUER_UNTRUSTED')
    trustedIssuers.add({ type: 'microsoft365', name: 'partner', tenantId: otherTenant })
    const caller = await assertAccepted(app, await entra.v2Token(otherTenant))
    assert.equal(caller.issuer, `partner:${otherTenant}:v2`)
    assert.equal(trustedIssuers.remove('partner'), true)
    await refused(app, await entra.v2Token(otherTenant), 'ERR_S2S_ISSUER_UNTRUSTED')
  })
})

describe('an API that speaks OAuth only', () => {
  it('needs no self, and then no S2S token is believed', async () => {
    const app = await startGuardedApp({
      form: 'protect',
      resources,
      s2s: { ...base, trustedIssuers: [{ type: 'microsoft365', tenantId: tenant }] },
    })
    await assertAccepted(app, await entra.v2Token(tenant))
    const service = await entra.s2s(tenant, audienceIn(tenant))
    await refused(app, await service.appOnlyToken(), 'ERR_S2S_ISSUER_UNTRUSTED')
    await app.close()
  })
})

describe('a user whom an application of the tenancy names', () => {
  it('is believed where the tenancy allows delegation', async () => {
    const trusted: TrustedIssuerOptions = {
      type: 'microsoft365',
      name: 'contoso',
      tenantId: tenant,
      allowDelegation: { applications: [callingApplication] },
    }
    const app = await startGuardedApp({
      form: 'protect',
      resources,
      s2s: {
        ...base,
        self,
        trustedIssuers: [trusted],
        grants: grantTo(`contoso:${tenant}:s2s`),
        userRights: ({ realm }) => (realm === tenant ? ['reports.read'] : []),
      },
    })
    const service = await entra.s2s(tenant, audienceIn(tenant))
    const caller = await assertAccepted(app, await service.userToken({ upn: 'dana@contoso.example' }))
    assert.equal(caller.user?.upn, 'dana@contoso.example')
    await app.close()
  })
})

for (const cloud of Object.keys(entraClouds) as EntraCloud[]) {
  describe(`the cloud ${cloud}`, () => {
    it('is asked for its own documents, and believed for its own tokens', async () => {
      const asked = entra.requests.length
      const issuer = `${tokenService}@${tenant}`
      const trustedIssuers = [{ type: 'microsoft365', cloud, tenantId: tenant }] as const
      const app = await startGuardedApp({
        form: 'protect',
        resources,
        s2s: { ...base, self, trustedIssuers, grants: grantTo(issuer) },
      })
      await app.s2s.ready()
      const { login, s2s } = entraClouds[cloud]
      for (const place of entra.requests.slice(asked))
        assert.ok([login, s2s].includes(place.split('/')[0] as never), place)
      await assertAccepted(app, await entra.v1Token(tenant, { cloud }))
      await assertAccepted(app, await entra.v2Token(tenant, { cloud }))
      await assertAccepted(app, await (await entra.s2s(tenant, audienceIn(tenant))).appOnlyToken())
      const elsewhere = cloud === 'china' ? 'global' : 'china'
      await refused(app, await entra.v2Token(tenant, { cloud: elsewhere }), 'ERR_S2S_ISSUER_UNTRUSTED')
      await app.close()
    })
  })
}
