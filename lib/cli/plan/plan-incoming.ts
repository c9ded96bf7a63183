import { nameOfOptions } from '../../doctor/options-of-issuer.ts'
import type { TrustedIssuerOptions } from '../../trust/issuer-options.ts'
import type { EditableConfig } from '../file/config-document.ts'
import { namesOf } from '../trust/take-issuer.ts'
import type { MissingStep, Relationship } from './relationship.ts'

/** What it takes that one trusted issuer calls this server. */
export function planIncoming(entry: TrustedIssuerOptions, document: EditableConfig): Relationship {
  const name = nameOfOptions(entry)
  const grants = (document.grants ?? []).filter(({ issuer }) => namesOf(entry).includes(issuer))
  const held = grants.flatMap(({ permissions }) => permissions).length
  const isPlain = document['dangerouslyAllowPlainHttp'] === true
  return {
    name,
    direction: 'incoming',
    situation: situationOf(entry),
    configured: [
      'we believe its tokens',
      ...(isS2S(entry) ? [held === 1 ? '1 permission is granted' : `${held} permissions are granted`] : []),
    ],
    missing: missingOf(name, entry, held),
    ssl: isPlain
      ? 'ours: NO, take out dangerouslyAllowPlainHttp; theirs: does not matter'
      : `ours: required; ${entry.type === 'introspection' ? 'it is asked' : 'its keys come'} over https`,
    users: usersOf(entry),
  }
}

function isS2S({ type }: TrustedIssuerOptions): boolean {
  return type === 's2s-metadata' || type === 's2s-certificate'
}

function situationOf(entry: TrustedIssuerOptions): string {
  switch (entry.type) {
    case 's2s-metadata':
      return `on-premises: its metadata endpoint stands here, ${entry.metadataEndpoint}`
    case 's2s-certificate':
      return 'on-premises: its certificate stands here; a new one must be brought by hand'
    case 'microsoft365':
      return 'Microsoft 365, one tenancy: nothing is to be exchanged'
    case 'openid':
      return `OAuth: keys are found from ${entry.issuer}`
    case 'static':
      return 'OAuth: its keys stand here; new ones must be brought by hand'
    case 'introspection':
      return `OAuth: ${entry.issuer} is asked about its tokens`
  }
}

function missingOf(name: string, entry: TrustedIssuerOptions, held: number): readonly MissingStep[] {
  if (!isS2S(entry) || held > 0) return []
  const run = `npx passport-s2s grant add ${name} reports.read --app-only`
  return [{ side: 'ours', what: 'nothing is granted to it, so every resource but public ones is refused', run }]
}

/** @see protocol section 9 */
function usersOf(entry: TrustedIssuerOptions): string {
  const { allowDelegation = false, acceptSecurityIdentifiers = false } = entry as {
    readonly allowDelegation?: unknown
    readonly acceptSecurityIdentifiers?: boolean
  }
  if (['openid', 'static', 'introspection'].includes(entry.type)) return 'users are named by the issuer: sub'
  if (entry.type === 'microsoft365') {
    return 'OAuth tokens name users by themselves, sub; S2S applications act for the users that allowDelegation says'
  }
  if (allowDelegation === false) return 'none: it acts for no user (allowDelegation)'
  const attributes = [...(acceptSecurityIdentifiers ? ['Windows SID'] : []), 'UPN', 'SMTP address', 'SIP address']
  return `one of ${attributes.join(', ')}, current, in exactly one profile for each user`
}
