import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { VerifierOptions } from '../../lib/permissions/caller-options.ts'
import { explainToken, type TokenExplanation } from '../../lib/doctor/explain-token.ts'
import { createTestIssuer } from '../../lib/testing/create-test-issuer.ts'
import type { IntrospectionIssuerOptions } from '../../lib/trust/introspection/introspection-options.ts'
import { fixedClock, NOW } from '../support/clock.ts'
import { oauthAudience } from '../support/world.ts'

const issuer = await createTestIssuer({
  ...{ type: 'introspection', name: 'asked', audience: oauthAudience, clock: fixedClock },
  trust: { tokenPrefix: 'ory_at_' },
})
const signer = await createTestIssuer({
  type: 'static',
  audience: oauthAudience,
  clock: fixedClock,
  issuer: issuer.issuer,
})

function explain(text: string, changes: Partial<IntrospectionIssuerOptions> = {}): Promise<TokenExplanation> {
  const options: VerifierOptions = {
    ...{ audience: oauthAudience, clock: fixedClock },
    trustedIssuers: [{ ...issuer.options, ...changes }],
  }
  return explainToken(options, text)
}

/** The checks by their outcome, and what was found. */
const stateOf = ({ checks }: TokenExplanation, name: string): string => {
  const { outcome, found } = checks.find(({ check }) => check === name) ?? assert.fail(`no check ${name}`)
  return `${outcome}: ${found}`
}

describe('the explanation of a token whose issuer is asked', () => {
  it('says who calls, which issuer was asked and what it said', async () => {
    const explained = await explain(issuer.appToken())
    assert.equal(explained.verdict, 'Accepted: the application "test-application" of asked calls on its own.')
    const names = ['form', 'issuer', 'introspection', 'type', 'audience', 'lifetime', 'claims', 'caller']
    assert.deepEqual(explained.checks.map(({ check, outcome }) => `${check} ${outcome}`), names.map((name) => `${name} passed`)) // prettier-ignore
    assert.equal(stateOf(explained, 'issuer'), 'passed: asked')
    assert.equal(stateOf(explained, 'introspection'), 'passed: "active" true')
    assert.equal(stateOf(explained, 'type'), 'passed: "Bearer"')
  })

  it('says that the issuer does not call it active', async () => {
    const token = issuer.appToken()
    issuer.revoke(token)
    const explained = await explain(token)
    assert.equal(explained.code, 'ERR_S2S_TOKEN_INACTIVE')
    assert.match(explained.verdict, /asked does not call the token active\. Fix: get a new token from the issuer\.$/)
    assert.equal(stateOf(explained, 'introspection'), 'failed: "active" false')
    assert.equal(stateOf(explained, 'audience'), 'not reached: nothing')
  })

  const answers: readonly (readonly [
    check: string,
    claims: Readonly<Record<string, unknown>>,
    kind: string,
    cause: RegExp,
  ])[] = [
    ['audience', { aud: `${oauthAudience}/` }, 'audience-slash', /the audience .* a slash/],
    ['lifetime', { nbf: NOW + 100 }, 'begins-ahead', /ahead|not valid/],
    ['type', { token_type: undefined }, 'token-type', /"token_type" is missing, as for a refresh token/],
    ['type', { typ: 'Refresh' }, 'refresh-token', /this is a refresh token/],
    ['introspection', { iss: 'https://other.example' }, 'issuer-untrusted', /says that the token is of another issuer/],
    ['claims', { cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' } }, 'dpop-token-as-bearer', /bound/],
    ['caller', { client_id: undefined, sub: 'ana' }, 'application-missing', /names no application/],
  ]
  for (const [check, claims, kind, cause] of answers) {
    it(`says what is wrong with the answer: ${JSON.stringify(claims)}`, async () => {
      const explained = await explain(issuer.appToken({ claims }))
      assert.match(explained.cause ?? '', cause)
      assert.equal(explained.kind, kind)
      assert.equal(explained.checks.find(({ outcome }) => outcome === 'failed')?.check, check)
    })
  }

  it('says why the issuer could not be asked', async () => {
    const refused = await explain(issuer.appToken(), { clientId: 'somebody-else' })
    assert.deepEqual([refused.kind, refused.code], ['introspection-refused', 'ERR_S2S_INTROSPECTION_UNAVAILABLE'])
    assert.match(stateOf(refused, 'introspection'), /^failed: .*this server may not ask/)
    const fetch: typeof globalThis.fetch = () => Promise.reject(new Error('no way'))
    assert.equal((await explain(issuer.appToken(), { fetch })).kind, 'introspection-unreachable')
    const html: typeof globalThis.fetch = () =>
      Promise.resolve(new Response('<html>', { headers: { 'content-type': 'text/html' } }))
    const introspectionEndpoint = `${issuer.issuer}/introspect`
    assert.equal(
      (await explain(issuer.appToken(), { fetch: html, introspectionEndpoint })).kind,
      'introspection-unusable',
    )
    const documents: typeof globalThis.fetch = () => Promise.resolve(Response.json({ issuer: issuer.issuer }))
    assert.equal((await explain(issuer.appToken(), { fetch: documents })).kind, 'introspection-undiscovered')
  })

  it('asks nobody about what the verifier asks nobody about', async () => {
    const before = issuer.requests.length
    assert.equal((await explain('ory_at_short')).code, 'ERR_S2S_TOKEN_MALFORMED')
    assert.equal((await explain('another-prefix-than-that-of-the-issuer')).code, 'ERR_S2S_ISSUER_UNTRUSTED')
    const jwt = await explain(signer.appToken())
    assert.equal(jwt.code, 'ERR_S2S_TOKEN_TYPE')
    assert.match(jwt.verdict, /is asked about opaque tokens only \(accepts\)/)
    assert.equal(issuer.requests.length, before)
  })

  it('asks about JWTs where that is how they are judged', async () => {
    const options = Object.fromEntries(
      Object.entries(issuer.options).filter(([name]) => name !== 'tokenPrefix'),
    ) as unknown as IntrospectionIssuerOptions
    const explained = await explainToken(
      { audience: oauthAudience, clock: fixedClock, trustedIssuers: [{ ...options, accepts: 'any' }] },
      signer.appToken(),
    )
    assert.equal(explained.code, 'ERR_S2S_TOKEN_INACTIVE')
  })

  it('advises such an issuer where a token is opaque and none is trusted', async () => {
    const explained = await explainToken(
      { audience: oauthAudience, clock: fixedClock, trustedIssuers: [signer.options] },
      issuer.appToken(),
    )
    assert.equal(explained.kind, 'opaque-token')
    assert.match(explained.fix ?? '', /type introspection/)
  })

  it('holds nothing of the token', async () => {
    for (const token of [
      issuer.appToken(),
      issuer.appToken({ claims: { aud: 'x' } }),
      'ory_at_unknown-to-the-issuer',
    ]) {
      assert.ok(!JSON.stringify(await explain(token)).includes(token.slice(7)))
    }
  })
})
