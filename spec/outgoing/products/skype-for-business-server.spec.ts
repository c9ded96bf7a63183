import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { skypeForBusinessServer } from '../../../lib/outgoing/products/skype-for-business-server.ts'

describe('skypeForBusinessServer', () => {
  it('reads the document at the path of Skype, believes no SIDs and sends none', () => {
    const { product, trustedIssuer, client } = skypeForBusinessServer({
      url: 'https://pool.example',
      realm: 'sip.example',
    })
    assert.equal(product, 'skype')
    assert.deepEqual(trustedIssuer, {
      type: 's2s-metadata',
      name: 'pool.example',
      isTrustBroker: false,
      acceptSecurityIdentifiers: false,
      allowDelegation: false,
      metadataEndpoint: 'https://pool.example/metadata/json/1',
      registeredIssuerName: '00000004-0000-0ff1-ce00-000000000000@sip.example',
    })
    assert.deepEqual(client, {
      target: 'https://pool.example',
      targetClientId: '00000004-0000-0ff1-ce00-000000000000',
      spelling: 'sharepoint',
      targetRealm: 'sip.example',
      userAttributes: ['upn', 'smtp', 'sip'],
    })
  })
})
