import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createProtectedResource, type ProtectedResource } from '../../lib/express/protected-resource.ts'
import type { ResourceMetadataOptions } from '../../lib/express/resource-metadata-options.ts'
import { ConfigurationError } from '../../lib/foundation/errors.ts'
import type { JsonObject } from '../../lib/foundation/parse-json.ts'
import type { TrustedIssuer } from '../../lib/trust/trusted-issuer.ts'
import { oauthTrustedIssuer as oauthIssuer, s2sIssuer } from '../support/trusted-issuers.ts'

const resource = 'https://api.example.com/mcp'
const path = '/.well-known/oauth-protected-resource/mcp'
const login = oauthIssuer({ name: 'login', issuerNames: ['https://login.example.com'] })
const tenant = oauthIssuer({
  name: 'tenant v2',
  partOf: ['tenant'],
  issuerNames: ['https://login.microsoftonline.com/72f9/v2.0'],
})
const cluster = oauthIssuer({ name: 'cluster', issuerNames: ['kubernetes/serviceaccount'] })
const farm = s2sIssuer({ name: 'farm', issuerNames: ['00000003@7b0c', 'https://farm.example.com'] })

interface World {
  readonly audience?: string | readonly string[]
  readonly issuers?: TrustedIssuer[]
  readonly scopes?: string[]
}

function make(options: ResourceMetadataOptions = {}, world: World = {}): ProtectedResource {
  const { audience = resource, issuers = [farm, login, tenant, cluster], scopes = [] } = world
  const register = { list: () => issuers, version: () => issuers.length }
  return createProtectedResource(options, { audience, issuers: register, requiredScopes: () => scopes })
}

function documentOf(made: ProtectedResource): JsonObject {
  return JSON.parse(made.documentAt(path)?.body.toString() ?? '{}') as JsonObject
}

function configurationErrorOf(options: unknown, world?: World): ConfigurationError {
  try {
    make(options as ResourceMetadataOptions, world)
  } catch (error) {
    if (error instanceof ConfigurationError) return error
    throw error
  }
  throw new Error('nothing was refused')
}

describe('createProtectedResource', () => {
  it('is what the one https address of audience says', () => {
    const made = make({}, { audience: ['ef1da9d4-ff77-4c3e-a005-840c3f830745', resource, 'api://notes'] })
    assert.equal(made.metadataUrl, `https://api.example.com${path}`)
    assert.equal(documentOf(made)['resource'], resource)
  })

  for (const [audience, found] of [
    [['api://notes'], 'no https address'],
    [undefined, 'no https address'],
    [[resource, 'https://other.example.com'], 'several https addresses'],
  ] as const) {
    it(`asks for resource when audience has ${found}: ${String(audience)}`, () => {
      const options = { audience, issuers: { list: () => [], version: () => 0 }, requiredScopes: () => [] }
      assert.throws(
        () => createProtectedResource({}, options),
        (error) =>
          error instanceof ConfigurationError &&
          error.path === 'resourceMetadata.resource' &&
          error.message.includes(found),
      )
      assert.equal(createProtectedResource({ resource }, options).metadataUrl, `https://api.example.com${path}`)
    })
  }

  it('names no issuer unless the operator lets it', () => {
    for (const options of [{}, { advertise: false }, { advertise: [] }]) {
      const document = make(options).documentAt(path)?.body.toString() ?? ''
      assert.doesNotMatch(document, /authorization_servers|login|farm/)
      assert.match(document, /"resource"/)
    }
  })

  it('names the OAuth issuers that have an https address, and no S2S issuer', () => {
    assert.deepEqual(documentOf(make({ advertise: true }))['authorization_servers'], [
      'https://login.example.com',
      'https://login.microsoftonline.com/72f9/v2.0',
    ])
  })

  it('names issuers in the order of the operator, by name or preset, each once', () => {
    const made = make({ advertise: ['tenant', 'login', 'tenant v2'] })
    assert.deepEqual(documentOf(made)['authorization_servers'], [
      'https://login.microsoftonline.com/72f9/v2.0',
      'https://login.example.com',
    ])
  })

  for (const [name, problem] of [
    ['nobody', /resourceMetadata\.advertise\[1\] is not among trustedIssuers; .*farm, login, tenant v2, cluster/],
    ['farm', /resourceMetadata\.advertise\[1\] gives no OAuth tokens/],
    ['cluster', /resourceMetadata\.advertise\[1\] gives no OAuth tokens under an https address/],
  ] as const) {
    it(`refuses to advertise ${name}`, () => {
      assert.match(configurationErrorOf({ advertise: ['login', name] }).message, problem)
    })
  }

  it('follows issuers that come and go, and rules that come, and else keeps the document', () => {
    const issuers: TrustedIssuer[] = [login]
    const scopes = ['notes.read']
    const made = make({ advertise: true }, { issuers, scopes })
    const first = made.documentAt(path)
    assert.equal(made.documentAt(path), first)
    issuers.push(tenant)
    const second = made.documentAt(path)
    assert.notEqual(second?.etag, first?.etag)
    scopes.push('notes.write')
    assert.deepEqual(documentOf(made)['scopes_supported'], ['notes.read', 'notes.write'])
    assert.notEqual(made.documentAt(path)?.etag, second?.etag)
    issuers.pop()
    assert.deepEqual(documentOf(made)['authorization_servers'], ['https://login.example.com'])
  })

  it('offers the scopes of the operator instead of those of the rules', () => {
    assert.deepEqual(make({ scopes: ['notes.read'] }, { scopes: ['admin.all'] }).scopes(), ['notes.read'])
    assert.equal(documentOf(make({ scopes: [] }, { scopes: ['admin.all'] }))['scopes_supported'], undefined)
  })

  it('says how tokens may and must be bound, as the issuers that are trusted now have it', () => {
    const bindingOf = (issuers: TrustedIssuer[], proofAlgorithms?: string[]): Record<string, unknown> => {
      const register = { list: () => issuers, version: () => 0 }
      const made = createProtectedResource(
        { resource },
        {
          audience: undefined,
          issuers: register,
          requiredScopes: () => [],
          proofAlgorithms,
        },
      )
      const { resource: own, bearer_methods_supported: methods, ...binding } = documentOf(made)
      assert.ok(own && methods)
      return binding
    }
    const strict = oauthIssuer({ dpop: 'required', mtls: 'refused' })
    const lenient = oauthIssuer({ dpop: 'allowed', mtls: 'allowed' })
    assert.deepEqual(bindingOf([farm, login]), {})
    assert.deepEqual(bindingOf([farm], ['ES256']), { dpop_signing_alg_values_supported: ['ES256'] })
    assert.deepEqual(bindingOf([farm, strict], ['ES256', 'PS256']), {
      dpop_signing_alg_values_supported: ['ES256', 'PS256'],
      dpop_bound_access_tokens_required: true,
    })
    assert.deepEqual(bindingOf([strict, lenient], ['ES256']), {
      dpop_signing_alg_values_supported: ['ES256'],
      tls_client_certificate_bound_access_tokens: true,
    })
  })

  it('knows its path with a slash at the end and without', () => {
    const made = make({ resource: `${resource}/` })
    assert.equal(made.metadataUrl, `https://api.example.com${path}/`)
    assert.ok(made.documentAt(path))
    assert.ok(made.documentAt(`${path}/`))
    const ofHost = make({ resource: 'https://api.example.com' })
    assert.ok(ofHost.documentAt('/.well-known/oauth-protected-resource'))
    assert.ok(ofHost.documentAt('/.well-known/oauth-protected-resource/'))
    assert.equal(ofHost.documentAt(path), undefined)
  })

  for (const other of [
    '/.well-known/oauth-protected-resource',
    `${path}/other`,
    `${path}//`,
    path.toUpperCase(),
    `${path}%2f`,
    '/mcp/.well-known/oauth-protected-resource',
    '/',
    '',
  ]) {
    it(`has no document at "${other}"`, () => {
      assert.equal(make().documentAt(other), undefined)
    })
  }

  for (const [name, options] of Object.entries({
    'a plain http resource': { resource: 'http://api.example.com' },
    'a resource with a query': { resource: `${resource}?a=b` },
    'a scope with a space': { scopes: ['a b'] },
    'a challenge scope that would end the attribute': { challengeScopes: ['a"b'] },
    'no challenge scopes': { challengeScopes: [] },
    'an empty name': { name: '' },
    'documentation over http': { documentation: 'http://api.example.com/docs' },
    'keys over http': { jwksUri: 'http://api.example.com/jwks' },
    'an advertise that is a text': { advertise: 'login' },
  })) {
    it(`refuses ${name}`, () => {
      const error = configurationErrorOf(options)
      assert.equal(error.code, 'ERR_S2S_OPTION_INVALID')
      assert.match(error.path ?? '', /^resourceMetadata\./)
    })
  }

  it('refuses members that it does not know', () => {
    assert.equal(configurationErrorOf({ issuers: [] }).code, 'ERR_S2S_OPTION_UNKNOWN')
  })
})
