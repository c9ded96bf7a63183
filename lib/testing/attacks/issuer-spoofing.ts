import { isHttpsAddress } from '../../foundation/read-url.ts'
import { rowsOf, type AttackFamily, type AttackRow, type Oddities } from './attack-family.ts'
import type { OAuthSetup } from './oauth-setup.ts'
import { otherRealm, type S2SSetup } from './s2s-setup.ts'

const untrusted = 'ERR_S2S_ISSUER_UNTRUSTED'
const invalid = 'ERR_S2S_CLAIM_INVALID'

const common = {
  family: 'issuer-spoofing',
  cve: 'CVE-2024-53861',
  reason: 'the name of the issuer is compared loosely, or somebody is asked because a token names him',
} as const

/** Names that are almost that of the issuer. An address is misspelt as addresses can be. */
function spellings(name: string, attackerUrl: string): Record<string, string> {
  const attacker = attackerUrl.replace('https://', '')
  return {
    'with a suffix': `${name}.attacker.example`,
    'with a digit behind': `${name}0`,
    'with a slash': `${name}/`,
    'with two slashes': `${name}//`,
    'a prefix': name.slice(0, -1),
    'with a port': `${name}:444`,
    'over http': name.replace('https', 'http'),
    'in upper case': name.toUpperCase(),
    'with the scheme in upper case': name.replace('https', 'HTTPS'),
    'with userinfo': name.replace('https://', 'https://user@'),
    'with the name as userinfo of another': `${name}@${attacker}`,
    'with a fragment': `${name}#`,
    'with a fragment behind another': `${attackerUrl}#${name}`,
    'with a question mark': `${name}?`,
    'with a query': `${name}?a=b`,
    'with the name as query of another': `${attackerUrl}?${name}`,
    'with a path': `${name}/tenant`,
    'with a dot segment': `${name}/.`,
    'with dot segments': `${name}/a/..`,
    'with the path of discovery': `${name}/.well-known/openid-configuration`,
    'two names with a space': `${name} ${attackerUrl}`,
    'two names with a comma': `${name},${attackerUrl}`,
    ...otherAddresses(name),
    ...unseen(name),
  }
}

/** Addresses of the same place, and of places beside it. */
function otherAddresses(name: string): Record<string, string> {
  const { host, hostname, port, protocol } = new URL(name)
  const withHost = (other: string): string => name.replace(hostname, other)
  return {
    'the host alone': host,
    'without a scheme': name.slice(protocol.length),
    'with the host in upper case': withHost(hostname.toUpperCase()),
    'with a percent-encoded letter': withHost(`%${hostname.charCodeAt(0).toString(16)}${hostname.slice(1)}`),
    'with a dot behind the host': withHost(`${hostname}.`),
    'with the address for the name': withHost('127.0.0.1'),
    'with an IPv6 address': withHost('[::1]'),
    'with a backslash': name.replace('//', '\\\\'),
    ...(port === ''
      ? {}
      : {
          'without a port': name.replace(`:${port}`, ''),
          'with a leading zero in the port': name.replace(`:${port}`, `:0${port}`),
        }),
    'with a Cyrillic letter': withHost(hostname.replace(/[aeop]/, (letter) => cyrillic[letter] ?? '')),
    'with a full-width dot': `${name}\uff0e`,
  }
}

const cyrillic: Readonly<Record<string, string>> = { a: '\u0430', e: '\u0435', o: '\u043e', p: '\u0440' }

/** Characters that are not seen. */
const unseen = (name: string): Record<string, string> => ({
  'with a space in front': ` ${name}`,
  'with a space behind': `${name} `,
  'with a tab behind': `${name}\t`,
  'with a line break': `${name}\n`,
  'with CRLF and a header': `${name}\r\nX-Injected: 1`,
  'with a zero byte': `${name}\0`,
  'with a zero byte and a suffix': `${name}\0.attacker.example`,
  'with a byte order mark': `\ufeff${name}`,
  'with a zero-width space': `${name}\u200b`,
})

/** Names that are nobody's. */
const strangers: Readonly<Record<string, string>> = {
  unknown: 'https://unknown.example.com',
  'a template': 'https://login.microsoftonline.com/{tenantid}/v2.0',
  'a wildcard': '*',
  'a wildcard host': 'https://*',
  'a pattern': '.*',
  'the metadata service of a cloud': 'http://169.254.169.254/latest/meta-data/',
  'the metadata service over https': 'https://169.254.169.254',
  'the metadata service as a number': 'https://2852039166',
  'a file': 'file:///etc/passwd',
  data: 'data:application/json,{}',
  'a local port': 'https://127.0.0.1:22',
  gopher: 'gopher://127.0.0.1:6379/_FLUSHALL',
  LDAP: 'ldap://127.0.0.1/a',
  'a UNC path': '\\\\127.0.0.1\\share',
  ['__proto__']: '__proto__',
  constructor: 'constructor',
  toString: 'toString',
  valueOf: 'valueOf',
  hasOwnProperty: 'hasOwnProperty',
  prototype: 'prototype',
}

const senseless = (name: string, other: string): Oddities => ({
  'a list': [name],
  'a list of two': [name, other],
  'an empty list': [],
  'a list in a list': [[name]],
  'an object': { iss: name },
  'an object that turns into text': { toString: name, length: 1 },
  'a number': 0,
  null: null,
  true: true,
  false: false,
  'the empty text': '',
  '4,000 characters': name.padEnd(4_000, 'x'),
  missing: undefined,
})

/** Signed with the key of the trusted issuer itself: only the name is another. */
export const issuerSpoofing: AttackFamily<OAuthSetup> = {
  ...common,
  rows: ({ forge, issuer: { issuer, audience, options }, attackerUrl }) => {
    const token = (iss: unknown): string => forge({ claims: { iss } })
    const names = {
      ...(isHttpsAddress(issuer) ? spellings(issuer, attackerUrl) : unseen(issuer)),
      ...strangers,
      'the text of a list': JSON.stringify([issuer]),
      'our audience': audience,
      'an attacker': attackerUrl,
      ...(options.name === undefined ? {} : { 'the name in our configuration': options.name }),
    }
    return [
      ...rowsOf(names, (what, iss): AttackRow => [`iss ${what}`, token(iss), untrusted]).filter(
        (_row, index) => Object.values(names)[index] !== issuer,
      ),
      ...rowsOf(senseless(issuer, attackerUrl), (what, iss): AttackRow => [
        `iss ${what}`,
        token(iss),
        invalid,
        what.startsWith('a list') ? { cve: 'CVE-2025-30144' } : {},
      ]),
    ]
  },
}

function farmSpellings({ issuer: { issuer, applicationName, options } }: S2SSetup): Record<string, string> {
  const [id = '', realm = ''] = issuer.split('@')
  return {
    unknown: `x@${realm}`,
    'without a realm': id,
    'with an empty realm': `${id}@`,
    'with another realm': `${id}@${otherRealm}`,
    'with a wildcard realm': `${id}@*`,
    'the realm alone': `@${realm}`,
    'in upper case': issuer.toUpperCase(),
    'with a suffix': `${issuer}0`,
    'with a prefix': `x${issuer}`,
    'a prefix': issuer.slice(0, -1),
    'with a host': `${id}/host@${realm}`,
    'with the realm twice': `${issuer}@${realm}`,
    ...unseen(issuer),
    ...(applicationName === issuer ? {} : { 'the application': applicationName }),
    ...(options.name === undefined ? {} : { 'the name in our configuration': options.name }),
  }
}

/** For S2S issuers. */
export const issuerSpoofingS2S: AttackFamily<S2SSetup> = {
  ...common,
  rows: (setup) => {
    const { forgeApp, forgeActor, wrap, issuer } = setup
    return [
      ...Object.entries({ ...farmSpellings(setup), ...strangers }).flatMap(([what, iss]): AttackRow[] => [
        [`iss ${what}, of a farm`, forgeApp({ claims: { iss } }), untrusted],
        [`iss ${what}, of an actor token`, wrap(forgeActor({ claims: { iss } })), untrusted],
      ]),
      ...rowsOf(senseless(issuer.issuer, issuer.applicationName), (what, iss) => [
        `iss ${what}, of a farm`,
        forgeApp({ claims: { iss } }),
        invalid,
      ]),
    ]
  },
}
