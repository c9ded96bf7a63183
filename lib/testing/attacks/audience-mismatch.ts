import { rowsOf, type AttackFamily, type Oddities } from './attack-family.ts'
import type { OAuthSetup } from './oauth-setup.ts'
import { otherRealm, type S2SSetup } from './s2s-setup.ts'

const invalid = 'ERR_S2S_CLAIM_INVALID'
const mismatch = 'ERR_S2S_AUDIENCE_MISMATCH'

const common = {
  family: 'audience-mismatch',
  cve: 'CVE-2020-26160',
  reason: 'a token that was made for somebody else is accepted',
} as const

const noAudience = (audience: string): Oddities => ({
  missing: undefined,
  'the empty text': '',
  null: null,
  'a number': 7,
  zero: 0,
  true: true,
  false: false,
  'an object': { aud: audience },
  'an object like a list': { 0: audience, length: 1 },
  'an empty object': {},
  'an empty list': [],
  'a list with the empty text': [''],
  'a list with null': [null],
  'a list in a list': [[audience]],
  'a list of an object': [{ aud: audience }],
})

/** Every one names the right audience too; a list that is partly senseless is not half believed. */
const mixedLists = (audience: string): Oddities => ({
  'with a number': [audience, 7],
  'with null': [audience, null],
  'with null in front': [null, audience],
  'with true': [audience, true],
  'with a list': [audience, [audience]],
  'with an object': [audience, {}],
  'with the empty text': [audience, ''],
})

/** The same text, spelt almost like the right one. */
const almost = (audience: string): Record<string, string> => ({
  'a prefix': audience.slice(0, -1),
  'a substring': audience.slice(1, -1),
  'with a suffix': `${audience}.attacker.example`,
  'with a prefix': `x${audience}`,
  'with a slash': `${audience}/`,
  'with a port': `${audience}:443`,
  'with a path': `${audience}/reports`,
  'with a query': `${audience}?a=b`,
  'with a fragment': `${audience}#`,
  'with userinfo': `${audience}@attacker.example`,
  'over http': audience.replace('https', 'http'),
  'in upper case': audience.toUpperCase(),
  'with one capital letter': audience.replace(/(?<=[^a-z])[a-z]/, (letter) => letter.toUpperCase()),
  'with the scheme in upper case': audience.replace('https', 'HTTPS'),
  'with a space in front': ` ${audience}`,
  'with a space behind': `${audience} `,
  'with a line break': `${audience}\n`,
  'with a zero byte': `${audience}\0`,
  'with a zero-width space': `${audience}\u200b`,
  'with a full-width letter': audience.replace(/[a-z]/, '\uff52'),
  'with a percent-encoded letter': audience.replace(/[a-z]/, (letter) => `%${letter.charCodeAt(0).toString(16)}`),
  'two with a space': `${audience} https://other.example.com`,
  'two with a comma': `${audience},https://other.example.com`,
  'two with a semicolon': `${audience};https://other.example.com`,
  'as the text of a list': JSON.stringify([audience]),
  'a pattern': `${audience}|.*`,
})

const others = ({ issuer: { issuer, application } }: OAuthSetup): Oddities => ({
  'of another server': 'https://other.example.com',
  'of another server, in a list': ['https://other.example.com', 'https://more.example.com'],
  'a wildcard': '*',
  'a wildcard host': 'https://*.example.com',
  'an empty pattern': '.*',
  'the issuer': issuer,
  'the token endpoint': `${issuer}/token`,
  'the client': application,
  'the scope': 'reports.read',
  ['__proto__']: '__proto__',
  'the word undefined': 'undefined',
})

/** For OAuth issuers. */
export const audienceMismatch: AttackFamily<OAuthSetup> = {
  ...common,
  rows: (setup) => {
    const { audience } = setup.issuer
    const changed = (aud: unknown): string => setup.forge({ claims: { aud } })
    // An audience without letters or scheme cannot be misspelt in each of these ways.
    const misspelt = Object.fromEntries(Object.entries(almost(audience)).filter(([, aud]) => aud !== audience))
    return [
      ...rowsOf(noAudience(audience), (name, aud) => [`aud ${name}`, changed(aud), invalid]),
      ...rowsOf(mixedLists(audience), (name, aud) => [`aud ${name}`, changed(aud), invalid]),
      ...rowsOf({ ...misspelt, ...others(setup) }, (name, aud) => [`aud ${name}`, changed(aud), mismatch]),
    ]
  },
}

/** Audiences of the form `clientId/host@realm` that are not ours. */
export function foreignS2SAudiences({ audience, clientId, host, realm, issuer }: S2SSetup): Oddities {
  return {
    'the client id alone': clientId,
    'without a host': `${clientId}@${realm}`,
    'without a realm': `${clientId}/${host}`,
    'with an empty host': `${clientId}/@${realm}`,
    'with an empty realm': `${clientId}/${host}@`,
    'without a client id': `/${host}@${realm}`,
    'another client': `x${clientId}/${host}@${realm}`,
    'another host': `${clientId}/other.fabrikam.example@${realm}`,
    'a host with a suffix': `${clientId}/${host}.attacker.example@${realm}`,
    'a host with a prefix': `${clientId}/x${host}@${realm}`,
    'a host with a dot behind': `${clientId}/${host}.@${realm}`,
    'a host below it': `${clientId}/a.${host}@${realm}`,
    'another port': `${clientId}/${host.replace(/:\d+$/, '')}:1@${realm}`,
    'the realm of another farm': `${clientId}/${host}@${otherRealm}`,
    'a wildcard realm': `${clientId}/${host}@*`,
    'a wildcard host': `${clientId}/*@${realm}`,
    'the realm twice': `${clientId}/${host}@${realm}@${realm}`,
    'a realm with a suffix': `${clientId}/${host}@${realm}0`,
    'a path': `${clientId}/${host}/x@${realm}`,
    'a space in front': ` ${audience}`,
    'a space behind': `${audience} `,
    'a line break': `${audience}\n`,
    'a zero byte': `${audience}\0`,
    'two in one text': `${audience} ${audience}`,
    'a list in a text': `${audience},${audience}`,
    'an asterisk': '*',
    'the application itself': issuer.applicationName,
    'the issuer': issuer.issuer,
    'the token endpoint': 'https://accounts.accesscontrol.windows.net/tokens/OAuth/2',
    'the token endpoint of ACS': `00000001-0000-0000-c000-000000000000/accounts.accesscontrol.windows.net@${realm}`,
    ...(realm === realm.toUpperCase()
      ? {}
      : { 'the realm in upper case': `${clientId}/${host}@${realm.toUpperCase()}` }),
  }
}

/** Values of `aud` that no S2S token has. */
export function noS2SAudiences(audience: string): Oddities {
  return {
    ...noAudience(audience),
    'a list of the right one': [audience],
    'a mixed list': [audience, 7],
    '2,000 characters long': audience.padEnd(2_000, 'x'),
  }
}

/** For S2S issuers: applications on their own. */
export const audienceMismatchS2S: AttackFamily<S2SSetup> = {
  ...common,
  rows: (setup) => {
    const changed = (aud: unknown): string => setup.forgeApp({ claims: { aud } })
    return [
      ...rowsOf(noS2SAudiences(setup.audience), (name, aud) => [`aud ${name}, of a farm`, changed(aud), invalid]),
      ...rowsOf(foreignS2SAudiences(setup), (name, aud) => [`aud ${name}, of a farm`, changed(aud), mismatch]),
    ]
  },
}
