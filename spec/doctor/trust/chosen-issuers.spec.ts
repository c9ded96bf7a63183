import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { DoctorOptions } from '../../../lib/doctor/doctor-options.ts'
import { explainToken } from '../../../lib/doctor/explain-token.ts'
import { checkTrust } from '../../../lib/doctor/trust/check-trust.ts'
import { systemClock } from '../../../lib/foundation/clock.ts'
import type { TrustedIssuerOptions } from '../../../lib/trust/issuer-options.ts'
import { makeCertificate } from '../../support/certificates.ts'
import { startEntra, tokenService, type Entra } from '../../support/entra.ts'
import { refusal } from '../../support/refusal.ts'
import { readClaims, signedJwt } from '../../support/tokens.ts'
import { certificate, sharedIssuer, startPlaces, trusting, type TrustFault } from '../../support/trust-faults.ts'
import { oauthAudience, s2sAudience, self } from '../../support/world.ts'

const tenant = '3f0d2c52-8a1e-4b7c-9d55-6f2b1a7c9e01'
const otherTenant = '8c5e1f27-4d3b-4a90-b6e8-0d9c7a5b2f14'
const expired = await makeCertificate({ commonName: 'Old', keyType: 'ec256', days: 30 })
const fault: TrustFault = { name: '', kind: '', sentence: '', fix: '' }

/** Kinds and issuers of all findings. */
async function kindsOf(options: DoctorOptions, issuers?: readonly string[]): Promise<readonly string[]> {
  const findings = await checkTrust(options, issuers === undefined ? {} : { issuers })
  return findings.map(({ severity, kind, issuer }) => `${issuer ?? ''}: ${severity} ${kind}`)
}

const trustingOnly = (entry: TrustedIssuerOptions): DoctorOptions => ({
  self,
  audience: oauthAudience,
  trustedIssuers: [entry],
})

describe('checkTrust: keys that are configured here', () => {
  const [jwk = {}] = sharedIssuer.jwks().keys
  for (const [name, entry, expected] of [
    ['a JWKS', { type: 'static', issuer: 'urn:a', jwks: { keys: [jwk] } }, 'urn:a: ok keys'],
    ['a JWK', { type: 'static', issuer: 'urn:a', jwk }, 'urn:a: ok keys'],
    ['a certificate', { type: 'static', issuer: 'urn:a', certificate: certificate.certificatePem }, 'urn:a: ok keys'],
    [
      'an expired certificate',
      { type: 'static', issuer: 'urn:a', certificate: expired.certificatePem },
      'urn:a: error certificate-expired',
    ],
    [
      'an S2S certificate',
      { type: 's2s-certificate', registeredIssuerName: 'a@b', certificates: certificate.certificatePem },
      'a@b: ok keys',
    ],
    [
      'a certificate that is none',
      { type: 's2s-certificate', registeredIssuerName: 'a@b', certificates: 'AAAA' },
      'a@b: error configuration',
    ],
    [
      'an address that is http',
      { type: 's2s-metadata', metadataEndpoint: 'http://farm.example' },
      'http://farm.example: error not-https',
    ],
  ] as readonly (readonly [string, TrustedIssuerOptions, string])[]) {
    it(`looks at ${name}`, async () => {
      assert.deepEqual(await kindsOf(trustingOnly(entry)), [expected])
    })
  }

  it('looks only at the issuers that are chosen', async () => {
    const options = trustingOnly({ type: 'static', name: 'one', issuer: 'urn:a', jwk })
    const both = {
      ...options,
      trustedIssuers: [...options.trustedIssuers, { type: 'static', name: 'two', issuer: 'urn:b', jwk } as const],
    }
    assert.deepEqual(await kindsOf(both, ['two']), ['two: ok keys'])
    assert.deepEqual(await kindsOf(both), ['one: ok keys', 'two: ok keys'])
  })

  it('refuses options that are none of an issuer', async () => {
    await assert.rejects(kindsOf({ trustedIssuers: [], audiense: 'x' } as never), refusal('ERR_S2S_OPTION_UNKNOWN'))
  })
})

describe('checkTrust: what only the server sees', () => {
  it("an issuer that publishes this server's own key only, and says so of its tokens", async () => {
    const { server, places } = await startPlaces([
      { ...fault, serve: () => ({ '/jwks': { keys: [certificate.publicKey.export({ format: 'jwk' })] } }) },
    ])
    const [place] = places
    assert.ok(place)
    const options = {
      ...trusting(fault, place, server.ca),
      self: { ...self, certificates: [certificate.certificatePem] },
    }
    assert.deepEqual(
      (await kindsOf(options)).filter((kind) => !kind.includes(' ok ')),
      ['issuer: error own-key'],
    )
    assert.equal((await explainToken(options, await place.oauth.token())).kind, 'own-key')
    await server.close()
  })

  it('an issuer whose fetch fails in a way of its own', async () => {
    const options = {
      ...trustingOnly({ type: 'openid', name: 'issuer', issuer: 'https://login.example.com' }),
      fetch: () => Promise.reject(new Error('no')),
    }
    const [finding] = await checkTrust(options)
    assert.equal(
      finding?.sentence,
      'https://login.example.com/.well-known/openid-configuration could not be fetched: no.',
    )
  })

  it('an issuer that a fetch of its own serves, without TLS of ours', async () => {
    const documents: Readonly<Record<string, object>> = {
      '/.well-known/openid-configuration': {
        issuer: 'https://login.example.com',
        jwks_uri: 'https://login.example.com/jwks',
      },
      '/jwks': sharedIssuer.jwks(),
    }
    const fetch = (url: unknown): Promise<Response> =>
      Promise.resolve(Response.json(documents[new URL(String(url)).pathname]))
    const options = {
      ...trustingOnly({ type: 'openid', name: 'issuer', issuer: 'https://login.example.com' }),
      fetch: fetch as typeof globalThis.fetch,
    }
    assert.deepEqual(await kindsOf(options), ['issuer: ok keys'])
  })

  it('an S2S issuer that has not told its name, and cannot be reached', async () => {
    const options = {
      ...trustingOnly({ type: 's2s-metadata', metadataEndpoint: 'https://farm.example/metadata' }),
      fetch: () => Promise.reject(new Error('no')),
    }
    const token = await signedJwt({
      header: { typ: 'JWT' },
      claims: { iss: 'a@b' },
      algorithm: 'RS256',
      key: certificate.privateKey,
    })
    const { verdict, kind, checks } = await explainToken(options, token)
    assert.equal(kind, 'unreachable')
    assert.match(
      verdict,
      /^Refused \(ERR_S2S_KEYS_UNREACHABLE\): the keys of https:\/\/farm\.example\/metadata cannot be had: /,
    )
    assert.equal(checks.find(({ outcome }) => outcome === 'failed')?.check, 'issuer')
  })

  it('an outage that is over when the doctor looks', async () => {
    let calls = 0
    const { server, places } = await startPlaces([{ ...fault, serve: ({ oauth }) => ({ '/jwks': (_request, response) => { calls += 1; response.writeHead(calls === 1 ? 503 : 200).end(JSON.stringify(oauth.jwks())) } }) }]) // prettier-ignore
    const [place] = places
    assert.ok(place)
    const { kind, cause } = await explainToken(trusting(fault, place, server.ca), await place.oauth.token())
    assert.equal(kind, 'unusable')
    assert.match(cause ?? '', /^the keys of issuer cannot be had: .*\/jwks answered with status 503$/)
    await server.close()
  })
})

describe('checkTrust and explainToken: Microsoft 365', () => {
  let entra: Entra
  before(async () => {
    entra = await startEntra(systemClock)
  })
  after(() => entra.close())

  const audience = 'ef1da9d4-ff77-4c3e-a005-840c3f830745'
  const preset = (more: object): DoctorOptions => {
    const entry = { type: 'microsoft365', agent: entra.agent, ...more } as TrustedIssuerOptions
    return { self, audience, trustedIssuers: [entry] }
  }

  it('looks at all issuers of a tenant', async () => {
    const issuers = ['v1', 'v2', 's2s'].map((name) => `microsoft365:${tenant}:${name}: ok keys`)
    assert.deepEqual(await kindsOf(preset({ tenantId: tenant })), issuers)
  })

  it('looks at the document that several tenants share once', async () => {
    const options = preset({ tenants: [tenant, otherTenant], name: 'm' })
    const oauthOnly = { audience, trustedIssuers: options.trustedIssuers }
    const v1 = [tenant, otherTenant].map((id) => `m:${id}:v1: ok keys`)
    assert.deepEqual(await kindsOf(oauthOnly), [...v1, 'm:common:v2: ok keys'])
    assert.equal((await kindsOf(options)).length, 5)
  })

  it('looks at S2S alone where there is no audience', async () => {
    const s2sOnly = { self, trustedIssuers: preset({ tenants: [tenant] }).trustedIssuers }
    assert.deepEqual(await kindsOf(s2sOnly), [`microsoft365:${tenant}:s2s: ok keys`])
  })

  it('names the issuer of the tenant whose document is of another', async () => {
    const place = `login.microsoftonline.com/${tenant}/v2.0/.well-known/openid-configuration`
    entra.forged.set(place, { issuer: `https://login.microsoftonline.com/${otherTenant}/v2.0` })
    const findings = await kindsOf(preset({ tenantId: tenant }))
    entra.forged.delete(place)
    assert.ok(findings.includes(`microsoft365:${tenant}:v2: error document-issuer-path`), findings.join())
  })

  for (const [name, changes, line] of [
    [
      'another tid than the issuer',
      { claims: { tid: otherTenant } },
      `Refused (ERR_S2S_REALM_MISMATCH): "tid" is "${otherTenant}", which is not the tenant of the issuer. Fix: have the client ask the token endpoint of the trusted tenant.`,
    ],
    [
      'no tid',
      { claims: { tid: undefined } },
      'Refused (ERR_S2S_CLAIM_INVALID): "tid" is missing. Fix: have the issuer write the claim.',
    ],
    [
      'another key',
      { header: { kid: 'old' }, claims: { iat: undefined, nbf: undefined } },
      `Refused (ERR_S2S_KEY_UNKNOWN): the header names the key "old", which microsoft365:${tenant}:v2 does not publish (published are <business>, <consumer>). Fix: get a new token: the issuer changed its key, or somebody else signed this one.`,
    ],
  ] as const) {
    it(`names the cause: ${name}`, async () => {
      const token = await entra.v2Token(tenant, changes)
      const { verdict } = await explainToken(preset({ tenants: [tenant] }), token)
      assert.equal(verdict.replace(entra.business.x5t, '<business>').replace(entra.consumer.x5t, '<consumer>'), line)
    })
  }

  it('names the cause: an ACS user token of an application that may not act for users', async () => {
    const farm = await entra.s2s(tenant, s2sAudience.replace(self.realm, tenant))
    const actor = String(readClaims(await farm.appOnlyToken())['nameid'])
    const token = await farm.appOnlyToken({ actor, nameid: 'dana', identityprovider: 'urn:x' })
    const options = preset({
      tenantId: tenant,
      acceptsUserTokens: true,
      allowDelegation: { applications: ['somebody'] },
    })
    const { verdict } = await explainToken({ ...options, userRights: 'checked-by-handler' }, token)
    assert.equal(
      verdict,
      `Refused (ERR_S2S_DELEGATION_NOT_ALLOWED): the application "${actor}" acts for a user, and it is not listed in allowDelegation.applications. Fix: set allowDelegation: { applications: [...] } on microsoft365:${tenant}:s2s so that it covers application and user, if it may act for users.`,
    )
    assert.ok(farm.issuerName.startsWith(tokenService))
  })
})
