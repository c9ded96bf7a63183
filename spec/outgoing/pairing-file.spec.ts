import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfigurationError } from '../../lib/foundation/errors.ts'
import { createPairing, type PairingOptions } from '../../lib/outgoing/pairing.ts'
import { parsePairingFile, type PairingFile } from '../../lib/outgoing/pairing-file.ts'
import { exchangeServer } from '../../lib/outgoing/products/exchange-server.ts'
import { sharePointServer } from '../../lib/outgoing/products/share-point-server.ts'
import { skypeForBusinessServer } from '../../lib/outgoing/products/skype-for-business-server.ts'
import { refusal } from '../support/refusal.ts'

const realm = '52aa6841-b76b-4ed4-a3d7-a259fce1dfa2'
const ours = { clientId: 'our-id', realm: 'our-realm', origin: 'https://reports.example' } as const
const farm = sharePointServer({ url: 'https://portal.example', realm })
const permission = { scope: 'Site', right: 'Read', site: 'https://portal.example' } as const

function fileOf(more: Partial<PairingOptions> = {}): PairingFile {
  return createPairing({ name: 'portal', ours, theirs: farm, permissions: [permission], ...more }).toJSON()
}

/** The file with one member, at a path, set to another value. */
function changed(path: string, value: unknown): unknown {
  const file: unknown = structuredClone(fileOf({ grants: [{ permissions: ['a'] }] }))
  const names = path.split('.')
  const last = names.pop() ?? ''
  const holder = names.reduce((object, name) => (object as Record<string, unknown>)[name], file)
  Object.assign(holder as object, { [last]: value })
  return file
}

function without(value: object, name: string): object {
  return Object.fromEntries(Object.entries(value).filter(([member]) => member !== name))
}

describe('parsePairingFile', () => {
  it('takes a file as it is, and gives a copy', () => {
    const file = fileOf()
    assert.deepEqual(parsePairingFile(file), file)
    assert.notEqual(parsePairingFile(file), file)
  })

  const certificates = ['QUJD']
  const wrong: readonly (readonly [string, string, unknown, RegExp])[] = [
    ['another version', 'version', 2, /^pairing\.version /],
    ['no name', 'name', '', /^pairing\.name /],
    ['a product that there is not', 'theirs.product', 'word', /^pairing\.theirs\.product /],
    ['our name in capitals', 'ours.clientId', 'Our-Id', /^pairing\.ours\.clientId must be in lower case/],
    ['both a certificate and metadata', 'ours.certificates', certificates, /^pairing\.ours needs either/],
    ['a certificate that is no base64', 'ours.certificates', ["'; x"], /^pairing\.ours/],
    [
      'metadata over plain http',
      'ours.metadataEndpoint',
      'http://reports.example',
      /metadataEndpoint must be an https/,
    ],
    ['metadata that is no address', 'ours.metadataEndpoint', 'reports', /metadataEndpoint must be an https/],
    ['a user name in an address', 'permissions.0.site', 'https://a@b.example', /site must be an https/],
    ['a query in an address', 'permissions.0.site', 'https://b.example/?a', /site must be an https/],
    ['a scope that there is not', 'permissions.0.scope', 'Web; Stop-Computer', /^pairing\.permissions\[0\]\.scope /],
    ['a right that there is not', 'permissions.0.right', 'Own', /^pairing\.permissions\[0\]\.right /],
    [
      'an issuer that is no S2S server',
      'theirs.trustedIssuer',
      { type: 'openid', issuer: 'https://a.example' },
      /S2S type/,
    ],
    ['a fetch in the trust', 'theirs.trustedIssuer.fetch', () => undefined, /no file can hold/],
    ['a target over plain http', 'theirs.client.target', 'http://portal.example', /target must be an https/],
    ['no client id of the target', 'theirs.client.targetClientId', undefined, /targetClientId /],
    ['an empty grant', 'grants.0.permissions', [], /^pairing\.grants\[0\]\.permissions /],
    ['two servers', 'theirs.trustedIssuer.registeredIssuerName', `other@${realm}`, /two different servers/],
    ['two realms', 'theirs.client.targetRealm', 'another', /two different realms/],
    ['a broker that is registered by metadata', 'ours.issuerId', 'broker', /a broker/],
    ['a metadata address without root', 'ours.metadataEndpoint', 'https://reports.example/m', /ends in \/_layouts/],
    ['permissions at another product', 'theirs.product', 'other', /at SharePoint only/],
    ['a Skype level at SharePoint', 'ours.applicationTrustLevel', 'Full', /Skype for Business only/],
  ]
  for (const [name, path, value, told] of wrong) {
    it(`refuses ${name}`, () => {
      assert.throws(() => parsePairingFile(changed(path, value)), refusal('ERR_S2S_OPTION_INVALID', told))
    })
  }

  for (const path of [
    'more',
    'ours.more',
    'theirs.more',
    'theirs.client.agent',
    'theirs.client.oauth',
    'grants.0.more',
  ]) {
    it(`refuses ${path}, which is not known`, () => {
      const name = `pairing.${path.replace('.0.', '[0].')} `
      assert.throws(
        () => parsePairingFile(changed(path, {})),
        (error) => {
          assert.ok(error instanceof ConfigurationError && error.code === 'ERR_S2S_OPTION_UNKNOWN')
          return error.reason?.startsWith(name)
        },
      )
    })
  }

  it('takes a broker that is registered by certificate, and an issuer that is one', () => {
    const self = without(fileOf().ours, 'metadataEndpoint')
    const file = fileOf()
    const trustedIssuer = { ...file.theirs.trustedIssuer, isTrustBroker: true, registeredIssuerName: 'broker@any' }
    const client = without(file.theirs.client, 'targetRealm')
    parsePairingFile({
      ...file,
      ours: { ...self, issuerId: 'broker', certificates },
      theirs: { ...file.theirs, trustedIssuer, client },
    })
  })

  it('takes issuers in a list of realms, and a trust level for Skype', () => {
    const file = fileOf()
    const trustedIssuer = {
      ...file.theirs.trustedIssuer,
      registeredIssuerName: `${file.theirs.client.targetClientId}@*`,
      realms: [realm],
    }
    parsePairingFile({ ...file, theirs: { ...file.theirs, trustedIssuer } })
    const theirs = skypeForBusinessServer({ url: 'https://pool.example' })
    const { applicationTrustLevel } = fileOf({
      ours: { ...ours, applicationTrustLevel: 'Full' },
      theirs,
      permissions: [],
    }).ours
    assert.equal(applicationTrustLevel, 'Full')
  })

  it('refuses a certificate for Exchange and Skype, which are told where our metadata is', () => {
    for (const theirs of [
      exchangeServer({ url: 'https://a.example' }),
      skypeForBusinessServer({ url: 'https://a.example' }),
    ]) {
      const file = fileOf({ theirs, permissions: [] })
      const self = without(file.ours, 'metadataEndpoint')
      assert.throws(
        () => parsePairingFile({ ...file, ours: { ...self, certificates } }),
        refusal('ERR_S2S_OPTION_INVALID', /are told our metadataEndpoint/),
      )
    }
  })
})
