import assert from 'node:assert/strict'
import { after, describe, it, mock } from 'node:test'
import { createMicrosoft365Issuers } from '../../lib/trust/microsoft365.ts'
import type { S2STrustedIssuer, TrustContext, TrustedIssuer } from '../../lib/trust/trusted-issuer.ts'
import { createTrustedIssuers, type TrustedIssuers } from '../../lib/trust/trusted-issuers.ts'
import { makeMovableClock } from '../support/clock.ts'
import { consumerTenant, entraKey, startEntra, tokenService } from '../support/entra.ts'
import { refusal } from '../support/refusal.ts'
import { makeTrustWorld } from '../support/trust-context.ts'
import { oauthAudience, self } from '../support/world.ts'

const tenantId = '72f988bf-86f1-41af-91ab-2d7cd011db47'
const other = 'fa15d692-e9c7-4460-a743-29f2956fd429'
const type = 'microsoft365' as const
const { clock, advance } = makeMovableClock()
const entra = await startEntra(clock)
after(() => entra.close())

const { context } = makeTrustWorld({ clock, fetchOptions: { agent: entra.agent } })
const expand = (options: object, server: Partial<TrustContext> = {}): readonly TrustedIssuer[] =>
  createMicrosoft365Issuers({ type, tenantId, ...options }, { ...context, ...server })
const names = (issuers: readonly TrustedIssuer[]): string[] => issuers.map(({ name }) => name)
const header = (kid: string): { alg: string; kid: string; x5t: string } => ({ alg: 'RS256', kid, x5t: kid })
const login = 'login.microsoftonline.com'

describe('createMicrosoft365Issuers', () => {
  const clouds = {
    global: ['https://sts.windows.net/', 'https://login.microsoftonline.com/'],
    usgov: ['https://sts.windows.net/', 'https://login.microsoftonline.us/'],
    china: ['https://sts.chinacloudapi.cn/', 'https://login.partner.microsoftonline.cn/'],
  } as const
  for (const cloud of [undefined, 'global', 'usgov', 'china'] as const) {
    it(`stands for three issuers in the cloud ${cloud ?? 'that is the default'}`, () => {
      const [v1 = '', v2 = ''] = clouds[cloud ?? 'global']
      assert.deepEqual(
        expand(cloud === undefined ? {} : { cloud }).map(({ name, issuerNames, protocol }) => [
          name,
          protocol,
          ...issuerNames,
        ]),
        [
          [`microsoft365:${tenantId}:v1`, 'oauth', `${v1}${tenantId}/`],
          [`microsoft365:${tenantId}:v2`, 'oauth', `${v2}${tenantId}/v2.0`],
          [`microsoft365:${tenantId}:s2s`, 's2s', `${tokenService}@${tenantId}`],
        ],
      )
    })
  }

  it('stands for three issuers of each tenant of a list, under the name that is given', () => {
    assert.deepEqual(
      names(expand({ name: 'partners', tenantId: undefined, tenants: [tenantId, other] })),
      [tenantId, other].flatMap((id) => ['v1', 'v2', 's2s'].map((kind) => `partners:${id}:${kind}`)),
    )
  })

  it('leaves out the protocol in which the server does not say who it is', () => {
    assert.deepEqual(
      names(expand({}, { selfAudience: [] })),
      ['v1', 'v2'].map((kind) => `microsoft365:${tenantId}:${kind}`),
    )
    assert.deepEqual(names(expand({}, { audience: [] })), [`microsoft365:${tenantId}:s2s`])
    assert.throws(() => expand({}, { audience: [], selfAudience: [] }), refusal('ERR_S2S_OPTION_INVALID'))
  })

  it('has the policy of Entra', () => {
    for (const issuer of expand({})) {
      assert.deepEqual([...issuer.algorithms], ['RS256'])
      assert.deepEqual([...issuer.acceptedTypes], ['jwt'])
      assert.equal(issuer.maximumLifetimeSeconds, 108_000)
      assert.equal(issuer.clockToleranceSeconds, 60)
      assert.equal(issuer.permissionCeiling, undefined)
      assert.deepEqual(issuer.partOf, ['microsoft365', `microsoft365:${tenantId}`])
      if (issuer.protocol === 'oauth') {
        assert.equal(issuer.callerKind, 'entra')
        assert.equal(issuer.tenantId, tenantId)
      } else {
        assert.equal(issuer.isTrustBroker, true)
        assert.equal(issuer.allowDelegation, false)
        assert.equal(issuer.acceptsUserTokens, false)
        assert.equal(issuer.acceptSecurityIdentifiers, false)
      }
    }
  })

  it('hands options on to the issuers they are for', () => {
    const issuers = expand({
      clockToleranceSeconds: 5,
      maximumLifetimeSeconds: 3600,
      permissionCeiling: ['reports.read'],
      shadow: true,
      allowDelegation: { applications: ['a'] },
      acceptsUserTokens: true,
      acceptSecurityIdentifiers: true,
    })
    for (const issuer of issuers) {
      assert.equal(issuer.clockToleranceSeconds, 5)
      assert.equal(issuer.maximumLifetimeSeconds, 3600)
      assert.deepEqual(issuer.permissionCeiling, ['reports.read'])
      assert.equal(issuer.shadow, true)
    }
    const service = issuers[2] as S2STrustedIssuer
    assert.ok(service.allowDelegation)
    assert.equal(service.acceptsUserTokens && service.acceptSecurityIdentifiers, true)
    assert.throws(
      () => expand({ acceptsUserTokens: true }),
      refusal('ERR_S2S_OPTION_INVALID', /:s2s: acceptsUserTokens needs .*allowDelegation/),
    )
  })

  it('expects OAuth tokens for the audience, and S2S tokens for this server in the tenant', () => {
    const audiences = (options: object): unknown => expand(options).map(({ audience }) => [...audience])
    const inTenant = [`${self.clientId}/portal.fabrikam.example@${tenantId}`]
    assert.deepEqual(audiences({}), [[oauthAudience], [oauthAudience], inTenant])
    assert.deepEqual(audiences({ audience: ['id', 'api://id'] }), [['id', 'api://id'], ['id', 'api://id'], inTenant])
  })

  it('is never the server itself', () => {
    assert.throws(
      () => expand({}, { ownName: `${tokenService}@${tenantId}` }),
      refusal('ERR_S2S_OPTION_INVALID', /is this server's own name/),
    )
  })
})

describe('the keys of a Microsoft 365 tenancy', () => {
  async function keySets(
    issuers: readonly TrustedIssuer[],
  ): Promise<Awaited<ReturnType<TrustedIssuer['keys']['current']>>[]> {
    return Promise.all(issuers.map(async ({ keys }) => keys.current()))
  }

  it('come from the documents of the tenant, without those of consumer accounts', async () => {
    const asked = entra.requests.length
    const issuers = expand({})
    assert.equal(entra.requests.length, asked)
    for (const keySet of await keySets(issuers)) {
      assert.ok(keySet.findKey(header(entra.business.x5t)).key.equals(entra.business.publicKey))
      assert.throws(() => keySet.findKey(header(entra.consumer.x5t)), refusal('ERR_S2S_KEY_UNKNOWN'))
    }
    assert.deepEqual(entra.requests.slice(asked).sort(), [
      `accounts.accesscontrol.windows.net/${tenantId}/metadata/json/1`,
      `${login}/${tenantId}/.well-known/openid-configuration`,
      `${login}/${tenantId}/discovery/keys`,
      `${login}/${tenantId}/discovery/v2.0/keys`,
      `${login}/${tenantId}/v2.0/.well-known/openid-configuration`,
    ])
    for (const { keys } of issuers) keys.close()
  })

  it('are fetched once for the v2 tokens of a list of tenants, and refreshed until the last tenant is gone', async () => {
    const asked = entra.requests.length
    const issuers = expand(
      { tenantId: undefined, tenants: [tenantId, other], keysRefreshSeconds: 100 },
      { selfAudience: [] },
    )
    const [, first = assert.fail(), , second = assert.fail()] = issuers
    const [set] = await keySets([first, second])
    assert.equal(await first.keys.current(), set)
    const once = [`${login}/common/v2.0/.well-known/openid-configuration`, `${login}/common/discovery/v2.0/keys`]
    assert.deepEqual(entra.requests.slice(asked), once)
    const cleared = mock.method(globalThis, 'clearTimeout')
    first.keys.close()
    first.keys.close()
    assert.equal(cleared.mock.callCount(), 0)
    cleared.mock.restore()
    advance(100)
    assert.ok((await second.keys.current()).findKey(header(entra.business.x5t)))
    assert.deepEqual(entra.requests.slice(asked), [...once, `${login}/common/discovery/v2.0/keys`])
    assert.equal((await second.keys.refresh()).fresh, true)
    assert.equal(second.keys.failing(), false)
    const clearedAtLast = mock.method(globalThis, 'clearTimeout')
    second.keys.close()
    assert.equal(clearedAtLast.mock.callCount(), 1)
    clearedAtLast.mock.restore()
  })

  it('are those of each tenant for the v1 tokens of a list of tenants, and audited under the name for all else', async () => {
    const { context: audited, events } = makeTrustWorld({ clock, fetchOptions: { agent: entra.agent } })
    const asked = entra.requests.length
    const issuers = expand({ tenantId: undefined, tenants: [tenantId] }, { selfAudience: [], audit: audited.audit })
    const [v1 = assert.fail(), v2 = assert.fail()] = issuers
    await v1.keys.current()
    assert.deepEqual(entra.requests.slice(asked), [
      `${login}/${tenantId}/.well-known/openid-configuration`,
      `${login}/${tenantId}/discovery/keys`,
    ])
    await v2.keys.current()
    assert.deepEqual(
      events.map(({ name, issuer }) => [name, issuer]),
      [
        ['keys.refreshed', `microsoft365:${tenantId}:v1`],
        ['keys.refreshed', 'microsoft365:common:v2'],
      ],
    )
    for (const { keys } of issuers) keys.close()
  })

  for (const { name, place, document } of [
    {
      name: 'the v1 document of the tenant is of another tenant',
      place: `${login}/${tenantId}/.well-known/openid-configuration`,
      document: { issuer: `https://sts.windows.net/${other}/`, jwks_uri: `https://${login}/common/discovery/keys` },
    },
    {
      name: 'the v1 document of the tenant is a template',
      place: `${login}/${tenantId}/.well-known/openid-configuration`,
      document: { issuer: 'https://sts.windows.net/{tenantid}/', jwks_uri: `https://${login}/common/discovery/keys` },
    },
    {
      name: 'the v2 document of the tenant is of the other version',
      place: `${login}/${tenantId}/v2.0/.well-known/openid-configuration`,
      document: { issuer: `https://sts.windows.net/${tenantId}/`, jwks_uri: `https://${login}/common/discovery/keys` },
    },
    {
      name: 'the S2S document of the tenant is of another tenant',
      place: `accounts.accesscontrol.windows.net/${tenantId}/metadata/json/1`,
      document: {
        issuer: `${tokenService}@${other}`,
        keys: [{ usage: 'signing', keyValue: { type: 'x509Certificate', value: entra.business.derBase64 } }],
      },
    },
  ]) {
    it(`are not used when ${name}`, async () => {
      entra.forged.set(place, document)
      const issuers = expand({})
      const results = await Promise.allSettled(issuers.map(async ({ keys }) => keys.current()))
      const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []))
      assert.equal(failures.length, 1)
      assert.ok(refusal('ERR_S2S_METADATA_INVALID')(failures[0]))
      entra.forged.clear()
      for (const { keys } of issuers) keys.close()
    })
  }

  it('are not used when the document for all tenants is of one tenant', async () => {
    entra.forged.set(`${login}/common/v2.0/.well-known/openid-configuration`, {
      issuer: `https://${login}/${tenantId}/v2.0`,
      jwks_uri: `https://${login}/common/discovery/v2.0/keys`,
    })
    const [, v2 = assert.fail()] = expand({ tenantId: undefined, tenants: [tenantId] })
    await assert.rejects(async () => v2.keys.current(), refusal('ERR_S2S_METADATA_INVALID'))
    entra.forged.clear()
    v2.keys.close()
  })

  for (const { ofDocument, ofKey, used } of [
    { ofDocument: 'microsoftonline.com', ofKey: 'microsoftonline.us', used: false },
    { ofDocument: 'microsoftonline.us', ofKey: 'microsoftonline.us', used: true },
    { ofDocument: 'microsoftonline.com', ofKey: undefined, used: true },
    { ofDocument: undefined, ofKey: 'microsoftonline.us', used: true },
  ]) {
    it(`are ${used ? '' : 'not '}used when the document is of ${String(ofDocument)} and the key of ${String(ofKey)}`, async () => {
      const issuer = `https://${login}/${tenantId}/v2.0`
      entra.forged.set(`${login}/${tenantId}/v2.0/.well-known/openid-configuration`, {
        issuer,
        jwks_uri: `https://${login}/${tenantId}/discovery/v2.0/keys`,
        cloud_instance_name: ofDocument,
      })
      entra.forged.set(`${login}/${tenantId}/discovery/v2.0/keys`, {
        keys: [{ ...entraKey(entra.business, issuer), cloud_instance_name: ofKey }],
      })
      const [, v2 = assert.fail()] = expand({})
      const keySet = await v2.keys.current()
      const find = (): unknown => keySet.findKey(header(entra.business.x5t))
      if (used) assert.ok(find())
      else assert.throws(find, refusal('ERR_S2S_KEY_UNKNOWN'))
      entra.forged.clear()
      v2.keys.close()
    })
  }

  for (const { whose, place, options, isUsed } of [
    { whose: 'all tenants', place: 'common', options: { tenantId: undefined, tenants: [tenantId] }, isUsed: false },
    { whose: 'the tenant', place: tenantId, options: {}, isUsed: true },
  ]) {
    it(`are ${isUsed ? '' : 'not '}used without an issuer when the v2 document is that of ${whose}`, async () => {
      entra.forged.set(`${login}/${place}/discovery/v2.0/keys`, { keys: [entraKey(entra.business)] })
      const [, v2 = assert.fail()] = expand(options)
      const keySet = await v2.keys.current()
      const find = (): unknown => keySet.findKey(header(entra.business.x5t))
      if (isUsed) assert.ok(find())
      else assert.throws(find, refusal('ERR_S2S_KEY_UNKNOWN'))
      entra.forged.clear()
      v2.keys.close()
    })
  }

  it('honour the issuer of a v1 key where it has one: the v2 or v1 issuer of the tenant', async () => {
    const keys = [
      entraKey(entra.business, `https://${login}/{tenantid}/v2.0`),
      entraKey(entra.consumer, `https://${login}/${consumerTenant}/v2.0`),
    ]
    entra.forged.set(`${login}/${tenantId}/discovery/keys`, { keys })
    const [v1 = assert.fail()] = expand({})
    const keySet = await v1.keys.current()
    assert.ok(keySet.findKey(header(entra.business.x5t)))
    assert.throws(() => keySet.findKey(header(entra.consumer.x5t)), refusal('ERR_S2S_KEY_UNKNOWN'))
    entra.forged.clear()
    v1.keys.close()
  })
})

describe('a Microsoft 365 tenancy among the trusted issuers', () => {
  const preset = { type, tenantId } as const
  const listed = ({ list }: TrustedIssuers): string[] => names(list())

  it('is added and removed as a whole, a tenant alone, or one issuer alone', () => {
    const issuers = createTrustedIssuers([{ type, name: 'both', tenants: [tenantId, other] }], context)
    assert.equal(listed(issuers).length, 6)
    assert.equal(issuers.remove(`both:${other}:v1`), true)
    assert.equal(issuers.remove(`https://login.microsoftonline.com/${other}/v2.0`), true)
    assert.deepEqual(listed(issuers).slice(3), [`both:${other}:s2s`])
    assert.equal(issuers.remove(`both:${other}`), true)
    assert.equal(listed(issuers).length, 3)
    assert.equal(issuers.remove('both'), true)
    assert.equal(issuers.remove('both'), false)
    assert.deepEqual(listed(issuers), [])
    assert.throws(() => issuers.find(`https://sts.windows.net/${tenantId}/`), refusal('ERR_S2S_ISSUER_UNTRUSTED'))
    issuers.add({ type, name: 'both', tenants: [tenantId, other] })
    assert.equal(listed(issuers).length, 6)
  })

  const jwk = { kty: 'EC' }
  for (const [name, second] of Object.entries({
    'the same tenancy': preset,
    'another tenancy of the same name': { type, tenantId: other },
    'the same tenancy under another name': { ...preset, name: 'again' },
    'an issuer of the name of the preset': { type: 'static', name: 'microsoft365', issuer: 'x', jwk },
    'an issuer of the name of the tenant': { type: 'static', name: `microsoft365:${tenantId}`, issuer: 'x', jwk },
    'an issuer of the name of one of its issuers': {
      type: 'static',
      name: `microsoft365:${tenantId}:v1`,
      issuer: 'x',
      jwk,
    },
    'one of its issuers': { type: 'openid', issuer: `https://login.microsoftonline.com/${tenantId}/v2.0` },
  })) {
    it(`is not trusted beside ${name}`, () => {
      const issuers = createTrustedIssuers([preset], context)
      const before = listed(issuers)
      const key = entraKey(entra.business)
      const options = 'jwk' in second ? { ...second, jwk: key } : second
      assert.throws(
        () => {
          issuers.add(options as never)
        },
        refusal('ERR_S2S_OPTION_INVALID', /is configured twice among trustedIssuers/),
      )
      assert.deepEqual(listed(issuers), before)
    })
  }

  it('is not trusted in part when one of its issuers must not be', () => {
    const issuers = createTrustedIssuers(
      [],
      makeTrustWorld({
        checkIssuer: ({ protocol }) => {
          if (protocol === 's2s') throw new Error('a condition')
        },
      }).context,
    )
    assert.throws(() => {
      issuers.add(preset)
    }, /a condition/)
    assert.deepEqual(issuers.list(), [])
  })

  it('has options of its own only', () => {
    assert.throws(
      () => createTrustedIssuers([{ ...preset, tennantId: tenantId } as never], context),
      refusal('ERR_S2S_OPTION_UNKNOWN', 'trustedIssuers[0].tennantId is unknown; did you mean `tenantId`?'),
    )
  })
})
