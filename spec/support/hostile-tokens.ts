import type { AttackCase } from './attack.ts'
import { NOW } from './clock.ts'
import { makeKeyPair } from './key-pairs.ts'
import { compact, encodePart, forgedJwt, readClaims } from './tokens.ts'
import type { World } from './world.ts'

/** Looks for itself in every answer and log; tries to end a header, a quoted text and a line of a log on its way. */
export const marker = 'zq7marker'
const hostile = `${marker}"\r\nSet-Cookie: ${marker}=1\u2028\\<script>${marker}</script>`

interface Part {
  readonly header?: object
  readonly claims?: object
}

/** One refusal of every kind that a token can earn, each with text of the attacker wherever text may stand. */
export async function hostileTokens({ farm, oauth }: World): Promise<readonly AttackCase[]> {
  const attacker = makeKeyPair('rsa2048').privateKey
  const claims = readClaims(await oauth.token({ claims: { scope: 'reports.read' } }))
  const farmClaims = readClaims(await farm.appOnlyToken())

  function signed({ header, claims: changes }: Part, key = oauth.keyPair('RS256').privateKey): string {
    const fields = { alg: 'RS256', kid: 'RS256-0', typ: 'at+jwt', ...header }
    return forgedJwt({ header: fields, claims: { ...claims, ...changes, note: hostile }, algorithm: 'RS256', key })
  }

  function farmSigned({ header, claims: changes }: Part): string {
    const fields = { alg: 'RS256', typ: 'JWT', x5t: farm.certificate.x5t, ...header }
    const payload = { ...farmClaims, ...changes, note: hostile }
    return forgedJwt({ header: fields, claims: payload, algorithm: 'RS256', key: farm.certificate.privateKey })
  }

  const at = (code: string, token: string, what = ''): AttackCase => ({
    name: `row 17: ${code}${what}`,
    token,
    status: 401,
    code: `ERR_S2S_${code}`,
  })

  return [
    at('TOKEN_MALFORMED', `${encodePart(`{"${hostile}"`)}.${encodePart(claims)}.AAAA`, ', bad JSON'),
    at('TOKEN_MALFORMED', compact('{"alg":"RS256"}', `{"${marker}":1,"${marker}":2}`, 'AAAA'), ', a member twice'),
    at('TOKEN_MALFORMED', signed({ header: { kid: [hostile] } }), ', kid'),
    at('TOKEN_TOO_LARGE', signed({ claims: { a: marker.repeat(1_000) } })),
    at('TOKEN_TYPE', signed({ header: { typ: hostile } })),
    at('TOKEN_TYPE', farmSigned({ header: { typ: hostile } }), ', of a farm'),
    at('ALGORITHM_NOT_ALLOWED', signed({ header: { alg: hostile } })),
    at('ALGORITHM_NOT_ALLOWED', compact({ alg: 'none', kid: hostile }, { ...claims, note: hostile }), ', none'),
    at('HEADER_NOT_ALLOWED', signed({ header: { jku: `https://${marker}.example`, crit: [hostile] } })),
    at('ISSUER_UNTRUSTED', signed({ claims: { iss: hostile } })),
    at('ISSUER_UNTRUSTED', signed({ claims: { iss: `https://${marker}.example` } }), ', an address'),
    at('KEY_UNKNOWN', signed({ header: { kid: hostile } })),
    at('KEY_UNKNOWN', farmSigned({ header: { x5t: hostile } }), ', of a farm'),
    at('KEY_UNUSABLE', signed({ header: { kid: 'ES256-0', [hostile]: hostile } })),
    at('SIGNATURE_INVALID', signed({ claims: { sub: hostile, jti: hostile } }, attacker)),
    at('AUDIENCE_MISMATCH', signed({ claims: { aud: hostile } })),
    at('AUDIENCE_MISMATCH', farmSigned({ claims: { aud: hostile } }), ', of a farm'),
    at('TOKEN_EXPIRED', signed({ claims: { exp: 1, sub: hostile } })),
    at('TOKEN_NOT_YET_VALID', signed({ claims: { nbf: NOW + 3_600, sub: hostile } })),
    at('TOKEN_LIFETIME', signed({ claims: { exp: NOW + 1e9, sub: hostile } })),
    at('CLAIM_INVALID', signed({ claims: { exp: hostile } }), ', exp'),
    at('CLAIM_INVALID', signed({ claims: { iss: { [hostile]: hostile } } }), ', iss'),
    at('CLAIM_INVALID', farmSigned({ claims: { nameid: hostile } }), ', nameid'),
    at('CLAIM_INVALID', farmSigned({ claims: { actor: hostile } }), ', actor'),
    at('REALM_MISMATCH', farmSigned({ claims: { nameid: `${marker}@${marker}` } })),
    at('TOKEN_BOUND', signed({ claims: { cnf: { jkt: hostile } } })),
  ]
}
