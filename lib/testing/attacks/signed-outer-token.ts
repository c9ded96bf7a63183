import { compact, forgeToken, segmentsOf } from '../forge-token.ts'
import { rowsOf, type AttackFamily, type AttackRow } from './attack-family.ts'
import type { S2SSetup } from './s2s-setup.ts'

const notAllowed = 'ERR_S2S_ALGORITHM_NOT_ALLOWED'
const badSignature = 'ERR_S2S_SIGNATURE_INVALID'
const malformed = 'ERR_S2S_TOKEN_MALFORMED'

const algorithms: readonly unknown[] = [
  ...['None', 'NONE', 'nOnE', 'none ', ' none', 'none\0', '', 'null', '__proto__', 'n\u043ene'],
  ...[undefined, null, 0, false, ['none'], { alg: 'none' }],
]

function algorithmRows({ actorToken, outerClaims, forgeOuter }: S2SSetup): AttackRow[] {
  const byNobody = { header: { typ: 'JWT', alg: 'HS256' }, claims: outerClaims, algorithm: 'HS256', key: '' }
  return [
    ['alg none with signature AAA', forgeOuter({ signature: 'AAA' }), badSignature],
    ['alg none with signature of the actor token', forgeOuter({ signature: segmentsOf(actorToken)[2] }), badSignature],
    ['alg none with signature one byte', forgeOuter({ signature: 'AA' }), badSignature],
    ['alg none with signature =', forgeOuter({ signature: '=' }), malformed],
    ['alg none with signature not base64url', forgeOuter({ signature: '~' }), malformed],
    ['alg none with signature followed by a fourth segment', forgeOuter({ signature: '.' }), malformed],
    ...algorithms.map((alg): AttackRow => [
      `alg ${alg === undefined ? 'missing' : JSON.stringify(alg)}`,
      forgeOuter({ header: { alg } }),
      notAllowed,
    ]),
    ...['HS256', 'HS384', 'HS512', 'dir', 'RSA-OAEP'].map((alg): AttackRow => [
      `alg ${alg}, empty signature`,
      forgeOuter({ header: { alg } }),
      notAllowed,
    ]),
    ['HS256 with an empty key', forgeToken(byNobody), notAllowed],
  ]
}

/** A signed token is judged as an actor token that comes on its own; an actor token inside makes it nothing better. */
function signedRows({ attacker, certificate, issuer, outerClaims }: S2SSetup): AttackRow[] {
  const { x5t, privateKey } = certificate
  const signed = (header: object, claims: object, key = attacker.privateKey): string =>
    forgeToken({ header: { typ: 'JWT', alg: 'RS256', ...header }, claims, algorithm: 'RS256', key })
  const asIssuer = { ...outerClaims, iss: issuer.issuer }
  const invalid = 'ERR_S2S_CLAIM_INVALID'
  // Only a self-issuer's name is that of its application.
  const ofApplication = issuer.issuer === issuer.applicationName ? invalid : 'ERR_S2S_ISSUER_UNTRUSTED'
  return [
    ['RS256 by an attacker, iss the application', signed({ x5t: attacker.x5t }, outerClaims), ofApplication],
    ['RS256 by an attacker, iss the issuer', signed({ x5t }, asIssuer), invalid],
    ['RS256 by the issuer itself, around its own actor token', signed({ x5t }, asIssuer, privateKey), invalid],
    [
      'RS256 with an empty signature, iss the application',
      compact({ typ: 'JWT', alg: 'RS256', x5t }, outerClaims),
      ofApplication,
    ],
    ['RS256 with an empty signature, iss the issuer', compact({ typ: 'JWT', alg: 'RS256', x5t }, asIssuer), invalid],
    [
      'alg none and the header of the actor token',
      compact({ typ: 'JWT', alg: 'none', x5t }, { ...outerClaims, actortoken: undefined }),
      notAllowed,
    ],
  ]
}

const headers = ({ attacker, attackerUrl }: S2SSetup): Readonly<Record<string, object>> => ({
  'crit unknown': { crit: ['exp'] },
  'crit empty': { crit: [] },
  'crit a text': { crit: 'exp' },
  'crit null': { crit: null },
  'b64 false': { b64: false, crit: ['b64'] },
  'b64 without crit': { b64: false },
  zip: { zip: 'DEF' },
  cty: { cty: 'JWT' },
  jwk: { jwk: attacker.publicKey.export({ format: 'jwk' }) },
  jku: { jku: `${attackerUrl}/jwks` },
  x5u: { x5u: `${attackerUrl}/cert` },
  x5c: { x5c: [attacker.derBase64] },
})

/** An outer token that is not plainly unsigned. */
export const signedOuterToken: AttackFamily<S2SSetup> = {
  family: 'signed-outer-token',
  cve: 'CVE-2023-29357',
  reason: 'an outer token is neither plainly unsigned nor judged by its own signature',
  rows: (setup) => [
    ...algorithmRows(setup),
    ...signedRows(setup),
    ...rowsOf(headers(setup), (name, header): AttackRow => [
      `${name} in the outer header`,
      setup.forgeOuter({ header: { ...header } }),
      'ERR_S2S_HEADER_NOT_ALLOWED',
    ]),
    ...['at+jwt', 'logout+jwt', 'dpop+jwt', 'JWS', ''].map((typ): AttackRow => [
      `typ ${JSON.stringify(typ)} in the outer header`,
      setup.forgeOuter({ header: { typ } }),
      'ERR_S2S_TOKEN_TYPE',
    ]),
  ],
}
