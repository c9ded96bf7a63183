import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { buildIssuerMetadata } from '../../lib/metadata/build-issuer-metadata.ts'
import { parseOpenIdMetadata } from '../../lib/metadata/openid-metadata.ts'

const issuer = 'https://api.fabrikam.example/s2s'
const jwksUri = 'https://api.fabrikam.example/.well-known/jwks.json'

describe('our issuer metadata', () => {
  it('round-trips through our own parser', () => {
    assert.deepEqual(parseOpenIdMetadata(buildIssuerMetadata({ issuer, jwksUri }), issuer), { issuer, jwksUri })
  })

  it('names no endpoint: this server gives nobody a token', () => {
    const metadata = buildIssuerMetadata({ issuer, jwksUri })
    assert.deepEqual(
      Object.keys(metadata).filter((name) => name.endsWith('_endpoint')),
      [],
    )
    assert.deepEqual(metadata['response_types_supported'], [])
    assert.deepEqual(metadata['grant_types_supported'], [])
  })
})
