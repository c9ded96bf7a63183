import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { printPairingCommands } from '../../lib/outgoing/pairing-commands.ts'
import type { PairedSelf, PairingFile, PairingPermission } from '../../lib/outgoing/pairing-file.ts'
import { exchangeServer } from '../../lib/outgoing/products/exchange-server.ts'
import type { ServerPreset } from '../../lib/outgoing/products/server-preset.ts'
import { sharePointServer } from '../../lib/outgoing/products/share-point-server.ts'
import { skypeForBusinessServer } from '../../lib/outgoing/products/skype-for-business-server.ts'
import { workflowManager } from '../../lib/outgoing/products/workflow.ts'
import { readPowerShell } from '../support/power-shell.ts'
import { refusal } from '../support/refusal.ts'

const ours: PairedSelf = { clientId: 'our-id', realm: 'our-realm', displayName: 'Reports' }
const metadataEndpoint = 'https://reports.example/_layouts/15/metadata/json/1'
const farm = sharePointServer({ url: 'https://portal.example' })
const site = 'https://portal.example/sites/a'

function print(
  self: Partial<PairedSelf>,
  theirs: ServerPreset,
  permissions: readonly PairingPermission[] = [],
): string {
  const file: PairingFile = { version: 1, name: 'n', ours: { ...ours, ...self }, theirs, grants: [], permissions }
  return printPairingCommands(file)
}

const head = [
  '# Run as a farm administrator in the SharePoint Management Shell.',
  '# A new issuer counts at once after iisreset on every server of the farm, otherwise within 24 hours.',
  "$ErrorActionPreference = 'Stop'",
  '',
]

describe('printPairingCommands', () => {
  it('registers our metadata at SharePoint, and what we may do at two sites', () => {
    const permissions = [
      { scope: 'SiteCollection', right: 'Read', appOnly: true, site },
      { scope: 'SiteSubscription', right: 'FullControl', site: 'https://my.example' },
      { scope: 'Site', right: 'Write', site },
    ] as const
    assert.deepEqual(print({ metadataEndpoint }, farm, permissions).split('\n'), [
      ...head,
      "New-SPTrustedRootAuthority -Name 'Reports' -MetadataEndPoint 'https://reports.example/_layouts/15/metadata/json/1/rootcertificate'",
      "$issuer = New-SPTrustedSecurityTokenIssuer -Name 'Reports' -MetadataEndPoint 'https://reports.example/_layouts/15/metadata/json/1'",
      "if ($issuer.NameId -cne 'our-id@our-realm') { Remove-SPTrustedSecurityTokenIssuer -Identity $issuer -Confirm:$false; throw 'The metadata document names another issuer.' }",
      '',
      "$site = 'https://portal.example/sites/a'",
      "$principal = Get-SPAppPrincipal -Site $site -NameIdentifier 'our-id@our-realm' -ErrorAction SilentlyContinue",
      "if ($null -eq $principal) { $principal = Register-SPAppPrincipal -Site $site -NameIdentifier 'our-id@our-realm' -DisplayName 'Reports' }",
      'Set-SPAppPrincipalPermission -AppPrincipal $principal -Site $site -Scope SiteCollection -Right Read -EnableAppOnlyPolicy',
      'Set-SPAppPrincipalPermission -AppPrincipal $principal -Site $site -Scope Site -Right Write',
      '',
      "$site = 'https://my.example'",
      "$principal = Get-SPAppPrincipal -Site $site -NameIdentifier 'our-id@our-realm' -ErrorAction SilentlyContinue",
      "if ($null -eq $principal) { $principal = Register-SPAppPrincipal -Site $site -NameIdentifier 'our-id@our-realm' -DisplayName 'Reports' }",
      'Set-SPAppPrincipalPermission -AppPrincipal $principal -Site $site -Scope SiteSubscription -Right FullControl',
      '',
    ])
  })

  it('registers our certificate at SharePoint, as a self-issuer', () => {
    assert.deepEqual(print({ certificates: ['QUJD'] }, farm).split('\n'), [
      ...head,
      "$certificate0 = New-Object System.Security.Cryptography.X509Certificates.X509Certificate2 -ArgumentList (, [System.Convert]::FromBase64String('QUJD'))",
      "New-SPTrustedRootAuthority -Name 'Reports' -Certificate $certificate0",
      "New-SPTrustedSecurityTokenIssuer -Name 'Reports' -Certificate $certificate0 -RegisteredIssuerName 'our-id@our-realm'",
      '',
    ])
  })

  it('registers a broker and the chain of its certificate', () => {
    assert.deepEqual(
      print({ certificates: ['QUJD', 'REVG'], issuerId: 'broker' }, farm)
        .split('\n')
        .slice(6),
      [
        "New-SPTrustedRootAuthority -Name 'Reports' -Certificate $certificate0",
        "New-SPTrustedRootAuthority -Name 'Reports 1' -Certificate $certificate1",
        "New-SPTrustedSecurityTokenIssuer -Name 'Reports' -Certificate $certificate0 -RegisteredIssuerName 'broker@our-realm' -IsTrustBroker",
        '',
      ],
    )
  })

  it('registers our metadata at Skype for Business, at the level that is asked for', () => {
    const pool = skypeForBusinessServer({ url: 'https://pool.example' })
    const command = (level: string): string =>
      `# Run in the Skype for Business Server Management Shell.\nNew-CsPartnerApplication -Identity 'Reports' -MetadataUrl '${metadataEndpoint}' -ApplicationTrustLevel ${level}\n`
    assert.equal(print({ metadataEndpoint }, pool), command('Application'))
    assert.equal(print({ metadataEndpoint, applicationTrustLevel: 'User' }, pool), command('User'))
  })

  it('registers our metadata at Exchange, and leaves the roles to whoever runs it', () => {
    assert.deepEqual(
      print({ metadataEndpoint }, exchangeServer({ url: 'https://mail.example' }))
        .split('\n')
        .slice(2),
      [
        'Set-Location (Join-Path $env:ExchangeInstallPath Scripts)',
        ".\\Configure-EnterprisePartnerApplication.ps1 -AuthMetadataUrl 'https://reports.example/_layouts/15/metadata/json/1' -ApplicationType (Read-Host 'ApplicationType')",
        '',
      ],
    )
  })

  it('says what to register at other servers, and runs nothing', () => {
    const workflows = workflowManager({
      url: 'https://workflow.example',
      metadataEndpoint: 'https://workflow.example/m',
    })
    assert.deepEqual(print({ metadataEndpoint }, workflows).split('\n'), [
      '# No commands are documented for this server. Register there:',
      "# issuer: 'our-id@our-realm'",
      "# application: 'our-id@our-realm'",
      "# metadata document: 'https://reports.example/_layouts/15/metadata/json/1'",
      '',
    ])
    const other = print({ certificates: ['QUJD'], issuerId: 'broker' }, { ...farm, product: 'other' })
    assert.ok(other.split('\n').every((line) => line === '' || line.startsWith('# ')))
    assert.match(other, /^# issuer: 'broker@our-realm'$/m)
    assert.match(other, /^# with our certificate$/m)
  })

  it('prints no text that would begin another line', () => {
    for (const displayName of ['a\nRemove-Item', 'a\r', 'a\u2028b', 'a\u0085b']) {
      assert.throws(() => print({ metadataEndpoint, displayName }, farm), refusal('ERR_S2S_OPTION_INVALID'))
    }
  })

  const nasty = fc.array(
    fc.constantFrom("'", '\u2019', '\u2018', '\u201b', '"', '`', '$(x)', ';', '|', '\u0452', 'a', ' ', ')', '#>', '-'),
    { minLength: 1, maxLength: 12 },
  )
  const texts = nasty.map((parts) => parts.join(''))

  it('whatever the texts are, the commands stay the same and only their values differ', () => {
    const permissions = (at: string): readonly PairingPermission[] => [{ scope: 'Site', right: 'Read', site: at }]
    fc.assert(
      fc.property(texts, texts, (displayName, at) => {
        const lines = print({ metadataEndpoint, displayName }, farm, permissions(at)).split('\n')
        assert.ok(lines.every((line) => /^[\x20-\x7e]*$/.test(line)))
        assert.equal(lines.length, 13)
        assert.deepEqual(readPowerShell(lines[4] ?? ''), [
          'New-SPTrustedRootAuthority',
          '-Name',
          { text: displayName },
          '-MetadataEndPoint',
          { text: `${metadataEndpoint}/rootcertificate` },
        ])
        assert.deepEqual(readPowerShell((lines[8] ?? '').replace('$site = ', '')), [{ text: at }])
        const register = (lines[10] ?? '').replace(/^.*-DisplayName /, '').replace(/ \}$/, '')
        assert.deepEqual(readPowerShell(register), [{ text: displayName }])
      }),
      { numRuns: 500 },
    )
  })
})
