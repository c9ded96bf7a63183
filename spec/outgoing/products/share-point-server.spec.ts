import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { JsonObject } from '../../../lib/foundation/parse-json.ts'
import { createUserRehydrator } from '../../../lib/identity/rehydrate-user.ts'
import { parseS2SMetadata } from '../../../lib/metadata/s2s-metadata.ts'
import { sharePointServer } from '../../../lib/outgoing/products/share-point-server.ts'
import { fixedClock } from '../../support/clock.ts'
import { refusal } from '../../support/refusal.ts'

const url = 'https://portal.fabrikam.example'
const vector = new URL('../../vectors/sharepoint-metadata.json', import.meta.url)
const document = JSON.parse(readFileSync(vector, 'utf8')) as JsonObject

describe('sharePointServer', () => {
  it('names the issuer as the document of a real farm does', () => {
    const { issuer, realm, certificates } = parseS2SMetadata(document)
    assert.equal(sharePointServer({ url, realm }).trustedIssuer.registeredIssuerName, issuer)
    assert.equal(certificates.length, 1)
  })

  it('reads the document and asks the challenge at the paths of SharePoint', () => {
    const { product, trustedIssuer, client } = sharePointServer({ url })
    assert.equal(product, 'sharepoint')
    assert.ok(trustedIssuer.type === 's2s-metadata')
    assert.equal(trustedIssuer.metadataEndpoint, 'https://portal.fabrikam.example/_layouts/15/metadata/json/1')
    assert.deepEqual(client, {
      target: url,
      targetClientId: '00000003-0000-0ff1-ce00-000000000000',
      spelling: 'sharepoint',
      discoveryPath: '/_vti_bin/client.svc',
      userAttributes: ['nameid', 'upn', 'smtp', 'sip'],
    })
  })

  it('lets a SID find a user, with the Windows store only', async () => {
    const { trustedIssuer } = sharePointServer({ url, name: 'portal' })
    const rehydrate = createUserRehydrator({
      findProfiles: ({ attribute }) => (attribute === 'sid' ? [{ id: 'dana' }] : []),
      clock: fixedClock,
    })
    const issuer = { ...trustedIssuer, name: 'portal' }
    const sid = 's-1-5-21-1111111111-2222222222-333333333-1107'
    const { id } = await rehydrate({ id: sid, nii: 'urn:office:idp:activedirectory' }, issuer)
    assert.equal(id, 'dana')
    await assert.rejects(rehydrate({ id: sid }, issuer), refusal('ERR_S2S_USER_NOT_FOUND'))
  })

  it('takes no realm but a GUID in lower case', () => {
    for (const realm of ['fabrikam.example', 'AF90CC03-4A26-45E9-906A-609CEBCEBBDE', '']) {
      assert.throws(() => sharePointServer({ url, realm }), refusal('ERR_S2S_OPTION_INVALID', /^realm must be a GUID/))
    }
  })
})
