import { parsePrincipalName } from '../../tokens/principal-name.ts'
import type { TrustedIssuer } from '../../trust/trusted-issuer.ts'
import { findNearMatch, type NearMatch } from '../compare-addresses.ts'
import type { Diagnosis } from '../finding.ts'
import { claimOf, refusedToken, type TokenSubject } from '../token-subject.ts'

/** APIs whose tokens are sent to the wrong server most. */
const wellKnown: ReadonlyMap<string, string> = new Map([
  ['00000003-0000-0000-c000-000000000000', 'Microsoft Graph'],
  ['https://graph.microsoft.com', 'Microsoft Graph'],
  ['00000002-0000-0000-c000-000000000000', 'Azure AD Graph'],
  ['https://graph.windows.net', 'Azure AD Graph'],
  ['https://management.azure.com', 'Azure Resource Manager'],
  ['https://management.core.windows.net', 'Azure Resource Manager'],
  ['https://vault.azure.net', 'Azure Key Vault'],
])

/** Why a token is meant for somebody else: or for us, under another spelling. */
export function diagnoseAudience(subject: TokenSubject): Diagnosis | undefined {
  const { issuer, show } = subject
  const audience = claimOf(refusedToken(subject), 'aud')
  const found = [audience].flat().filter((item) => typeof item === 'string')
  const [first] = found
  if (issuer === undefined || first === undefined) return undefined
  const expected = [...issuer.audience]
  return (
    diagnoseWellKnown(found) ??
    diagnoseEntraForm(first, expected) ??
    diagnoseNear(found, issuer, subject) ?? {
      kind: 'audience-other',
      cause: `the token is meant for ${show(audience)}, not for ${expected.slice(0, 4).join(' or ')}`,
      fix:
        issuer.protocol === 's2s'
          ? 'have the calling server ask for clientId/host@realm of this server, or mend self'
          : 'ask the issuer for a token for this API (scope, resource or audience of the token request)',
    }
  )
}

function diagnoseWellKnown(found: readonly string[]): Diagnosis | undefined {
  const name = found.map((item) => wellKnown.get(item.replace(/\/$/, ''))).find((known) => known !== undefined)
  if (name === undefined) return undefined
  return {
    kind: 'audience-well-known',
    cause: `this is a token for ${name}, not for this API`,
    fix: 'ask for a scope of this API in the token request, such as api://<client id>/.default',
  }
}

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** Entra writes the client id into v2 tokens, and the App ID URI into most v1 tokens. */
function diagnoseEntraForm(found: string, expected: readonly string[]): Diagnosis | undefined {
  const twin = guid.test(found) ? `api://${found}` : found.replace(/^api:\/\//, '')
  if (twin === found || !expected.includes(twin)) return undefined
  return {
    kind: 'audience-entra-form',
    cause: `"aud" is the ${guid.test(found) ? 'client id' : 'App ID URI'} of this API, and audience has only the ${guid.test(found) ? 'App ID URI' : 'client id'}`,
    fix: 'list both in audience: the client id and api://<client id>',
  }
}

function diagnoseNear(found: readonly string[], issuer: TrustedIssuer, { show }: TokenSubject): Diagnosis | undefined {
  const near = found.map((item) => ({ item, match: findNearMatch(item, [...issuer.audience]) }))
  const [nearest] = near.filter((one): one is { item: string; match: NearMatch } => one.match !== undefined)
  if (nearest === undefined) return undefined
  const { item, match } = nearest
  const cause = `the audience ${show(item)} ${match.clause} (expected is ${match.expected})`
  return { kind: `audience-${match.kind}`, cause, fix: fixOf(match, item) }
}

function fixOf({ kind, expected }: NearMatch, found: string): string {
  if (kind === 'realm' || kind === 'id' || kind === 'path') {
    return `have the client ask for a token for ${expected}, or add the other audience if it is this server's too`
  }
  const isName = parsePrincipalName(expected)?.host !== undefined && parsePrincipalName(found)?.host !== undefined
  if (isName) return 'list the host, with its port, in self.hosts as callers write it'
  return 'set audience exactly as "aud" of the token has it, or have the client ask for the configured one'
}
