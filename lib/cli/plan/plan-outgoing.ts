import { s2sMetadataPaths } from '../../metadata/build-s2s-metadata.ts'
import type { S2SClientOptions } from '../../outgoing/client-options.ts'
import type { EditableConfig, EditableSelf } from '../file/config-document.ts'
import type { MissingStep, Relationship } from './relationship.ts'

/** What it takes that this server calls one of `clients`. */
export function planOutgoing(name: string, client: S2SClientOptions, document: EditableConfig): Relationship {
  const { target, oauth, userAttributes = ['nameid', 'upn', 'smtp', 'sip'] } = client
  return {
    name,
    direction: 'outgoing',
    situation:
      oauth === undefined
        ? 'on-premises: our metadata endpoint goes there'
        : 'OAuth: an issuer that both sides know gives the tokens',
    configured: [`calls ${target}`, ...bindingOf(oauth)],
    missing: oauth === undefined ? missingOf(name, client, document.self) : [],
    ssl: target.startsWith('https:') ? 'theirs: required, only https is called' : 'theirs: NO, target must be https',
    users: oauth === undefined ? `sent, where known: ${userAttributes.join(', ')}` : 'the user of the incoming token',
  }
}

/** To what its tokens are bound, so that nobody else can use them. */
function bindingOf(oauth: S2SClientOptions['oauth']): readonly string[] {
  if (oauth?.dpop !== undefined) return ['tokens are bound to a key (DPoP)']
  return oauth?.mtls === undefined ? [] : ['tokens are bound to a TLS client certificate']
}

/** Without `self` no token can be signed, and keys are made together with it. */
function missingOf(name: string, client: S2SClientOptions, self: EditableSelf | undefined): readonly MissingStep[] {
  const keys: MissingStep = {
    side: 'ours',
    what: 'this server has no key to sign with',
    run: 'npx passport-s2s keys generate',
  }
  if (self === undefined) return [{ ...keys, run: `${keys.run} --host HOST` }]
  const { clientId, realm, hosts, signingKeys } = self
  const register: MissingStep = {
    side: 'theirs',
    what: `must believe ${clientId}@${realm}; whether it does is not known from here (npx passport-s2s token mint ${name})`,
    run: registration(client.targetClientId, `https://${hosts[0] ?? ''}${s2sMetadataPaths.sharepoint}`),
  }
  return signingKeys === undefined ? [keys, register] : [register]
}

/** @see protocol sections 1 and 6.1 */
function registration(product: string | undefined, endpoint: string): string {
  switch (product) {
    case '00000003-0000-0ff1-ce00-000000000000':
      return `New-SPTrustedSecurityTokenIssuer -Name 'this server' -MetadataEndPoint '${endpoint}' (all commands: npx passport-s2s pair export)`
    case '00000004-0000-0ff1-ce00-000000000000':
      return `New-CsPartnerApplication -Identity 'this server' -MetadataUrl '${endpoint}' -ApplicationTrustLevel Application`
    case '00000002-0000-0ff1-ce00-000000000000':
      return `Configure-EnterprisePartnerApplication.ps1 -AuthMetadataUrl '${endpoint}'`
    default:
      return `npx passport-s2s trust add NAME ${endpoint}`
  }
}
