import { compact } from '../forge-token.ts'
import { dana } from '../s2s-test-issuer.ts'
import { rowsOf, type AttackFamily, type AttackRow } from './attack-family.ts'
import type { OAuthSetup } from './oauth-setup.ts'
import type { S2SSetup } from './s2s-setup.ts'

const notAllowed = 'ERR_S2S_ALGORITHM_NOT_ALLOWED'
const badSignature = 'ERR_S2S_SIGNATURE_INVALID'
const malformed = 'ERR_S2S_TOKEN_MALFORMED'

const common = {
  family: 'unsigned-token',
  cve: 'CVE-2015-9235',
  reason: 'the token says that it needs no signature, and is believed',
} as const

/** Everything that some library once took for `none`. */
const spellings: Readonly<Record<string, string>> = {
  none: 'none',
  None: 'None',
  NONE: 'NONE',
  nOnE: 'nOnE',
  noNe: 'noNe',
  'none after a space': ' none',
  'none before a space': 'none ',
  'none before a tab': 'none\t',
  'none before a line break': 'none\n',
  'none after a zero byte': '\0none',
  'none before a zero byte': 'none\0',
  'none with a Cyrillic o': 'n\u043ene',
  'none with a full-width n': '\uff4eone',
  'none with a zero-width space': 'no\u200bne',
  'none with a combining mark': 'none\u0301',
  'none in quotes': '"none"',
  'none in a list': 'none,RS256',
  'RS256 and none': 'RS256 none',
  null: 'null',
  false: 'false',
  undefined: 'undefined',
}

const someSignature = 'c2lnbmF0dXJlLXRoYXQtbm9ib2R5LW1hZGU'

/** For OAuth issuers. */
export const unsignedToken: AttackFamily<OAuthSetup> = {
  ...common,
  rows: ({ header: { kid }, claims, sign, issuer }) => [
    ...Object.entries(spellings).flatMap(([name, alg]): AttackRow[] => {
      // A token that says "none" and has a signature contradicts itself.
      const signed = alg === 'none' ? badSignature : notAllowed
      return [
        [`alg ${name}, no signature`, compact({ alg, kid }, claims), notAllowed],
        [`alg ${name}, some signature`, compact({ alg, kid }, claims, someSignature), signed],
        [`alg ${name}, a signature of the issuer's own key`, sign({ alg, kid }, claims), signed],
      ]
    }),
    ['n\\u006fne, escaped in the JSON', compact('{"alg":"n\\u006fne"}', claims), notAllowed],
    ['none in front of RS256', compact('{"alg":"none","alg":"RS256"}', claims), malformed],
    ['none behind RS256', compact('{"alg":"RS256","alg":"none"}', claims), malformed],
    ['RS256 without a signature', compact({ alg: 'RS256', kid }, claims), badSignature],
    ['ES256 without a signature', compact({ alg: 'ES256', kid: issuer.keys.ES256.kid }, claims), badSignature],
  ],
}

/** For S2S issuers. */
export const unsignedS2SToken: AttackFamily<S2SSetup> = {
  ...common,
  rows: ({ appClaims, actorHeader, issuer }) => [
    ...rowsOf(spellings, (name, alg) => [
      `app-only, alg ${name}`,
      compact({ ...actorHeader, alg }, appClaims),
      notAllowed,
    ]),
    ...rowsOf(spellings, (name, alg) => [
      `a user named, alg ${name}`,
      compact({ ...actorHeader, alg }, { ...appClaims, iss: issuer.applicationName, ...dana }),
      notAllowed,
    ]),
    ['RS256 of a farm without a signature', compact(actorHeader, appClaims), badSignature],
  ],
}
