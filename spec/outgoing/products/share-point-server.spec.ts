import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import type { JsonObject } from '../../../lib/foundation/parse-json.ts'
import { createUserRehydrator } from '../../../lib/identity/rehydrate-user.ts'
import { parseS2SMetadata } from '../../../lib/metadata/s2s-metadata.ts'
import { sharePointServer } from '../../../lib/outgoing/products/share-point-server.ts'
import { createS2STokenSource } from '../../../lib/outgoing/s2s-token-source.ts'
import { fixedClock } from '../../support/clock.ts'
import { refusal } from '../../support/refusal.ts'
import { makeSigningKey } from '../../support/signing-keys.ts'
import { readClaims } from '../../support/tokens.ts'

const url = 'https://portal.fabrikam.example'
const vector = new URL('../../vectors/sharepoint-metadata.json', import.meta.url)
const actorVector = new URL('../../vectors/sharepoint-actor-token-2015.json', import.meta.url)
const realm = 'af90cc03-4a26-45e9-906a-609cebcebbde'
const document = JSON.parse(readFileSync(vector, 'utf8')) as JsonObject

describe('sharePointServer', () => {
  it('names the issuer as the document of a real farm does', () => {
    const { issuer, realm: documentRealm, certificates } = parseS2SMetadata(document)
    assert.equal(sharePointServer({ url, realm: documentRealm }).trustedIssuer.registeredIssuerName, issuer)
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

  it('spells tokens as code for SharePoint did: the same members, all of them texts', async () => {
    const { actorToken, outerClaims } = JSON.parse(readFileSync(actorVector, 'utf8')) as {
      readonly actorToken: string
      readonly outerClaims: Readonly<Record<string, string>>
    }
    const key = await makeSigningKey({ commonName: 'Our server' })
    const { client } = sharePointServer({ url, realm })
    const source = createS2STokenSource(client, { clientId: 'c', realm: 'r', currentKey: () => key, clock: fixedClock })
    const { nameid, nii } = outerClaims
    const target = new URL(url)
    const { token } = await (await source.describe({ target, url: target, user: { nameid, nii } })).make()
    const ours = readClaims(token)
    const spelling = (claims: object): unknown =>
      Object.entries(claims)
        .map(([name, value]) => `${name}: ${typeof value}`)
        .sort()
    assert.deepEqual(spelling(ours), spelling(outerClaims))
    assert.deepEqual(spelling(readClaims(ours['actortoken'] as string)), spelling(readClaims(actorToken)))
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
    for (const wrong of ['fabrikam.example', 'AF90CC03-4A26-45E9-906A-609CEBCEBBDE', '']) {
      assert.throws(
        () => sharePointServer({ url, realm: wrong }),
        refusal('ERR_S2S_OPTION_INVALID', /^realm must be a GUID/),
      )
    }
  })
})
