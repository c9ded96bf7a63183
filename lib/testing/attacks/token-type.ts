import { rowsOf, type AttackFamily, type AttackRow, type Oddities } from './attack-family.ts'
import type { OAuthSetup } from './oauth-setup.ts'
import type { S2SSetup } from './s2s-setup.ts'

const refused = 'ERR_S2S_TOKEN_TYPE'

const common = {
  family: 'token-type',
  reason: 'a token that the same issuer signed for another purpose (an ID token, a logout token...) is accepted',
} as const

/** Signed by the same trusted issuer for another purpose. */
const otherTypes: Oddities = {
  'an ID token': 'id_token+jwt',
  'a logout token': 'logout+jwt',
  'a DPoP proof': 'dpop+jwt',
  'a security event': 'secevent+jwt',
  'a client assertion': 'client-authentication+jwt',
  'an authorization request': 'oauth-authz-req+jwt',
  'an introspection answer': 'token-introspection+jwt',
  'a verifiable credential': 'vc+sd-jwt',
  'a passport of STIR': 'passport',
  'a key binding': 'kb+jwt',
  'an entity statement': 'entity-statement+jwt',
  'a refresh token': 'rt+jwt',
  'an encrypted token': 'JWE',
  'JSON serialisation': 'JOSE+JSON',
  JOSE: 'JOSE',
  'a SAML assertion': 'SAML',
  'the empty text': '',
  'a space behind': 'JWT ',
  'a zero byte behind': 'at+jwt\0',
  'a parameter behind': 'at+jwt; charset=utf-8',
  'a list in a text': 'JWT,logout+jwt',
  'a wildcard': '*',
  'application alone': 'application/',
  ['__proto__']: '__proto__',
  'a number': 1,
  null: null,
  true: true,
  'a list': ['at+jwt'],
  'an object': { typ: 'at+jwt' },
  '2,000 characters': 'x'.repeat(2_000),
}

/** For OAuth issuers. */
export const tokenType: AttackFamily<OAuthSetup> = {
  ...common,
  rows: ({ forge }) => {
    const asJwt = (claims: object): string => forge({ header: { typ: 'JWT' }, claims: { ...claims } })
    return [
      ...rowsOf(otherTypes, (name, typ) => [name, forge({ header: { typ } }), refused]),
      ['an ID token with at_hash', asJwt({ at_hash: 'x' }), refused],
      ['an ID token with c_hash', asJwt({ c_hash: 'x' }), refused],
      ['a logout token without its type', asJwt({ events: {} }), refused],
      ['at_hash null', asJwt({ at_hash: null }), refused],
    ]
  },
}

/** For S2S issuers. */
export const tokenTypeS2S: AttackFamily<S2SSetup> = {
  ...common,
  rows: ({ forgeApp, forgeActor, forgeOuter, wrap }) => [
    ...rowsOf(otherTypes, (name, typ) => [`${name}, of a farm`, forgeApp({ header: { typ } }), refused]),
    ...rowsOf(otherTypes, (name, typ) => [`${name}, around an actor token`, forgeOuter({ header: { typ } }), refused]),
    ...['logout+jwt', 'at+jwt', 1].map((typ): AttackRow => [
      `${typ} as actor token`,
      wrap(forgeActor({ header: { typ } })),
      refused,
    ]),
    ['an access token of OAuth from a farm', forgeApp({ header: { typ: 'at+jwt' } }), refused],
  ],
}
