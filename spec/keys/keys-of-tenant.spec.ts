import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseJwks } from '../../lib/keys/jwks-key-set.ts'
import { keysOfTenant } from '../../lib/keys/keys-of-tenant.ts'
import { makeKeyPair } from '../support/key-pairs.ts'

const tenantId = '72f988bf-86f1-41af-91ab-2d7cd011db47'
const other = 'fa15d692-e9c7-4460-a743-29f2956fd429'
const consumers = '9188040d-6c67-4c5b-b112-36a304b66dad'
const login = 'https://login.microsoftonline.com'
const jwk = makeKeyPair('ec256').publicKey.export({ format: 'jwk' })
const v2 = { tenantId, keyIssuers: [`${login}/${tenantId}/v2.0`], isIssuerRequired: true }
const v1 = { ...v2, keyIssuers: [`https://sts.windows.net/${tenantId}/`, ...v2.keyIssuers] }

/** Whether a key with this `issuer` vouches for the tenant. */
function vouches(issuer: string | undefined, tenant: Parameters<typeof keysOfTenant>[1]): boolean {
  const { keys } = parseJwks({ keys: [{ ...jwk, kid: 'a', ...(issuer === undefined ? {} : { issuer }) }] })
  return keysOfTenant(keys, tenant).length === 1
}

describe('keysOfTenant', () => {
  const cases: readonly (readonly [name: string, issuer: string | undefined, v2: boolean, v1: boolean])[] = [
    ['the template of the v2 issuer', `${login}/{tenantid}/v2.0`, true, true],
    ['the v2 issuer of the tenant', `${login}/${tenantId}/v2.0`, true, true],
    ['the template of the v1 issuer', 'https://sts.windows.net/{tenantid}/', false, true],
    ['the v1 issuer of the tenant', `https://sts.windows.net/${tenantId}/`, false, true],
    ['the tenant of consumer accounts', `${login}/${consumers}/v2.0`, false, false],
    ['another tenant', `${login}/${other}/v2.0`, false, false],
    ['another cloud', 'https://login.microsoftonline.us/{tenantid}/v2.0', false, false],
    ['a template in other letter case', `${login}/{tenantId}/v2.0`, false, false],
    ['a tenant in other letter case', `${login}/${tenantId.toUpperCase()}/v2.0`, false, false],
    ['two templates', `${login}/{tenantid}{tenantid}/v2.0`, false, false],
    ['the template alone', '{tenantid}', false, false],
    ['a slash at the end', `${login}/{tenantid}/v2.0/`, false, false],
    ['an empty text', '', false, false],
    ['no issuer in a set for many tenants', undefined, false, false],
  ]
  for (const [name, issuer, ofV2, ofV1] of cases) {
    it(`${ofV2 ? 'gives' : 'withholds'} a key with ${name} for v2 tokens`, () => {
      assert.equal(vouches(issuer, v2), ofV2)
    })
    it(`${ofV1 ? 'gives' : 'withholds'} a key with ${name} for v1 tokens`, () => {
      assert.equal(vouches(issuer, v1), ofV1)
    })
  }

  it('gives a key without issuer that stands in a document of the tenant alone', () => {
    assert.equal(vouches(undefined, { ...v2, isIssuerRequired: false }), true)
    assert.equal(vouches(`${login}/${consumers}/v2.0`, { ...v2, isIssuerRequired: false }), false)
  })

  it('reads the template as a text, not as a pattern for what replaces it', () => {
    const odd = { tenantId: '$&', keyIssuers: ['a/$&'], isIssuerRequired: true }
    assert.equal(vouches('a/{tenantid}', odd), true)
  })
})
