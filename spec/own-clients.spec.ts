import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createServer } from '../lib/express/authenticate-request.ts'
import { createOwnClients, type CallingConfiguration, type NamedClients } from '../lib/own-clients.ts'
import { generateSigningKey } from '../lib/keys/generate-signing-key.ts'
import { makeCertificate, type TestCertificate } from './support/certificates.ts'
import { refusal } from './support/refusal.ts'
import { self } from './support/world.ts'

const signingKeys = { current: await generateSigningKey({ commonName: 'a' }) }

function configurationOf(clients: NamedClients, realm: string = self.realm): CallingConfiguration {
  return { server: createServer({ self: { ...self, realm, signingKeys }, trustedIssuers: [] }), clients }
}

describe('createOwnClients', () => {
  const partner = { target: 'https://partner.example' }

  it('checks all named clients at once', () => {
    const broken = { partner, other: { target: 'http://a.example' } }
    assert.throws(() => createOwnClients(configurationOf(broken)), refusal('ERR_S2S_TARGET_NOT_HTTPS'))
    const clients = createOwnClients(configurationOf({ partner }))
    assert.throws(() => clients.prepare(configurationOf(broken)), refusal('ERR_S2S_TARGET_NOT_HTTPS'))
  })

  it('knows no client that has no name, nor one of the prototype', () => {
    const clients = createOwnClients(configurationOf({ partner }))
    for (const name of ['other', '__proto__', 'toString']) {
      assert.throws(() => clients.open(name), refusal('ERR_S2S_OPTION_INVALID', /^clients\['\w+'\] is missing/))
    }
  })

  it('keeps an open client under the next configuration, and refuses one without it', async () => {
    const clients = createOwnClients(configurationOf({ partner }))
    const client = clients.open('partner')
    assert.throws(
      () => clients.prepare(configurationOf({})),
      refusal('ERR_S2S_OPTION_INVALID', /^clients\['partner'\]/),
    )
    clients.prepare(configurationOf({ partner }, 'another-realm'))()
    clients.prepare(configurationOf({ partner }, 'another-realm'))()
    client.close()
    clients.prepare(configurationOf({}))()
    await assert.rejects(client.fetch('/'), refusal('ERR_S2S_OUTGOING_REQUEST_INVALID'))
    clients.open(partner)
    clients.close()
  })

  it('says how long the certificates of open clients are good for, each once, and follows their change', async () => {
    const [first, second] = [
      await makeCertificate({ commonName: 'a', keyType: 'ec256' }),
      await makeCertificate({ commonName: 'b', keyType: 'ec256', days: 20_000 }),
    ]
    const certified = ({ certificatePem, privateKeyPem }: TestCertificate): NamedClients => {
      const pair = { certificate: certificatePem, privateKey: privateKeyPem }
      const oauth = {
        issuer: 'https://login.example',
        clientId: 'a',
        authentication: { type: 'mtls' as const, ...pair },
      }
      return { partner, bound: { ...partner, oauth: { ...oauth, mtls: true } }, shown: { ...partner, oauth } }
    }
    const shown = (): readonly string[] => clients.keys().map(({ role, thumbprint }) => `${role} ${thumbprint}`)
    const clients = createOwnClients(configurationOf(certified(first)))
    assert.deepEqual(shown(), [], 'nobody uses them yet')
    const opened = ['partner', 'bound', 'shown'].map((name) => clients.open(name))
    assert.deepEqual(shown(), [`client ${first.x5t}`])
    assert.ok((clients.keys()[0]?.daysLeft ?? 0) > 365)
    clients.prepare(configurationOf(certified(second)))()
    assert.deepEqual(shown(), [`client ${second.x5t}`])
    for (const client of opened) client.close()
    assert.deepEqual(shown(), [])
    clients.close()
  })
})
