import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { SigningKey } from '../../lib/keys/signing-key.ts'
import type { OAuthTokenOptions } from '../../lib/outgoing/oauth-options.ts'
import { fixedClock } from '../support/clock.ts'
import { startDelegationIssuer, type DelegationIssuer } from '../support/delegation-issuer.ts'
import { startGuardedApp, type GuardedApp } from '../support/guarded-app.ts'
import { assertCallFails, makeOAuthCaller, type OAuthCaller } from '../support/oauth-caller.ts'
import { makeSigningKey } from '../support/signing-keys.ts'
import { readClaims, signedJwt } from '../support/tokens.ts'

const secret = 'a-secret-of-this-run'
const middle = { id: 'documents', audience: 'api://documents' }
const targetAudience = 'api://reports'

/** Our counterpart behaves as RFC 8693 section 2 and Entra's documentation say; no released issuer runs here. */
describe('a server that calls another one for the user of the incoming call', () => {
  let issuer: DelegationIssuer
  let app: GuardedApp
  let key: SigningKey
  let caller: OAuthCaller

  before(async () => {
    key = await makeSigningKey({ commonName: 'Documents' })
    issuer = await startDelegationIssuer({
      clock: fixedClock,
      client: { ...middle, secret, certificatePem: pemOf(key) },
      targetAudience,
    })
    caller = makeOAuthCaller(fixedClock, key)
    app = await startGuardedApp({
      form: 'protect',
      s2s: {
        audience: targetAudience,
        clock: fixedClock,
        ca: issuer.ca,
        trustedIssuers: [{ type: 'openid', name: 'login', issuer: issuer.url }],
        grants: [{ issuer: 'login', application: middle.id, permissions: ['reports.read'] }],
        userRights: 'checked-by-handler',
      },
      resources: { 'GET /reports/:id': 'reports.read' },
    })
  })
  after(() => Promise.all([app.close(), issuer.close()]))

  const exchangeOptions = (): OAuthTokenOptions => ({
    issuer: issuer.url,
    clientId: middle.id,
    authentication: { type: 'client_secret_basic', secret },
    audience: targetAudience,
    scope: 'reports.read',
    ca: issuer.ca,
  })
  const entraOptions = (): OAuthTokenOptions => ({
    issuer: issuer.url,
    clientId: middle.id,
    authentication: { type: 'private_key_jwt', algorithm: 'PS256', assertionAudience: 'token-endpoint' },
    delegation: 'entra-obo',
    scope: `${targetAudience}/.default`,
    ca: issuer.ca,
  })
  const flows = [
    { name: 'token exchange', options: exchangeOptions, subject: 'subject_token', user: 'dana' },
    { name: "Entra's on-behalf-of flow", options: entraOptions, subject: 'assertion', user: 'pairwise-dana' },
  ] as const

  for (const { name, options, subject, user } of flows) {
    describe(name, () => {
      it('brings the user along, and this server as the application', async () => {
        const subjectToken = await issuer.userToken('dana')
        const client = caller.clientFor(app, options())
        const answer = await client.fetch('/reports/1', { subjectToken })
        assert.equal(answer.status, 200, await answer.text())
        const { kind, application, user: seen } = app.lastCaller() ?? {}
        assert.deepEqual([kind, application?.id, seen?.id], ['user+app', middle.id, user])
        assert.equal(issuer.forms.at(-1)?.get(subject), subjectToken)
      })

      it('has one token for each incoming token', async () => {
        const client = caller.clientFor(app, options())
        const [dana, robin] = [await issuer.userToken('dana'), await issuer.userToken('robin')]
        const before = issuer.forms.length
        const seen: unknown[] = []
        for (const subjectToken of [dana, robin, dana, robin]) {
          assert.equal((await client.fetch('/reports/1', { subjectToken })).status, 200)
          seen.push(app.lastCaller()?.user?.id)
        }
        assert.deepEqual(seen, [user, user.replace('dana', 'robin'), user, user.replace('dana', 'robin')])
        assert.equal(issuer.forms.length, before + 2)
      })

      const bad: readonly (readonly [name: string, token: () => Promise<string>])[] = [
        ['is meant for another server', () => issuer.userToken('dana', { aud: targetAudience })],
        ['has expired', () => issuer.userToken('dana', { exp: fixedClock() - 1 })],
        ['is signed by somebody else', async () => resign(await issuer.userToken('dana'), key)],
      ]
      for (const [what, token] of bad) {
        it(`calls nobody when the incoming token ${what}`, async () => {
          const requests = app.requests.length
          const subjectToken = await token()
          const client = caller.clientFor(app, options())
          await assertCallFails(client.fetch('/reports/1', { subjectToken }), {
            code: 'ERR_S2S_TOKEN_REQUEST_REFUSED',
            side: 'ours',
            reason: /\(invalid_grant: /,
            secrets: [subjectToken, secret],
          })
          assert.equal(app.requests.length, requests, 'the target was called')
          assert.ok(!JSON.stringify(caller.events).includes(subjectToken))
        })
      }

      it('needs the incoming token: identifiers of a user are nothing to an issuer', async () => {
        const [requests, asked] = [app.requests.length, issuer.forms.length]
        const client = caller.clientFor(app, options())
        await assertCallFails(client.fetch('/reports/1', { onBehalfOf: { upn: 'dana@fabrikam.example' } }), {
          code: 'ERR_S2S_OUTGOING_REQUEST_INVALID',
          side: 'ours',
        })
        assert.deepEqual([app.requests.length, issuer.forms.length], [requests, asked])
      })
    })
  }

  it('asks for an exchange as RFC 8693 says, with the secret outside of the form', async () => {
    const client = caller.clientFor(app, exchangeOptions())
    await client.fetch('/reports/1', { subjectToken: await issuer.userToken('kim') })
    const form = issuer.forms.at(-1)
    assert.equal(form?.get('subject_token_type'), 'urn:ietf:params:oauth:token-type:access_token')
    assert.deepEqual(form.getAll('audience'), [targetAudience])
    assert.equal(form.get('client_secret'), null)
  })

  it('shows Entra its certificate in the header of the assertion', async () => {
    const client = caller.clientFor(app, entraOptions())
    await client.fetch('/reports/1', { subjectToken: await issuer.userToken('kim') })
    const assertion = issuer.forms.at(-1)?.get('client_assertion') ?? ''
    const header: unknown = JSON.parse(Buffer.from(assertion.split('.', 1).join(), 'base64url').toString())
    assert.deepEqual(header, { alg: 'PS256', typ: 'JWT', kid: key.kid, x5t: key.x5t, 'x5t#S256': key.x5tS256 })
    const { jti, ...claims } = readClaims(assertion)
    const now = fixedClock()
    assert.deepEqual(claims, {
      ...{ iss: middle.id, sub: middle.id, aud: `${issuer.url}/token` },
      ...{ iat: now, nbf: now, exp: now + 60 },
    })
    assert.match(String(jti), /^[\w-]{20,}$/)
    assert.equal(issuer.credentials.at(-1), undefined)
  })

  it('says that the user must sign in again when Entra wants that', async () => {
    const client = caller.clientFor(app, entraOptions())
    const subjectToken = await issuer.userToken('dana', { mfa: 'missing' })
    await assertCallFails(client.fetch('/reports/1', { subjectToken }), {
      code: 'ERR_S2S_TOKEN_REQUEST_REFUSED',
      side: 'ours',
      reason: /\(interaction_required: the user must sign in again\)/,
    })
  })
})

function pemOf({ derBase64 }: SigningKey): string {
  return `-----BEGIN CERTIFICATE-----\n${derBase64}\n-----END CERTIFICATE-----\n`
}

function resign(token: string, { privateKey }: SigningKey): Promise<string> {
  return signedJwt({
    header: { typ: 'at+jwt', kid: 'RS256-0' },
    claims: readClaims(token),
    algorithm: 'RS256',
    key: privateKey,
  })
}
