import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readProtocols, readTenantIds, type Microsoft365IssuerOptions } from '../../lib/trust/microsoft365-options.ts'
import { refusal } from '../support/refusal.ts'
import { makeTrustWorld } from '../support/trust-context.ts'

const tenantId = '72f988bf-86f1-41af-91ab-2d7cd011db47'
const other = 'fa15d692-e9c7-4460-a743-29f2956fd429'
const options: Microsoft365IssuerOptions = { type: 'microsoft365', tenantId }
const list = (...tenants: string[]): Microsoft365IssuerOptions => ({ type: 'microsoft365', tenants })

describe('readTenantIds', () => {
  it('gives the ids in lower case, as tokens have them', () => {
    assert.deepEqual(readTenantIds({ type: 'microsoft365', tenantId: tenantId.toUpperCase() }, 'p'), [tenantId])
    assert.deepEqual(readTenantIds(list(other.toUpperCase(), tenantId), 'p'), [other, tenantId])
  })

  it('refuses a tenant that is listed twice, however it is written', () => {
    assert.throws(
      () => readTenantIds(list(tenantId, other, tenantId.toUpperCase()), 'contoso'),
      refusal('ERR_S2S_OPTION_INVALID', `contoso: tenants lists ${tenantId} twice; write it once`),
    )
  })

  it('refuses the tenant of consumer accounts', () => {
    for (const id of ['9188040d-6c67-4c5b-b112-36a304b66dad', '9188040D-6C67-4C5B-B112-36A304B66DAD']) {
      const told = /^p: 9188040d-.* is the tenant of consumer accounts/
      assert.throws(() => readTenantIds(list(tenantId, id), 'p'), refusal('ERR_S2S_OPTION_INVALID', told))
      assert.throws(() => readTenantIds({ ...options, tenantId: id }, 'p'), refusal('ERR_S2S_OPTION_INVALID', told))
    }
  })
})

describe('readProtocols', () => {
  const none = { audience: [], selfAudience: [] }
  for (const { name, given, server, expected } of [
    { name: 'both, with audience and self', given: options, server: {}, expected: { oauth: true, s2s: true } },
    {
      name: 'OAuth only, with an audience of the server',
      given: options,
      server: { selfAudience: [] },
      expected: { oauth: true, s2s: false },
    },
    {
      name: 'OAuth only, with an audience of the preset',
      given: { ...options, audience: 'api' },
      server: none,
      expected: { oauth: true, s2s: false },
    },
    { name: 'S2S only, with self', given: options, server: { audience: [] }, expected: { oauth: false, s2s: true } },
    {
      name: 'OAuth only, with S2S options that are switched off',
      given: { ...options, allowDelegation: false as const, acceptsUserTokens: false },
      server: { selfAudience: [] },
      expected: { oauth: true, s2s: false },
    },
  ]) {
    it(`finds ${name}`, () => {
      assert.deepEqual(readProtocols(given, 'p', makeTrustWorld(server).context), expected)
    })
  }

  it('refuses a server that says in neither protocol who it is', () => {
    assert.throws(
      () => readProtocols(options, 'p', makeTrustWorld(none).context),
      refusal('ERR_S2S_OPTION_INVALID', /^p: audience is missing; set it to the client id .* or set self/),
    )
  })

  for (const [option, value] of Object.entries({
    allowDelegation: { applications: ['a'] },
    acceptsUserTokens: true,
    acceptSecurityIdentifiers: true,
  })) {
    it(`refuses ${option} without self`, () => {
      assert.throws(
        () => readProtocols({ ...options, [option]: value }, 'p', makeTrustWorld({ selfAudience: [] }).context),
        refusal(
          'ERR_S2S_OPTION_INVALID',
          `p: ${option} is for S2S tokens, which need self: { clientId, realm, hosts }`,
        ),
      )
    })
  }
})
