import assert from 'node:assert/strict'
import { it } from 'node:test'
import { sharePointServer } from '../../../lib/outgoing/products/share-point-server.ts'
import { describeBothDirections } from '../../support/counterparts/both-directions.ts'
import { startCounterpart } from '../../support/counterparts/counterpart.ts'
import { dana, onBehalfOfDana } from '../../support/counterparts/our-server.ts'
import { sharePoint } from '../../support/counterparts/products.ts'
import { makeCertificate } from '../../support/certificates.ts'
import { fixedClock } from '../../support/clock.ts'
import { refusal } from '../../support/refusal.ts'

const realm = '52aa6841-b76b-4ed4-a3d7-a259fce1dfa2'
const path = '/_layouts/15/metadata/json/1'

describeBothDirections(
  {
    title: 'SharePoint Server Subscription Edition and our server',
    product: sharePoint,
    realm,
    reads: 'sharepoint',
    ourMetadataPath: path,
    preset: ({ url, ca }, more) => sharePointServer({ url, ca, name: 'portal', ...more }),
    danaHere: { id: dana.sid, nii: 'urn:office:idp:activedirectory', sid: dana.sid, upn: dana.upn },
    danaThere: onBehalfOfDana,
  },
  ({ our, counterpart }) => {
    it('a farm that does not list us gets no token: it was only asked who it is', async () => {
      const other = await startCounterpart(sharePoint, { realm, clock: fixedClock })
      try {
        const client = our().client(sharePointServer({ url: other.url, ca: other.ca }).client)
        await assert.rejects(
          client.fetch('/_api/web/lists', { onBehalfOf: onBehalfOfDana }),
          refusal('ERR_S2S_TARGET_DOES_NOT_TRUST_US'),
        )
        assert.deepEqual(other.credentials, ['Bearer'])
        assert.deepEqual(other.requests, ['GET /_vti_bin/client.svc'])
      } finally {
        await other.close()
      }
    })

    it('a farm of another forest can be kept from naming users by SID', async () => {
      const { trustedIssuer } = sharePointServer({
        url: counterpart().url,
        ca: counterpart().ca,
        name: 'portal',
        acceptSecurityIdentifiers: false,
        delegation: { level: 'full' },
      })
      const grant = { issuer: 'portal', application: counterpart().clientId, permissions: ['documents.read'] }
      await our().configure({ trustedIssuers: [trustedIssuer], grants: [grant] })
      assert.equal(await our().send(counterpart().userToken(our().target, dana)), 200)
      assert.equal(our().callers.at(-1)?.user?.sid, undefined)
    })

    it('a farm is pinned to the realm that is configured', async () => {
      const { trustedIssuer } = sharePointServer({
        url: counterpart().url,
        ca: counterpart().ca,
        realm: '00000000-0000-0000-0000-00000000dead',
      })
      await assert.rejects(our().configure({ trustedIssuers: [trustedIssuer] }), refusal('ERR_S2S_METADATA_INVALID'))
      await our().assertRefused(counterpart().appOnlyToken(our().target), 401, 'ERR_S2S_ISSUER_UNTRUSTED')
    })

    it('a replaced STS certificate is believed as soon as the farm publishes it', async () => {
      const { trustedIssuer } = sharePointServer({
        url: counterpart().url,
        ca: counterpart().ca,
        name: 'portal',
        realm,
      })
      const grant = {
        issuer: 'portal',
        application: counterpart().clientId,
        permissions: ['documents.read'],
        appOnly: true,
      }
      await our().configure({ trustedIssuers: [trustedIssuer], grants: [grant] })
      const next = await makeCertificate({ commonName: 'Next Security Token Service' })
      counterpart().signWith(next)
      await our().assertRefused(counterpart().appOnlyToken(our().target), 401, 'ERR_S2S_KEY_UNKNOWN')
      counterpart().publish(next)
      assert.equal(await our().send(counterpart().appOnlyToken(our().target)), 200)
    })
  },
)
