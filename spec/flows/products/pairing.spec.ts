import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createPairing, readPairing, type Pairing } from '../../../lib/outgoing/pairing.ts'
import { sharePointServer } from '../../../lib/outgoing/products/share-point-server.ts'
import { fixedClock } from '../../support/clock.ts'
import { startCounterpart, type Counterpart } from '../../support/counterparts/counterpart.ts'
import { dana, onBehalfOfDana, ourSelf, startOurServer, type OurServer } from '../../support/counterparts/our-server.ts'
import { sharePoint } from '../../support/counterparts/products.ts'
import { readPowerShell } from '../../support/power-shell.ts'

const realm = '52aa6841-b76b-4ed4-a3d7-a259fce1dfa2'

describe('a farm and our server that are paired by one file', () => {
  let farm: Counterpart
  let our: OurServer
  let pairing: Pairing

  before(async () => {
    farm = await startCounterpart(sharePoint, { realm, clock: fixedClock })
    our = await startOurServer(fixedClock, ['sharepoint'])
    const made = createPairing({
      name: 'portal',
      ours: { ...ourSelf, origin: our.url, displayName: "Dana's reports" },
      theirs: sharePointServer({ url: farm.url, ca: farm.ca, realm, delegation: { level: 'full' } }),
      permissions: [{ scope: 'SiteCollection', right: 'Read', appOnly: true, site: `${farm.url}/sites/a` }],
      grants: [{ permissions: ['documents.read'], appOnly: true }],
    })
    pairing = readPairing(JSON.stringify(made, undefined, 2))
  })
  after(() => Promise.all([farm.close(), our.close()]))

  it('the farm believes us once its administrator has run the commands', async () => {
    const command = pairing
      .powerShell()
      .split('\n')
      .find((line) => line.startsWith('$issuer = '))
    const words = readPowerShell((command ?? '').replace('$issuer = ', ''))
    assert.deepEqual(words.slice(0, 4), [
      'New-SPTrustedSecurityTokenIssuer',
      '-Name',
      { text: "Dana's reports" },
      '-MetadataEndPoint',
    ])
    await farm.trust((words[4] as { readonly text: string }).text)
    const client = our.client(pairing.client)
    assert.equal((await client.fetch('/_api/web/lists')).status, 200)
    assert.equal((await client.fetch('/_api/web/lists', { onBehalfOf: onBehalfOfDana })).status, 200)
    assert.deepEqual(
      farm.callers.map(({ application, user }) => [application, user?.['nameid']]),
      [undefined, dana.sid].map((user) => [`${ourSelf.clientId}@${ourSelf.realm}`, user]),
    )
  })

  it('the farm is not believed before the pairing is configured, and is afterwards, with what it is granted', async () => {
    await our.assertRefused(farm.appOnlyToken(our.target), 401, 'ERR_S2S_ISSUER_UNTRUSTED')
    const { trustedIssuer, grants } = pairing
    await our.configure({ trustedIssuers: [trustedIssuer], grants: [] })
    await our.assertRefused(farm.appOnlyToken(our.target), 403, 'ERR_S2S_GRANT_MISSING')
    await our.configure({ trustedIssuers: [trustedIssuer], grants })
    assert.equal(await our.send(farm.appOnlyToken(our.target)), 200)
    assert.equal(await our.send(farm.userToken(our.target, dana)), 200)
    assert.deepEqual(
      our.callers.map(({ kind, issuer }) => [kind, issuer]),
      [
        ['app', 'portal'],
        ['user+app', 'portal'],
      ],
    )
  })
})
