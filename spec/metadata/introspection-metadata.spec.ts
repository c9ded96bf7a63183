import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { JsonObject } from '../../lib/foundation/parse-json.ts'
import { parseIntrospectionEndpoint } from '../../lib/metadata/introspection-metadata.ts'
import { refusal } from '../support/refusal.ts'

const issuer = 'https://opaque.example/realms/main'
const endpoint = 'https://opaque.example/introspect'
const document = { issuer, introspection_endpoint: endpoint }

const parse = (changes: JsonObject, showsCertificate = false): string =>
  parseIntrospectionEndpoint({ ...document, ...changes }, { issuer, showsCertificate })

describe('parseIntrospectionEndpoint', () => {
  it('gives the endpoint of the issuer itself', () => {
    assert.equal(parse({}), endpoint)
  })

  it('prefers the alias for client certificates, where one is shown', () => {
    const alias = 'https://opaque.example/mtls/introspect'
    const aliases = { mtls_endpoint_aliases: { introspection_endpoint: alias } }
    assert.equal(parse(aliases, true), alias)
    assert.equal(parse(aliases), endpoint)
    for (const odd of [{}, null, 'x', []]) assert.equal(parse({ mtls_endpoint_aliases: odd }, true), endpoint)
    assert.throws(
      () => parse({ mtls_endpoint_aliases: { introspection_endpoint: 7 } }, true),
      refusal('ERR_S2S_METADATA_INVALID'),
    )
  })

  const wrong: readonly (readonly [JsonObject, RegExp])[] = [
    [{ issuer: `${issuer}/` }, /not of/],
    [{ issuer: [issuer] }, /not of/],
    [{ introspection_endpoint: undefined }, /set introspectionEndpoint/],
    [{ introspection_endpoint: [endpoint] }, /set introspectionEndpoint/],
    [{ introspection_endpoint: 'http://opaque.example/introspect' }, /no https/],
    [{ introspection_endpoint: 'https://user@opaque.example/introspect' }, /no https/],
    [{ introspection_endpoint: 'https://evil.example/introspect' }, /another origin/],
    [{ introspection_endpoint: 'https://opaque.example:8443/introspect' }, /another origin/],
  ]
  for (const [changes, reason] of wrong) {
    it(`refuses ${JSON.stringify(changes)}`, () => {
      assert.throws(() => parse(changes), refusal('ERR_S2S_METADATA_INVALID', reason))
    })
  }
})
