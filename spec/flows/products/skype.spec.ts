import assert from 'node:assert/strict'
import { it } from 'node:test'
import { skypeForBusinessServer } from '../../../lib/outgoing/products/skype-for-business-server.ts'
import { describeBothDirections } from '../../support/counterparts/both-directions.ts'
import { dana } from '../../support/counterparts/our-server.ts'
import { skype } from '../../support/counterparts/products.ts'

const names = { upn: dana.upn, smtp: dana.smtp, sip: dana.sip }

describeBothDirections(
  {
    title: 'Skype for Business Server and our server',
    product: skype,
    realm: 'sip.fabrikam.example',
    reads: 'skype',
    ourMetadataPath: '/metadata/json/1',
    preset: ({ url, ca }, more) => skypeForBusinessServer({ url, ca, name: 'phone', ...more }),
    danaHere: names,
    danaThere: { nii: 'urn:office:idp:activedirectory', ...names },
  },
  ({ our, counterpart }) => {
    const preset = (level: 'user' | 'application'): ReturnType<typeof skypeForBusinessServer> =>
      skypeForBusinessServer({
        url: counterpart().url,
        ca: counterpart().ca,
        name: 'phone',
        realm: counterpart().realm,
        delegation: { level, users: { allow: Object.values(names) } },
      })
    const grants = (): { issuer: string; application: string; permissions: string[]; appOnly: boolean }[] => [
      { issuer: 'phone', application: counterpart().clientId, permissions: ['documents.read'], appOnly: true },
    ]

    it('at level user it acts for the listed users and never as itself', async () => {
      await our().configure({ trustedIssuers: [preset('user').trustedIssuer], grants: grants() })
      assert.equal(await our().send(counterpart().userToken(our().target, dana)), 200)
      await our().assertRefused(counterpart().appOnlyToken(our().target), 403, 'ERR_S2S_APP_ONLY_NOT_ALLOWED')
    })

    it('at level application it acts as itself, and for the listed users only', async () => {
      await our().configure({ trustedIssuers: [preset('application').trustedIssuer], grants: grants() })
      assert.equal(await our().send(counterpart().appOnlyToken(our().target)), 200)
      assert.equal(await our().send(counterpart().userToken(our().target, dana)), 200)
      const other = { ...dana, sip: 'other@fabrikam.example' }
      await our().assertRefused(counterpart().userToken(our().target, other), 403, 'ERR_S2S_DELEGATION_NOT_ALLOWED')
    })
  },
)
