import assert from 'node:assert/strict'
import { it } from 'node:test'
import { workflowManager } from '../../../lib/outgoing/products/workflow.ts'
import { describeBothDirections } from '../../support/counterparts/both-directions.ts'
import { dana, onBehalfOfDana } from '../../support/counterparts/our-server.ts'
import { workflowFarm } from '../../support/counterparts/products.ts'
import { makeCertificate } from '../../support/certificates.ts'

const realm = '52aa6841-b76b-4ed4-a3d7-a259fce1dfa2'

describeBothDirections(
  {
    title: 'Workflow Manager and our server',
    product: workflowFarm,
    realm,
    reads: 'sharepoint',
    ourMetadataPath: '/_layouts/15/metadata/json/1',
    preset: ({ url, ca }, more) =>
      workflowManager({ url, ca, name: 'workflows', metadataEndpoint: url + workflowFarm.metadataPath, ...more }),
    danaHere: { nii: 'urn:office:idp:activedirectory', upn: dana.upn },
    danaThere: onBehalfOfDana,
  },
  ({ our, counterpart }) => {
    it('its outbound certificates can be configured instead of its metadata', async () => {
      const [current, next, stranger] = await Promise.all(
        ['current', 'next', 'stranger'].map((commonName) => makeCertificate({ commonName })),
      )
      assert.ok(current && next && stranger)
      const { trustedIssuer } = workflowManager({
        url: counterpart().url,
        name: 'workflows',
        realm,
        certificates: [current.certificatePem, next.certificatePem],
      })
      const grant = {
        issuer: 'workflows',
        application: counterpart().clientId,
        permissions: ['documents.read'],
        appOnly: true,
      }
      await our().configure({ trustedIssuers: [trustedIssuer], grants: [grant] })
      for (const certificate of [current, next]) {
        assert.equal(await our().send(counterpart().appOnlyToken(our().target, { certificate })), 200)
      }
      const token = counterpart().appOnlyToken(our().target, { certificate: stranger })
      await our().assertRefused(token, 401, 'ERR_S2S_KEY_UNKNOWN')
    })
  },
)
