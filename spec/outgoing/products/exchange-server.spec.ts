import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { exchangeServer } from '../../../lib/outgoing/products/exchange-server.ts'

describe('exchangeServer', () => {
  it('reads the document at the path of Exchange, believes no SIDs and sends none', () => {
    const { product, trustedIssuer, client } = exchangeServer({
      url: 'https://mail.example',
      realm: 'fabrikam.example',
    })
    assert.equal(product, 'exchange')
    assert.deepEqual(trustedIssuer, {
      type: 's2s-metadata',
      name: 'mail.example',
      isTrustBroker: false,
      acceptSecurityIdentifiers: false,
      allowDelegation: false,
      metadataEndpoint: 'https://mail.example/autodiscover/metadata/json/1',
      registeredIssuerName: '00000002-0000-0ff1-ce00-000000000000@fabrikam.example',
    })
    assert.deepEqual(client, {
      target: 'https://mail.example',
      targetClientId: '00000002-0000-0ff1-ce00-000000000000',
      spelling: 'sharepoint',
      targetRealm: 'fabrikam.example',
      userAttributes: ['upn', 'smtp', 'sip'],
    })
  })
})
