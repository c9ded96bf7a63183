import assert from 'node:assert/strict'
import { it } from 'node:test'
import { exchangeServer } from '../../../lib/outgoing/products/exchange-server.ts'
import { describeBothDirections } from '../../support/counterparts/both-directions.ts'
import { dana } from '../../support/counterparts/our-server.ts'
import { exchange } from '../../support/counterparts/products.ts'
import { makeCertificate } from '../../support/certificates.ts'
import { refusal } from '../../support/refusal.ts'

const realm = 'fabrikam.example'

describeBothDirections(
  {
    title: 'Exchange Server and our server',
    product: exchange,
    realm,
    reads: 'exchange',
    ourMetadataPath: '/autodiscover/metadata/json/1',
    preset: ({ url, ca }, more) => exchangeServer({ url, ca, realm, name: 'mail', ...more }),
    danaHere: { id: dana.sid, nii: 'urn:office:idp:activedirectory', upn: dana.upn, smtp: dana.smtp, sip: dana.sip },
    danaThere: { nii: 'urn:office:idp:activedirectory', upn: dana.upn, smtp: dana.smtp, sip: dana.sip },
  },
  ({ our, counterpart }) => {
    it('a challenge without realm is a typed error when the realm is not configured', async () => {
      const { url, ca, credentials, callers } = counterpart()
      const [sent, calls] = [credentials.length, callers.length]
      const client = our().client(exchangeServer({ url, ca }).client)
      await assert.rejects(client.fetch('/ews/exchange.asmx'), refusal('ERR_S2S_TARGET_CHALLENGE', /targetRealm/))
      assert.deepEqual(credentials.slice(sent), ['Bearer'])
      assert.equal(callers.length, calls)
    })

    it('a user whom MS-XOAUTH names by UPN in nameid is accepted', async () => {
      const { trustedIssuer } = exchangeServer({
        url: counterpart().url,
        ca: counterpart().ca,
        realm,
        name: 'mail',
        delegation: { level: 'full' },
      })
      const grant = { issuer: 'mail', application: counterpart().clientId, permissions: ['documents.read'] }
      await our().configure({ trustedIssuers: [trustedIssuer], grants: [grant] })
      const outer = { nameid: dana.upn, nii: undefined, upn: undefined, smtp: undefined, sip: undefined }
      assert.equal(await our().send(counterpart().userToken(our().target, dana, { outer })), 200)
      assert.deepEqual(our().callers.at(-1)?.user, { id: dana.upn, issuer: 'mail', realm })
    })

    it('the next certificate is published first and used later, with no token refused', async () => {
      const { trustedIssuer } = exchangeServer({ url: counterpart().url, ca: counterpart().ca, realm, name: 'mail' })
      const grant = {
        issuer: 'mail',
        application: counterpart().clientId,
        permissions: ['documents.read'],
        appOnly: true,
      }
      const next = await makeCertificate({ commonName: 'Exchange Auth, next' })
      counterpart().publish(next)
      await our().configure({ trustedIssuers: [trustedIssuer], grants: [grant] })
      assert.equal(await our().send(counterpart().appOnlyToken(our().target)), 200)
      counterpart().signWith(next)
      assert.equal(await our().send(counterpart().appOnlyToken(our().target)), 200)
    })
  },
)
