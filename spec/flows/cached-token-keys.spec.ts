import assert from 'node:assert/strict'
import { after, before, describe, it, type TestContext } from 'node:test'
import type { S2SOptions } from 'passport-s2s'
import { makeCertificate } from '../support/certificates.ts'
import { makeMovableClock, NOW, type MovableClock } from '../support/clock.ts'
import { assertAcceptedAfter, assertRefusedWith, makeRemembered } from '../support/counted-request.ts'
import { makeFarm, type Farm } from '../support/farm.ts'
import { everyForm, startGuardedApp, type Form, type GuardedApp } from '../support/guarded-app.ts'
import { serveDocuments, startHttpsServer } from '../support/https-server.ts'
import { startRemoteIssuer, type RemoteIssuer } from '../support/remote-issuer.ts'
import { flipSignatureBit } from '../support/tokens.ts'
import { dana, s2sAudience, self } from '../support/world.ts'

const resources = { 'GET /reports/:id': 'reports.read' } as const
const claims = { scope: 'reports.read' }
const metadataPath = '/metadata/json/1'
const names = { realm: self.realm, clientId: 'reporter', issuerId: 'reporter', audience: s2sAudience }
const longCertificate = await makeCertificate({ commonName: 'Long' })
const otherCertificate = await makeCertificate({ commonName: 'Other' })
/** Ends a thousand seconds from now. */
const shortCertificate = await makeCertificate({
  commonName: 'Short',
  notBefore: NOW + 1000 - 86_400,
  days: 1,
})

for (const form of everyForm) {
  describe(`a remembered token of an issuer whose keys are fetched (${form})`, () => {
    let remote: RemoteIssuer
    before(async () => {
      remote = await startRemoteIssuer(form)
    })
    after(() => remote.close())

    it('is verified anew with every state of the keys, and refused once its key was withdrawn', async () => {
      const { app, issuer, time } = remote
      const token = await issuer.token({ claims })
      await makeRemembered(app, token)
      time.advance(100)
      await makeRemembered(app, token)
      issuer.rotateKeys()
      await assertAcceptedAfter(0, app, token)
      // A token of the new key makes us look for it, long before the keys are due.
      await makeRemembered(app, await issuer.token({ claims }))
      await assertRefusedWith('ERR_S2S_KEY_UNKNOWN', app, token)
    })

    it('is refused once its kid stands for another key', async () => {
      const { app, issuer, time } = remote
      const [{ kid } = assert.fail()] = issuer.jwks().keys
      const token = await issuer.token({ claims })
      await makeRemembered(app, token)
      issuer.rotateKeys()
      const newKeys = issuer.jwks
      issuer.jwks = () => ({ keys: newKeys().keys.map((key) => ({ ...key, kid })) })
      time.advance(100)
      await assertRefusedWith('ERR_S2S_SIGNATURE_INVALID', app, token)
      issuer.jwks = newKeys
      time.advance(100)
    })

    it('serves through an outage of its issuer, no longer than the last known good keys', async () => {
      const { app, issuer, time, breakDown } = remote
      const token = await issuer.token({ claims: { ...claims, exp: time.clock() + 80_000 } })
      await makeRemembered(app, token)
      breakDown(true)
      time.advance(100)
      await makeRemembered(app, token)
      time.advance(14_400)
      for (let times = 0; times < 3; times += 1) {
        await assertRefusedWith('ERR_S2S_KEYS_UNREACHABLE', app, token, 503)
      }
      breakDown(false)
      time.advance(10)
      await makeRemembered(app, token)
      await assertRefusedWith('ERR_S2S_SIGNATURE_INVALID', app, flipSignatureBit(token))
    })
  })

  describe(`a remembered token of an S2S issuer (${form})`, () => {
    it('is refused once its certificate is gone from the metadata', async (test) => {
      const { farm, otherFarm, app, time, publish } = await startMetadataIssuer(form, test)
      const tokens = [await farm.appOnlyToken(), await farm.userToken(dana)]
      for (const token of tokens) await makeRemembered(app, token)
      publish(otherFarm)
      time.advance(79)
      for (const token of tokens) await assertAcceptedAfter(0, app, token)
      time.advance(21)
      for (const token of tokens) await assertRefusedWith('ERR_S2S_KEY_UNKNOWN', app, token)
      await makeRemembered(app, await otherFarm.appOnlyToken())
    })

    it('is refused once its certificate has ended, although the token goes on', async (test) => {
      const { farm, app, time } = await startMetadataIssuer(form, test, shortCertificate)
      const tokens = [await farm.appOnlyToken(), await farm.userToken(dana)]
      for (const token of tokens) await makeRemembered(app, token)
      time.advance(60)
      for (const token of tokens) await assertAcceptedAfter(0, app, token)
      time.advance(1001)
      for (const token of tokens) await assertRefusedWith('ERR_S2S_KEY_UNUSABLE', app, token)
    })
  })
}

interface MetadataIssuer {
  readonly farm: Farm
  /** The same name with another certificate. */
  readonly otherFarm: Farm
  readonly app: GuardedApp
  readonly time: MovableClock
  /** Whose metadata stand there from now on. */
  publish(this: void, published: Farm): void
}

/** An S2S issuer that publishes its metadata, and an application that trusts it. */
async function startMetadataIssuer(
  form: Form,
  test: TestContext,
  certificate = longCertificate,
): Promise<MetadataIssuer> {
  const time = makeMovableClock()
  const { clock } = time
  const farm = await makeFarm({ ...names, clock, certificate })
  const otherFarm = await makeFarm({ ...names, clock, certificate: otherCertificate })
  let published = farm
  const server = await startHttpsServer(serveDocuments({ [metadataPath]: () => published.metadata('sharepoint') }))
  const trust = {
    type: 's2s-metadata',
    name: 'farm',
    metadataEndpoint: server.url + metadataPath,
    keysRefreshSeconds: 100,
    allowDelegation: { applications: [names.clientId] },
  } as const
  const s2s: S2SOptions = {
    self,
    clock,
    ca: server.ca,
    trustedIssuers: [trust],
    grants: [{ issuer: 'farm', application: names.clientId, permissions: ['reports.read'], appOnly: true }],
    userRights: () => ['reports.read'],
  }
  const app = await startGuardedApp({ form, s2s, resources })
  test.after(async () => {
    await Promise.all([app.close(), server.close()])
  })
  return {
    farm,
    otherFarm,
    app,
    time,
    publish: (other) => {
      published = other
    },
  }
}
