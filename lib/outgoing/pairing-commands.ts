import type { PairedSelf, PairingFile, PairingPermission } from './pairing-file.ts'
import { quoteForPowerShell as quote } from './power-shell-text.ts'

/**
 * Prints the PowerShell commands by which the administrator of the other server registers this one. Every value is quoted;
 * the text is ASCII and holds no secrets. Nothing is run.
 *
 * Does not check that the addresses answer, nor that the other server can read our metadata over its own TLS settings.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` for a value that cannot be printed on one line
 * @see protocol sections 6.1, 6.3 and 7
 */
export function printPairingCommands(file: PairingFile): string {
  return `${commandsOf(file).join('\n')}\n`
}

function commandsOf({ ours, theirs, permissions }: PairingFile): readonly string[] {
  switch (theirs.product) {
    case 'sharepoint':
      return [...sharePointHead, ...trustCommands(ours), ...grantCommands(ours, permissions)]
    case 'skype':
      return skypeCommands(ours)
    case 'exchange':
      return exchangeCommands(ours)
    case 'workflow-manager':
    case 'other':
      return otherCommands(ours)
  }
}

const sharePointHead: readonly string[] = [
  '# Run as a farm administrator in the SharePoint Management Shell.',
  '# A new issuer counts at once after iisreset on every server of the farm, otherwise within 24 hours.',
  "$ErrorActionPreference = 'Stop'",
  '',
]

function nameOf({ clientId, realm }: PairedSelf): string {
  return quote(`${clientId}@${realm}`)
}

/** Whom the farm believes: from our metadata, or by our certificate. Every certificate of the chain must be a root there. */
function trustCommands(ours: PairedSelf): readonly string[] {
  const name = quote(ours.displayName)
  if (ours.metadataEndpoint !== undefined) {
    const root = quote(`${ours.metadataEndpoint}/rootcertificate`)
    return [
      `New-SPTrustedRootAuthority -Name ${name} -MetadataEndPoint ${root}`,
      `$issuer = New-SPTrustedSecurityTokenIssuer -Name ${name} -MetadataEndPoint ${quote(ours.metadataEndpoint)}`,
      `if ($issuer.NameId -cne ${nameOf(ours)}) { Remove-SPTrustedSecurityTokenIssuer -Identity $issuer -Confirm:$false; throw 'The metadata document names another issuer.' }`,
    ]
  }
  const { clientId, issuerId = clientId, realm, certificates = [] } = ours
  const broker = issuerId === clientId ? '' : ' -IsTrustBroker'
  const registered = quote(`${issuerId}@${realm}`)
  return [
    ...certificates.map((certificate, index) => `$certificate${index} = ${readCertificate(certificate)}`),
    ...certificates.map((_, index) => {
      const rootName = index === 0 ? name : quote(`${ours.displayName} ${index}`)
      return `New-SPTrustedRootAuthority -Name ${rootName} -Certificate $certificate${index}`
    }),
    `New-SPTrustedSecurityTokenIssuer -Name ${name} -Certificate $certificate0 -RegisteredIssuerName ${registered}${broker}`,
  ]
}

/** Works in every version of PowerShell that SharePoint 2013 runs on. */
function readCertificate(derBase64: string): string {
  const bytes = `[System.Convert]::FromBase64String(${quote(derBase64)})`
  return `New-Object System.Security.Cryptography.X509Certificates.X509Certificate2 -ArgumentList (, ${bytes})`
}

/** What this server may do there: an application principal for each site, then its permissions. */
function grantCommands(ours: PairedSelf, permissions: readonly PairingPermission[]): readonly string[] {
  const sites = [...new Set(permissions.map(({ site }) => site))]
  return sites.flatMap((site) => {
    const at = `-Site $site -NameIdentifier ${nameOf(ours)}`
    return [
      '',
      `$site = ${quote(site)}`,
      `$principal = Get-SPAppPrincipal ${at} -ErrorAction SilentlyContinue`,
      `if ($null -eq $principal) { $principal = Register-SPAppPrincipal ${at} -DisplayName ${quote(ours.displayName)} }`,
      ...permissions.filter((permission) => permission.site === site).map(grantCommand),
    ]
  })
}

function grantCommand({ scope, right, appOnly }: PairingPermission): string {
  const policy = appOnly === true ? ' -EnableAppOnlyPolicy' : ''
  return `Set-SPAppPrincipalPermission -AppPrincipal $principal -Site $site -Scope ${scope} -Right ${right}${policy}`
}

/** @see New-CsPartnerApplication, parameter set MetadataUrl */
function skypeCommands({ displayName, metadataEndpoint = '', applicationTrustLevel }: PairedSelf): readonly string[] {
  const level = applicationTrustLevel ?? 'Application'
  return [
    '# Run in the Skype for Business Server Management Shell.',
    `New-CsPartnerApplication -Identity ${quote(displayName)} -MetadataUrl ${quote(metadataEndpoint)} -ApplicationTrustLevel ${level}`,
  ]
}

/** @see Configure OAuth authentication with SharePoint 2013 and Lync 2013 (Exchange documentation) */
function exchangeCommands({ metadataEndpoint = '' }: PairedSelf): readonly string[] {
  return [
    '# Run in the Exchange Management Shell. The script gives this server the roles of the application type;',
    '# only SharePoint and Lync are documented, so the choice is yours.',
    'Set-Location (Join-Path $env:ExchangeInstallPath Scripts)',
    `.\\Configure-EnterprisePartnerApplication.ps1 -AuthMetadataUrl ${quote(metadataEndpoint)} -ApplicationType (Read-Host 'ApplicationType')`,
  ]
}

function otherCommands(ours: PairedSelf): readonly string[] {
  const { clientId, issuerId = clientId, realm, metadataEndpoint } = ours
  return [
    '# No commands are documented for this server. Register there:',
    `# issuer: ${quote(`${issuerId}@${realm}`)}`,
    `# application: ${nameOf(ours)}`,
    metadataEndpoint === undefined ? '# with our certificate' : `# metadata document: ${quote(metadataEndpoint)}`,
  ]
}
