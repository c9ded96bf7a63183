import type { AttackCase } from '../support/attack.ts'
import { describeAttack } from '../support/attack.ts'
import { describeAccepted } from '../support/accepted.ts'
import { asS2STestIssuer, asTestIssuer, forgedCases } from '../support/forged.ts'
import { makeKeyPair } from '../support/key-pairs.ts'
import { compact, forgedJwt, readClaims, type TokenPart } from '../support/tokens.ts'
import { makeWorld, oauthAudience } from '../support/world.ts'
import { fixedClock } from '../support/clock.ts'
import { makeOAuthIssuer } from '../support/oauth-issuer.ts'

const { farm, oauth, options } = await makeWorld()
const claims = readClaims(await oauth.token({ claims: { scope: 'reports.read' } }))
const resources = { 'GET /reports/:id': 'reports.read' } as const
const app = { s2s: options, resources } as const
const rsa = oauth.keyPair('RS256').privateKey
const kid = 'RS256-0'

const notAllowed = { status: 401, code: 'ERR_S2S_ALGORITHM_NOT_ALLOWED' } as const
const unusable = { status: 401, code: 'ERR_S2S_KEY_UNUSABLE' } as const
const unknown = { status: 401, code: 'ERR_S2S_KEY_UNKNOWN' } as const
const badSignature = { status: 401, code: 'ERR_S2S_SIGNATURE_INVALID' } as const

/** Really signed with the issuer's RSA key, whatever the header says. */
function signed(header: TokenPart, algorithm = 'RS256', key = rsa): string {
  return forgedJwt({ header, claims, algorithm, key })
}

describeAttack(
  'rows 12 and 14: an algorithm that is none of ours, or does not fit the key',
  app,
  await forgedCases('algorithm-not-allowed', await asTestIssuer(oauth)),
)
describeAttack(
  'row 14: an algorithm that a farm may not use',
  app,
  await forgedCases('algorithm-not-allowed', await asS2STestIssuer(farm)),
)

const wide = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
const wideOptions = {
  audience: oauthAudience,
  clock: fixedClock,
  trustedIssuers: [{ type: 'static', issuer: oauth.issuer, jwks: oauth.jwks(), algorithms: wide }],
} as const

describeAttack('an algorithm that the issuer may use but the key may not', { s2s: wideOptions, resources }, [
  ...wide
    .filter((alg) => alg !== 'RS256')
    .map((alg): AttackCase => {
      const algorithm = /^[RP]S/.test(alg) ? alg : 'RS256'
      return { name: `row 14: ${alg} on an RS256 JWK`, token: signed({ alg, kid }, algorithm), ...unusable }
    }),
  { name: 'row 14: PS512 without kid', token: signed({ alg: 'PS512' }, 'PS512'), ...unknown },
  { name: 'row 14: an RS512 signature named RS256', token: signed({ alg: 'RS256', kid }, 'RS512'), ...badSignature },
  { name: 'row 14: a PS256 signature named RS256', token: signed({ alg: 'RS256', kid }, 'PS256'), ...badSignature },
])

const other = makeOAuthIssuer({ issuer: oauth.issuer, audience: oauthAudience, clock: fixedClock })
const bare = other.keyPair('RS256').publicKey.export({ format: 'jwk' })
const otherKeys: readonly object[] = [
  { ...bare, kid: 'enc', use: 'enc' },
  { ...bare, kid: 'enc-alg', use: 'enc', alg: 'RS256' },
  { ...bare, kid: 'enc-algorithm', alg: 'RSA-OAEP-256' },
  { ...bare, kid: 'odd-use', use: 'Sig' },
  { ...bare, kid: 'number-use', use: 1 },
  { ...bare, kid: 'null-use', use: null },
  { ...bare, kid: 'ops', key_ops: ['encrypt', 'wrapKey'] },
  { ...bare, kid: 'ops-sign', key_ops: ['sign'] },
  { ...bare, kid: 'ops-empty', key_ops: [] },
  { ...bare, kid: 'ops-text', key_ops: 'verify' },
  { ...bare, kid: 'ops-object', key_ops: { verify: true } },
  { ...bare, kid: 'ops-null', key_ops: null },
  { ...bare, kid: 'oct', kty: 'oct', k: bare.n },
]
const good = { ...makeKeyPair('rsa2048').publicKey.export({ format: 'jwk' }), kid: 'good', alg: 'RS256' }
const foreignPurpose = {
  audience: oauthAudience,
  clock: fixedClock,
  trustedIssuers: [
    {
      type: 'static',
      issuer: oauth.issuer,
      jwks: { keys: [...otherKeys, { ...bare, kid: 'ops-verify', key_ops: ['verify'] }, good] },
    },
  ],
} as const
const otherKey = other.keyPair('RS256').privateKey

describeAttack(
  'a key of another purpose',
  { s2s: foreignPurpose, resources },
  otherKeys.map((key) => {
    const { kid } = key as { kid: string }
    return { name: `row 15: the JWK ${kid}`, token: signed({ alg: 'RS256', kid }, 'RS256', otherKey), ...unknown }
  }),
)

describeAccepted('the same key for its own purpose', { s2s: foreignPurpose, resources }, [
  { name: 'key_ops with verify', token: signed({ alg: 'RS256', kid: 'ops-verify' }, 'RS256', otherKey) },
])

describeAttack(
  'a JWK without alg',
  { s2s: { ...foreignPurpose, trustedIssuers: [{ type: 'static', issuer: oauth.issuer, jwk: bare }] }, resources },
  [
    ...['HS256', 'none', 'PS256', 'RS512'].map((alg): AttackCase => ({
      name: `row 14: takes no algorithm from the header: ${alg}`,
      token:
        alg === 'none'
          ? compact({ alg }, claims)
          : signed({ alg }, alg, alg.startsWith('HS') ? (Buffer.from(String(bare.n)) as never) : otherKey),
      ...notAllowed,
    })),
  ],
)
