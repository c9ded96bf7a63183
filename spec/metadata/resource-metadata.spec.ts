import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  buildResourceMetadata,
  isResourceIdentifier,
  resourceMetadataUrl,
} from '../../lib/metadata/resource-metadata.ts'

const resource = 'https://api.example.com/mcp'

describe('buildResourceMetadata', () => {
  it('says all that RFC 9728 has a member for', () => {
    const document = buildResourceMetadata({
      resource,
      authorizationServers: ['https://login.example.com', 'https://id.example.net/tenant'],
      scopes: ['notes.read', 'notes.write'],
      name: 'Notes',
      documentation: 'https://api.example.com/docs',
      jwksUri: 'https://api.example.com/.well-known/jwks.json',
      binding: { dpopAlgorithms: ['ES256'], dpopRequired: true, certificateBound: true },
    })
    assert.deepEqual(document, {
      resource,
      authorization_servers: ['https://login.example.com', 'https://id.example.net/tenant'],
      jwks_uri: 'https://api.example.com/.well-known/jwks.json',
      scopes_supported: ['notes.read', 'notes.write'],
      bearer_methods_supported: ['header'],
      resource_name: 'Notes',
      resource_documentation: 'https://api.example.com/docs',
      tls_client_certificate_bound_access_tokens: true,
      dpop_signing_alg_values_supported: ['ES256'],
      dpop_bound_access_tokens_required: true,
    })
  })

  it('leaves out what there is nothing to say about (section 3.2)', () => {
    const document = buildResourceMetadata({ resource, authorizationServers: [], scopes: [] })
    assert.deepEqual(document, { resource, bearer_methods_supported: ['header'] })
  })
})

describe('resourceMetadataUrl', () => {
  const wellKnown = '/.well-known/oauth-protected-resource'
  for (const [given, url] of Object.entries({
    'https://api.example.com': `https://api.example.com${wellKnown}`,
    'https://api.example.com/': `https://api.example.com${wellKnown}`,
    'https://api.example.com/mcp': `https://api.example.com${wellKnown}/mcp`,
    'https://api.example.com:8443/a/b/': `https://api.example.com:8443${wellKnown}/a/b/`,
  })) {
    it(`puts the well-known path between host and path of ${given}`, () => {
      assert.equal(resourceMetadataUrl(given), url)
    })
  }
})

describe('isResourceIdentifier', () => {
  for (const text of ['https://api.example.com', 'https://api.example.com/', 'https://localhost:8443/mcp', resource]) {
    it(`takes ${text}`, () => {
      assert.equal(isResourceIdentifier(text), true)
    })
  }

  for (const text of [
    'http://api.example.com/mcp',
    'https://api.example.com/mcp?tenant=1',
    'https://api.example.com/mcp#top',
    'https://api.example.com/mcp?',
    'https://user@api.example.com/mcp',
    'https://user:secret@api.example.com/mcp',
    'https://API.example.com/mcp',
    'https://api.example.com:443/mcp',
    'https://api.example.com/a/../mcp',
    'https://api.example.com/m"cp',
    'https://api.example.com/m cp',
    'https://api.example.com\\mcp',
    ' https://api.example.com/mcp',
    'https://bücher.example/mcp',
    'urn:reports',
    'api://ef1da9d4',
    'ef1da9d4-ff77-4c3e-a005-840c3f830745',
    '',
  ]) {
    it(`does not take ${JSON.stringify(text)}`, () => {
      assert.equal(isResourceIdentifier(text), false)
    })
  }
})
