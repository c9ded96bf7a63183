import { encodePart, signInput } from '../forge-token.ts'
import { rowsOf, type AttackFamily, type AttackRow } from './attack-family.ts'
import type { OAuthSetup } from './oauth-setup.ts'
import type { S2SSetup } from './s2s-setup.ts'

const refused = 'ERR_S2S_HEADER_NOT_ALLOWED'

const common = {
  family: 'critical-header',
  cve: 'CVE-2026-35042',
  reason: 'a header parameter says that the token means something else, and is ignored',
} as const

/** Signed by the trusted issuer: a reader that does not look at these would accept every one. */
const headers: Readonly<Record<string, object>> = {
  'crit with an unknown name': { crit: ['http://example.com/unknown'], 'http://example.com/unknown': true },
  'crit with two unknown names': { crit: ['a', 'b'], a: 1, b: 2 },
  'crit empty': { crit: [] },
  'crit as a text': { crit: 'exp' },
  'crit as an empty text': { crit: '' },
  'crit null': { crit: null },
  'crit true': { crit: true },
  'crit as a number': { crit: 0 },
  'crit as an object': { crit: { exp: true } },
  'crit with a standard name': { crit: ['alg'] },
  'crit with typ and kid': { crit: ['typ', 'kid'] },
  'crit with an absent parameter': { crit: ['exp'] },
  'crit with itself': { crit: ['crit'] },
  'crit with a name twice': { crit: ['a', 'a'], a: 1 },
  'crit with __proto__': { crit: ['__proto__'] },
  'crit with constructor': { crit: ['constructor'] },
  'crit with the empty name': { crit: [''] },
  'crit with a number': { crit: [1] },
  'crit with null': { crit: [null] },
  'crit with a list': { crit: [['b64']] },
  'b64 false': { b64: false, crit: ['b64'] },
  'b64 false without crit': { b64: false },
  'b64 true': { b64: true, crit: ['b64'] },
  'b64 null': { b64: null },
  'zip DEF': { zip: 'DEF' },
  'zip none': { zip: 'none' },
  'enc beside a signature': { enc: 'A256GCM' },
  'actortoken in the header': { actortoken: 'a.b.c' },
}

/** For OAuth issuers. */
export const criticalHeader: AttackFamily<OAuthSetup> = {
  ...common,
  rows: ({ header: { kid }, claims, sign, rsa }) => {
    /** RFC 7797: header in base64url, the payload as it is. */
    const unencoded = (payload: string, header: object): string =>
      signInput(`${encodePart(header)}.${payload}`, 'RS256', rsa)
    const b64Header = { alg: 'RS256', kid, b64: false, crit: ['b64'] }
    return [
      ...rowsOf(headers, (name, header) => [name, sign({ alg: 'RS256', kid, ...header }, claims), refused]),
      ['a word as payload', unencoded('admin', b64Header), refused],
      ['an encoded payload all the same', unencoded(encodePart(claims), b64Header), refused],
      ['a word as payload, b64 not told', unencoded('admin', { alg: 'RS256' }), 'ERR_S2S_TOKEN_MALFORMED'],
    ]
  },
}

/** For S2S issuers. */
export const criticalHeaderS2S: AttackFamily<S2SSetup> = {
  ...common,
  rows: ({ forgeApp, forgeActor, wrap }) => [
    ...rowsOf(headers, (name, header) => [`${name}, of a farm`, forgeApp({ header: { ...header } }), refused]),
    ...['crit', 'b64', 'cty'].map((name): AttackRow => [
      `${name} in the actor token`,
      wrap(forgeActor({ header: { [name]: ['x'] } })),
      refused,
    ]),
  ],
}
