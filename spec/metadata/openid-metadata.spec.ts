import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { UnavailableError } from '../../lib/foundation/errors.ts'
import { openIdMetadataUrls, parseOpenIdMetadata } from '../../lib/metadata/openid-metadata.ts'

const issuer = 'https://sts.fabrikam.example/tenant'
const jwksUri = 'https://keys.fabrikam.example/jwks?version=1'

describe('a discovery document', () => {
  it('tells where the keys are, and nothing else is taken from it', () => {
    const document = { issuer, jwks_uri: jwksUri, id_token_signing_alg_values_supported: ['none', 'HS256'] }
    assert.deepEqual(parseOpenIdMetadata(document, issuer), { issuer, jwksUri })
  })

  it('tells the Microsoft cloud where it names one', () => {
    const document = { issuer, jwks_uri: jwksUri }
    const cloud = { ...document, cloud_instance_name: 'microsoftonline.com' }
    assert.equal(parseOpenIdMetadata(cloud, issuer).cloudInstanceName, 'microsoftonline.com')
    assert.deepEqual(parseOpenIdMetadata({ ...document, cloud_instance_name: 5 }, issuer), { issuer, jwksUri })
  })

  const refused: readonly (readonly [string, Record<string, unknown>])[] = [
    ['no issuer', { jwks_uri: jwksUri }],
    ['another issuer', { issuer: 'https://attacker.example', jwks_uri: jwksUri }],
    ['the issuer with a slash at the end', { issuer: `${issuer}/`, jwks_uri: jwksUri }],
    ['the issuer in other letter case', { issuer: issuer.toUpperCase(), jwks_uri: jwksUri }],
    ['the issuer in a list', { issuer: [issuer], jwks_uri: jwksUri }],
    ['no jwks_uri', { issuer }],
    ['a jwks_uri that is no text', { issuer, jwks_uri: [jwksUri] }],
    ['a jwks_uri that is no address', { issuer, jwks_uri: '/jwks' }],
    ['a jwks_uri over http', { issuer, jwks_uri: 'http://keys.fabrikam.example/jwks' }],
    ['a jwks_uri of a file', { issuer, jwks_uri: 'file:///etc/passwd' }],
    ['a jwks_uri of data', { issuer, jwks_uri: 'data:application/json,{"keys":[]}' }],
    ['a jwks_uri with a user name', { issuer, jwks_uri: 'https://keys.fabrikam.example@attacker.example/' }],
    ['a jwks_uri with a password', { issuer, jwks_uri: 'https://:password@keys.fabrikam.example/' }],
  ]
  for (const [name, document] of refused) {
    it(`is not used with ${name}`, () => {
      assert.throws(
        () => parseOpenIdMetadata(document, issuer),
        (error: unknown) => {
          assert.ok(error instanceof UnavailableError)
          assert.equal(error.code, 'ERR_S2S_METADATA_INVALID')
          assert.match(error.reason ?? '', /https:\/\/sts\.fabrikam\.example\/tenant/)
          assert.doesNotMatch(error.reason ?? '', /attacker/)
          return true
        },
      )
    })
  }
})

describe('the addresses of a discovery document', () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'an issuer without path',
      'https://sts.example',
      [
        'https://sts.example/.well-known/openid-configuration',
        'https://sts.example/.well-known/oauth-authorization-server',
      ],
    ],
    [
      'an issuer with a slash at the end',
      'https://sts.example/',
      [
        'https://sts.example/.well-known/openid-configuration',
        'https://sts.example/.well-known/oauth-authorization-server',
      ],
    ],
    [
      'an issuer with port and path',
      'https://sts.example:8443/api/oidc',
      [
        'https://sts.example:8443/api/oidc/.well-known/openid-configuration',
        'https://sts.example:8443/.well-known/oauth-authorization-server/api/oidc',
        'https://sts.example:8443/.well-known/openid-configuration/api/oidc',
      ],
    ],
    [
      'an issuer with path and a slash at the end',
      'https://sts.example/tenant/',
      [
        'https://sts.example/tenant/.well-known/openid-configuration',
        'https://sts.example/.well-known/oauth-authorization-server/tenant',
        'https://sts.example/.well-known/openid-configuration/tenant',
      ],
    ],
  ]
  for (const [name, given, urls] of cases) {
    it(`follow OpenID Connect first, then RFC 8414: ${name}`, () => {
      assert.deepEqual(openIdMetadataUrls(given), urls)
    })
  }
})
