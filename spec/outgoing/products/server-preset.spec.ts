import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import https from 'node:https'
import { createServerPreset, type ServerPresetOptions } from '../../../lib/outgoing/products/server-preset.ts'
import { refusal } from '../../support/refusal.ts'

const facts = { product: 'other', clientId: 'their-id', metadataPath: '/metadata' } as const
const url = 'https://their.example:8443'

describe('createServerPreset', () => {
  it('makes both directions of an address alone: nothing is delegated, no SIDs, no broker', () => {
    assert.deepEqual(createServerPreset(facts, { url }), {
      product: 'other',
      trustedIssuer: {
        type: 's2s-metadata',
        name: 'their.example:8443',
        isTrustBroker: false,
        acceptSecurityIdentifiers: false,
        allowDelegation: false,
        metadataEndpoint: 'https://their.example:8443/metadata',
      },
      client: { target: 'https://their.example:8443', targetClientId: 'their-id', spelling: 'sharepoint' },
    })
  })

  it('takes the realm into the name of the issuer and the audience of our tokens', () => {
    const { trustedIssuer, client } = createServerPreset(facts, { url, realm: 'their.realm' })
    assert.equal(trustedIssuer.registeredIssuerName, 'their-id@their.realm')
    assert.equal(client.targetRealm, 'their.realm')
  })

  it('delegates to the server itself only', () => {
    const { trustedIssuer } = createServerPreset(facts, { url, delegation: { level: 'user', users: { allow: ['a'] } } })
    assert.deepEqual(trustedIssuer.allowDelegation, {
      applications: [{ id: 'their-id', level: 'user', users: { allow: ['a'] } }],
    })
  })

  it('lets nobody slip another application into delegation', () => {
    const delegation = { level: 'full', id: 'somebody-else' } as unknown as NonNullable<
      ServerPresetOptions['delegation']
    >
    const { trustedIssuer } = createServerPreset(facts, { url, delegation })
    assert.deepEqual(trustedIssuer.allowDelegation, { applications: [{ level: 'full', id: 'their-id' }] })
  })

  it('hands agent, ca, thumbprints, SIDs and addresses on', () => {
    const agent = new https.Agent()
    const thumbprints = ['F6D8487B37452AA8903CA2C2036AB2EBF440B7D8']
    const { trustedIssuer, client } = createServerPreset(
      { ...facts, discoveryPath: '/discover', userAttributes: ['upn'] },
      {
        url: `${url}/`,
        name: 'theirs',
        metadataEndpoint: 'https://other.example/document',
        acceptSecurityIdentifiers: true,
        agent,
        ca: 'authority',
        thumbprints,
      },
    )
    assert.deepEqual(trustedIssuer, {
      type: 's2s-metadata',
      name: 'theirs',
      isTrustBroker: false,
      acceptSecurityIdentifiers: true,
      allowDelegation: false,
      metadataEndpoint: 'https://other.example/document',
      thumbprints,
      agent,
      ca: 'authority',
    })
    const { target, discoveryPath, userAttributes } = client
    assert.deepEqual(
      { target, discoveryPath, userAttributes },
      { target: url, discoveryPath: '/discover', userAttributes: ['upn'] },
    )
    assert.equal(client.agent, agent)
    assert.equal(client.ca, 'authority')
  })

  const wrong: readonly (readonly [string, object, RegExp])[] = [
    ['no address', {}, /^url /],
    ['an address that is none', { url: 'their.example' }, /^url must be https/],
    ['plain http', { url: 'http://their.example' }, /^url must be https/],
    ['a path, which would be ignored', { url: 'https://their.example/sites/a' }, /^url must be https/],
    ['a query', { url: 'https://their.example/?' }, /^url must be https/],
    ['a fragment', { url: 'https://their.example/#' }, /^url must be https/],
    ['a user name', { url: 'https://me@their.example' }, /^url must be https/],
    ['a realm in capitals', { url, realm: 'Their.Realm' }, /^realm must be in lower case/],
    ['a realm that is a pattern', { url, realm: '*' }, /^realm must be/],
    ['metadata over plain http', { url, metadataEndpoint: 'http://x.example' }, /^trustedIssuer\.metadataEndpoint /],
    ['a level that there is not', { url, delegation: { level: 'most' } }, /^trustedIssuer\.allowDelegation/],
    ['an empty list of thumbprints', { url, thumbprints: [] }, /^thumbprints is empty/],
  ]
  for (const [name, options, told] of wrong) {
    it(`refuses ${name}`, () => {
      assert.throws(
        () => createServerPreset(facts, options as ServerPresetOptions),
        refusal('ERR_S2S_OPTION_INVALID', told),
      )
    })
  }

  it('refuses an option that is not known', () => {
    const options = { url, isTrustBroker: true }
    assert.throws(() => createServerPreset(facts, options), refusal('ERR_S2S_OPTION_UNKNOWN', /^isTrustBroker/))
  })
})
