import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tenantAddresses } from '../../lib/trust/microsoft365-clouds.ts'

const table = {
  global: [
    'https://sts.windows.net/T/',
    'https://login.microsoftonline.com/T/.well-known/openid-configuration',
    'https://login.microsoftonline.com/T/v2.0',
    'https://login.microsoftonline.com/T/v2.0/.well-known/openid-configuration',
    '00000001-0000-0000-c000-000000000000@T',
    'https://accounts.accesscontrol.windows.net/T/metadata/json/1',
  ],
  usgov: [
    'https://sts.windows.net/T/',
    'https://login.microsoftonline.us/T/.well-known/openid-configuration',
    'https://login.microsoftonline.us/T/v2.0',
    'https://login.microsoftonline.us/T/v2.0/.well-known/openid-configuration',
    '00000001-0000-0000-c000-000000000000@T',
    'https://login.microsoftonline.us/T/metadata/json/1',
  ],
  china: [
    'https://sts.chinacloudapi.cn/T/',
    'https://login.partner.microsoftonline.cn/T/.well-known/openid-configuration',
    'https://login.partner.microsoftonline.cn/T/v2.0',
    'https://login.partner.microsoftonline.cn/T/v2.0/.well-known/openid-configuration',
    '00000001-0000-0000-c000-000000000000@T',
    'https://accounts.accesscontrol.chinacloudapi.cn/T/metadata/json/1',
  ],
} as const

describe('tenantAddresses', () => {
  for (const cloud of ['global', 'usgov', 'china'] as const) {
    it(`names issuers and documents of a tenant in the cloud ${cloud}`, () => {
      const { v1, v2, s2s } = tenantAddresses(cloud, 'T')
      assert.deepEqual(
        [v1.issuer, v1.discoveryUrl, v2.issuer, v2.discoveryUrl, s2s.registeredIssuerName, s2s.metadataEndpoint],
        table[cloud],
      )
    })
  }
})
