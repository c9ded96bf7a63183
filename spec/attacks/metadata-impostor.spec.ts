import assert from 'node:assert/strict'
import { createServer, globalAgent, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import type { TrustedIssuerOptions } from 'passport-s2s'
import { assertRefused } from '../support/attack.ts'
import { makeCertificate, type TestCertificate } from '../support/certificates.ts'
import { fixedClock, NOW } from '../support/clock.ts'
import { makeFarm, type Farm } from '../support/farm.ts'
import { forms, startGuardedApp } from '../support/guarded-app.ts'
import { makeOAuthIssuer } from '../support/oauth-issuer.ts'
import { oauthAudience, s2sAudience, self } from '../support/world.ts'

const authority = await makeCertificate({ commonName: 'Authority', keyType: 'ec256' })
const stranger = await makeCertificate({ commonName: 'Stranger', keyType: 'ec256' })
const common = { keyType: 'ec256', commonName: 'localhost', hosts: ['localhost'] } as const

/** Who answers where the issuer should. */
const impostors: Readonly<Record<string, TestCertificate>> = {
  'of another name, in spite of its common name': await makeCertificate({
    ...common,
    hosts: ['login.example.com'],
    signedBy: authority,
  }),
  'of an authority that nobody knows': await makeCertificate({ ...common, signedBy: stranger }),
  'of nobody but itself': await makeCertificate(common),
  'that was good until 2021': await makeCertificate({ ...common, days: 366, signedBy: authority }),
  'that is not good yet': await makeCertificate({ ...common, notBefore: NOW + 86_400 * 3650, signedBy: authority }),
}

for (const form of forms) {
  describe(`a server in the issuer's place (${form})`, () => {
    let requests = 0
    let server: Server
    let url: string
    const { NODE_TLS_REJECT_UNAUTHORIZED: environment } = process.env
    before(async () => {
      server = createServer((_request, response) => {
        requests += 1
        response.end('{}')
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      url = `https://localhost:${(server.address() as AddressInfo).port}`
      // Neither the environment nor a changed global agent may switch the checks off.
      process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0'
      globalAgent.options.rejectUnauthorized = false
    })
    after(() => {
      delete globalAgent.options.rejectUnauthorized
      if (environment === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED']
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = environment
      server.closeAllConnections()
      server.close()
    })

    for (const [name, certificate] of Object.entries(impostors)) {
      it(`row 79: is asked nothing with a certificate ${name}`, async () => {
        server.setSecureContext({ cert: certificate.certificatePem, key: certificate.privateKeyPem })
        for (const { trusted, token } of await issuersAt(url)) {
          const app = await startGuardedApp({
            form,
            s2s: {
              self,
              audience: oauthAudience,
              clock: fixedClock,
              ca: authority.certificatePem,
              trustedIssuers: [trusted],
            },
            resources: { 'GET /reports/:id': 'reports.read' },
          })
          try {
            await assertRefused(app, { name, token, status: 503, code: 'ERR_S2S_KEYS_UNREACHABLE' })
          } finally {
            await app.close()
          }
        }
        assert.equal(requests, 0)
      })
    }
  })
}

let farm: Farm | undefined

async function issuersAt(url: string): Promise<readonly { trusted: TrustedIssuerOptions; token: string }[]> {
  const oauth = makeOAuthIssuer({ issuer: url, audience: oauthAudience, clock: fixedClock, algorithms: ['ES256'] })
  farm ??= await makeFarm({
    realm: self.realm,
    clientId: 'reporter',
    issuerId: 'reporter',
    audience: s2sAudience,
    clock: fixedClock,
  })
  return [
    { trusted: { type: 'openid', issuer: url }, token: await oauth.token({ claims: { scope: 'reports.read' } }) },
    {
      trusted: { type: 's2s-metadata', registeredIssuerName: farm.issuerName, metadataEndpoint: `${url}/metadata` },
      token: await farm.appOnlyToken(),
    },
  ]
}
