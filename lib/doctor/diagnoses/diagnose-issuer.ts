import { parsePrincipalName } from '../../tokens/principal-name.ts'
import { findNearMatch, type NearMatch } from '../compare-addresses.ts'
import type { Diagnosis } from '../finding.ts'
import { claimOf, type TokenSubject } from '../token-subject.ts'

/** Why the issuer of a token is a stranger: nearly always one that is trusted under another spelling. */
export function diagnoseIssuer(subject: TokenSubject): Diagnosis | undefined {
  if (subject.asked !== undefined) return undefined
  const found = claimOf(subject.signed, 'iss')
  if (typeof found !== 'string' || found === '') return undefined
  const known = subject.issuers.flatMap(({ issuerNames }) => issuerNames)
  return diagnoseOwnName(found, subject) ?? diagnoseTenant(found, known, subject) ?? diagnoseNear(found, known, subject)
}

function diagnoseOwnName(found: string, { options: { self } }: TokenSubject): Diagnosis | undefined {
  if (self === undefined || found !== `${self.clientId}@${self.realm}`) return undefined
  return {
    kind: 'own-token',
    cause: 'this server itself is the issuer of the token: it was minted here for another server',
    fix: 'send it to the server that its "aud" names',
  }
}

/** The two `iss` of Entra, with the tenant as the first group. */
const entraForms = {
  v1: /^https:\/\/sts\.(?:windows\.net|chinacloudapi\.cn)\/([0-9a-f-]{36})\/$/i,
  v2: /^https:\/\/login\.(?:microsoftonline\.com|microsoftonline\.us|partner\.microsoftonline\.cn)\/([0-9a-f-]{36})\/v2\.0$/i,
}

function diagnoseTenant(found: string, known: readonly string[], { show }: TokenSubject): Diagnosis | undefined {
  for (const [version, other] of [['v1', 'v2'] as const, ['v2', 'v1'] as const]) {
    const tenant = entraForms[version].exec(found)?.[1]
    if (tenant === undefined) continue
    const tenants = known.flatMap((name) => entraForms[version].exec(name)?.[1] ?? [])
    const isOtherVersion = known.some(
      (name) => entraForms[other].exec(name)?.[1]?.toLowerCase() === tenant.toLowerCase(),
    )
    if (isOtherVersion) return otherVersion(version, other, show(found))
    if (tenants.length > 0) {
      return {
        kind: 'other-tenant',
        cause: `this is a token of another Entra tenant, ${show(tenant)}`,
        fix: 'have the client ask the token endpoint of the trusted tenant, or add the tenant if you trust it',
      }
    }
  }
  return undefined
}

function otherVersion(version: 'v1' | 'v2', other: 'v1' | 'v2', shown: string): Diagnosis {
  const setting = version === 'v1' ? '2' : '1 (or null)'
  return {
    kind: `entra-${version}-token`,
    cause: `this is a ${version} token of Entra (iss ${shown}), and only the ${other} issuer of the tenant is trusted`,
    fix: `use type 'microsoft365', which takes both, or set requestedAccessTokenVersion of the API to ${setting}`,
  }
}

function diagnoseNear(found: string, known: readonly string[], { show }: TokenSubject): Diagnosis {
  const near = findNearMatch(found, known)
  if (near !== undefined) return nearIssuer(near, show(found))
  return {
    kind: 'issuer-unknown',
    cause: `the issuer ${show(found)} is not among trustedIssuers (${known.slice(0, 5).join(', ') || 'none'})`,
    fix: 'add it to trustedIssuers, if you trust it',
  }
}

const otherIssuer =
  'have the client ask the trusted issuer for its token, or add this one to trustedIssuers if you trust it'

function nearIssuer({ kind, clause, expected }: NearMatch, shown: string): Diagnosis {
  const cause = `the issuer ${shown} ${clause} (trusted is ${expected})`
  return { kind: `issuer-${kind}`, cause, fix: fixOf(kind, expected) }
}

/** Only what cannot be another issuer's name is to be copied from the token. */
const fixes: Readonly<Partial<Record<NearMatch['kind'], string>>> = {
  space: 'have the issuer write its name without it',
  scheme: 'have the issuer name itself with https',
  realm: otherIssuer,
  id: otherIssuer,
  path: otherIssuer,
}

function fixOf(kind: NearMatch['kind'], expected: string): string {
  const option = parsePrincipalName(expected)?.realm === undefined ? 'issuer' : 'registeredIssuerName'
  if (kind === 'slash' || kind === 'case') {
    return `set ${option} exactly as "iss" of the token has it: it is compared to the letter`
  }
  return fixes[kind] ?? `correct ${option} if it is mistyped here; otherwise somebody else made the token`
}
