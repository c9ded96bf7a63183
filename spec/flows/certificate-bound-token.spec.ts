import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import express from 'express'
import { createS2S } from 'passport-s2s'
import { createTestCertificate, createTestDpopKey, createTestIssuer, serveOverHttps } from 'passport-s2s/testing'
import { createVerifier, TokenError, type Presented } from 'passport-s2s/verifier'
import request from 'supertest'
import { makeCertificate } from '../support/certificates.ts'
import { fixedClock } from '../support/clock.ts'
import { everyForm, forms, startGuardedApp, type Form, type GuardedApp } from '../support/guarded-app.ts'
import { sendRaw, type RawAnswer, type RawRequest } from '../support/send-raw.ts'
import { makeWorld, oauthAudience } from '../support/world.ts'

const { oauth, options } = await makeWorld()
const owner = await makeCertificate({ commonName: 'owner', keyType: 'ec256' })
const thief = await makeCertificate({ commonName: 'thief', keyType: 'ec256' })
const key = createTestDpopKey({ clock: fixedClock })
const tokenWith = (cnf: object): Promise<string> => oauth.token({ claims: { scope: 'reports.read', cnf } })
const bound = await tokenWith({ 'x5t#S256': owner.x5tS256 })

async function start(t: TestContext, form: Form): Promise<GuardedApp> {
  const s2s = { ...options, clientCertificates: { from: 'socket' }, dpop: { origins: [oauthAudience] } } as const
  const app = await startGuardedApp({ form, s2s, resources: { 'GET /reports/:id': 'reports.read' }, requestCert: true })
  t.after(() => app.close())
  return app
}

const send = (app: GuardedApp, token: string, rest: RawRequest = {}): Promise<RawAnswer> =>
  sendRaw(app, { ...rest, headers: [['Authorization', `Bearer ${token}`]] })

for (const form of everyForm) {
  describe(`a certificate-bound token (${form})`, () => {
    it('is proved by every request, however often it was recognised', async (t) => {
      const app = await start(t, form)
      const answers: number[] = []
      for (const certificate of [owner, thief, undefined, owner, undefined, thief, owner]) {
        answers.push((await send(app, bound, certificate === undefined ? {} : { certificate })).status)
      }
      assert.deepEqual(answers, [200, 401, 401, 200, 401, 401, 200])
      assert.equal(app.handlerCalls(), 3)
      assert.equal(app.s2s.health().tokenCache.hits, 6)
      assert.deepEqual(app.lastCaller()?.token.provedBy, ['mtls'])
    })

    it('tells the log how it was proved, and why it was not', async (t) => {
      const app = await start(t, form)
      await send(app, bound, { certificate: owner })
      await send(app, bound, { certificate: thief })
      await send(app, bound)
      const judged = app.events.filter(({ name }) => name.startsWith('token.'))
      assert.deepEqual(
        judged.map(({ name, code, provedBy }) => [name, code, provedBy]),
        [
          ['token.accepted', undefined, ['mtls']],
          ['token.rejected', 'ERR_S2S_TOKEN_BOUND', undefined],
          ['token.rejected', 'ERR_S2S_TOKEN_BOUND', undefined],
        ],
      )
      assert.match(judged[1]?.reason ?? '', /another client certificate/)
      assert.match(judged[2]?.reason ?? '', /no client certificate came/)
    })
  })
}

for (const form of forms) {
  it(`a token that is bound to a certificate and to a key needs both (${form})`, async (t) => {
    const app = await start(t, form)
    const token = await tokenWith({ 'x5t#S256': owner.x5tS256, jkt: key.jkt })
    const other = createTestDpopKey({ clock: fixedClock })
    const sendBoth = (by: typeof key | undefined, certificate: typeof owner | undefined): Promise<RawAnswer> => {
      const proof = by?.proof({ token, url: `${oauthAudience}/reports/1` })
      return sendRaw(app, {
        headers: [
          ['Authorization', `${proof === undefined ? 'Bearer' : 'DPoP'} ${token}`],
          ...(proof === undefined ? [] : [['DPoP', proof] as const]),
        ],
        ...(certificate === undefined ? {} : { certificate }),
      })
    }
    assert.equal((await sendBoth(key, owner)).status, 200)
    assert.deepEqual(app.lastCaller()?.token.provedBy, ['dpop', 'mtls'])
    for (const [by, certificate] of [
      [key, undefined],
      [key, thief],
      [undefined, owner],
      [other, owner],
      [other, thief],
      [undefined, undefined],
    ] as const) {
      assert.equal((await sendBoth(by, certificate)).status, 401)
    }
    assert.equal(app.handlerCalls(), 1)
  })
}

describe('a verifier without Express', () => {
  const verifierOf = (t: TestContext): ReturnType<typeof createVerifier> => {
    const { audience, clock, trustedIssuers } = options
    const verifier = createVerifier({
      ...(audience === undefined ? {} : { audience }),
      ...(clock === undefined ? {} : { clock }),
      trustedIssuers: trustedIssuers.filter(({ name }) => name === 'login'),
    })
    t.after(verifier.close)
    return verifier
  }
  const x509 = new X509Certificate(owner.certificatePem)

  const proofs: Readonly<Record<string, Presented['clientCertificate']>> = {
    'a certificate of node:crypto': x509,
    'its DER': x509.raw,
    'a function that gives it': () => x509,
    'what Node gives of old': { raw: x509.raw },
    'its thumbprint': { x5tS256: owner.x5tS256 },
  }
  for (const [name, clientCertificate] of Object.entries(proofs)) {
    it(`accepts a bound token with ${name}`, async (t) => {
      const { token } = await verifierOf(t).verify(bound, { clientCertificate })
      assert.deepEqual(token.provedBy, ['mtls'])
    })
  }

  const another = new X509Certificate(thief.certificatePem)
  const failures: Readonly<Record<string, Presented | undefined>> = {
    nothing: undefined,
    'no certificate': {},
    'the certificate that Node does not have': { clientCertificate: undefined },
    'a function that has none': { clientCertificate: () => undefined },
    'the certificate of somebody else': { clientCertificate: another },
    'its DER': { clientCertificate: another.raw },
    'a certificate with a byte more': { clientCertificate: Buffer.concat([x509.raw, Buffer.from([0])]) },
    'the reason why there is none': { clientCertificate: { missing: 'it is missing' } },
    'the empty object that Node gives of old': { clientCertificate: {} as { missing: string } },
  }
  for (const [name, presented] of Object.entries(failures)) {
    it(`refuses a bound token with ${name}`, async (t) => {
      await assert.rejects(
        verifierOf(t).verify(bound, presented),
        (error) => error instanceof TokenError && error.code === 'ERR_S2S_TOKEN_BOUND',
      )
    })
  }

  it('asks a function only when a token is bound to a certificate', async (t) => {
    let calls = 0
    const clientCertificate = (): undefined => {
      calls += 1
    }
    const verifier = verifierOf(t)
    await verifier.verify(await oauth.token(), { clientCertificate })
    assert.equal(calls, 0)
    await assert.rejects(verifier.verify(bound, { clientCertificate }))
    assert.equal(calls, 1)
  })
})

it('the test kit binds tokens and asks for certificates', async (t) => {
  const audience = 'https://reports.example.com'
  const issuer = await createTestIssuer({ type: 'openid', audience, trust: { mtls: 'required' } })
  const certificate = await createTestCertificate({ keyType: 'ec256' })
  const s2s = createS2S({ audience, trustedIssuers: [issuer.options], clientCertificates: { from: 'socket' } })
  t.after(s2s.close)
  const app = express()
  app.use(s2s.protect({ 'GET /reports/:id': 'authenticated' }))
  app.get('/reports/:id', (_request, response) => void response.json('report'))
  const server = await serveOverHttps(app, { requestCert: true })
  t.after(server.close)

  const token = issuer.appToken({ boundTo: certificate })
  const { certificatePem, privateKeyPem } = certificate
  const ask = (given: string): request.Test =>
    request(server.url).get('/reports/1').ca(server.ca).auth(given, { type: 'bearer' })
  await ask(token).cert(certificatePem).key(privateKeyPem).expect(200)
  await ask(token).expect(401)
  await ask(issuer.appToken()).cert(certificatePem).key(privateKeyPem).expect(401)
  const both = issuer.appToken({ boundTo: { ...certificate, ...key } })
  const payload: unknown = JSON.parse(Buffer.from(both.split('.')[1] ?? '', 'base64url').toString())
  assert.deepEqual((payload as { cnf: unknown }).cnf, { jkt: key.jkt, 'x5t#S256': certificate.x5tS256 })
})
