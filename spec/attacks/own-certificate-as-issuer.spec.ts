import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createS2S, type S2SOptions, type TrustedIssuerOptions } from 'passport-s2s'
import { assertRefused } from '../support/attack.ts'
import { makeCertificate } from '../support/certificates.ts'
import { fixedClock } from '../support/clock.ts'
import { makeFarm } from '../support/farm.ts'
import { forms, startGuardedApp } from '../support/guarded-app.ts'
import { serveDocuments, startHttpsServer, type LocalServer } from '../support/https-server.ts'
import { makeKeyPair } from '../support/key-pairs.ts'
import { signedJwt } from '../support/tokens.ts'
import { oauthAudience, s2sAudience, self } from '../support/world.ts'

// CVE-2026-55040, last step: the server's own signing certificate, public in its own metadata, taken for a foreign issuer's.
const keyPair = makeKeyPair('rsa2048')
const own = await makeCertificate({ commonName: 'ours', keyPair })
const renewed = await makeCertificate({ commonName: 'ours, renewed with the same key', keyPair })
const realm = '52aa6841-b76b-4ed4-a3d7-a259fce1dfa2'
const clientId = 'c3ab8885-458f-4864-8804-1608145e2ac4'
const farm = await makeFarm({
  realm,
  clientId,
  issuerId: clientId,
  audience: s2sAudience,
  clock: fixedClock,
  certificate: renewed,
})
const jwk = { ...keyPair.publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256' }
const pem = keyPair.publicKey.export({ type: 'spki', format: 'pem' }).toString()

const options = (issuer: TrustedIssuerOptions, ca = ''): S2SOptions => ({
  self: { ...self, certificates: [own.certificatePem] },
  audience: oauthAudience,
  clock: fixedClock,
  ...(ca === '' ? {} : { ca }),
  trustedIssuers: [issuer],
})

describe("this server's own key as an issuer's", () => {
  const issuer = 'https://login.example.com'
  const configured: readonly TrustedIssuerOptions[] = [
    { type: 's2s-certificate', registeredIssuerName: farm.issuerName, certificates: own.certificatePem },
    { type: 's2s-certificate', registeredIssuerName: farm.issuerName, certificates: renewed.certificatePem },
    { type: 'static', issuer, jwk },
    { type: 'static', issuer, jwks: { keys: [jwk] } },
    { type: 'static', issuer, pem },
    { type: 'static', issuer, certificate: renewed.certificatePem },
  ]
  for (const [index, trusted] of configured.entries()) {
    it(`is refused at start (${trusted.type}, ${index + 1})`, () => {
      assert.throws(() => createS2S(options(trusted)), { code: 'ERR_S2S_OPTION_INVALID', message: /server's own/ })
    })
  }

  for (const form of forms) {
    describe(`published by somebody else (${form})`, () => {
      let server: LocalServer
      before(async () => {
        server = await startHttpsServer((request, response) => {
          const metadata = { issuer: server.url, jwks_uri: `${server.url}/jwks` }
          serveDocuments({
            '/metadata/json/1': farm.metadata('exchange'),
            '/.well-known/openid-configuration': metadata,
            '/jwks': { keys: [jwk] },
          })(request, response)
        })
      })
      after(() => server.close())

      it('is not used from an S2S metadata document', async () => {
        const metadataEndpoint = `${server.url}/metadata/json/1`
        const trusted = { type: 's2s-metadata', metadataEndpoint, registeredIssuerName: farm.issuerName } as const
        const app = await startGuardedApp({
          form,
          s2s: options(trusted, server.ca),
          resources: { 'GET /reports/:id': 'authenticated' },
        })
        const token = await farm.appOnlyToken()
        await assertRefused(app, { name: 'own key', token, status: 503, code: 'ERR_S2S_METADATA_INVALID' })
        await app.close()
      })

      it('is not used from a key set', async () => {
        const trusted = { type: 'openid', issuer: server.url } as const
        const app = await startGuardedApp({
          form,
          s2s: options(trusted, server.ca),
          resources: { 'GET /reports/:id': 'authenticated' },
        })
        const now = Math.floor(fixedClock())
        const token = await signedJwt({
          header: { kid: 'k' },
          claims: { iss: server.url, aud: oauthAudience, sub: 'x', client_id: 'x', iat: now, exp: now + 60 },
          algorithm: 'RS256',
          key: keyPair.privateKey,
        })
        await assertRefused(app, { name: 'own key', token, status: 503, code: 'ERR_S2S_METADATA_INVALID' })
        await app.close()
      })
    })
  }
})
