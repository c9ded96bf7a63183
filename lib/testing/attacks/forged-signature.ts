import { compact, encodePart, flipSignatureBit, resigned, segmentsOf, signText } from '../forge-token.ts'
import { createTestKeyPair } from '../test-key-pair.ts'
import { rowsOf, type AttackFamily, type AttackRow } from './attack-family.ts'
import type { OAuthSetup } from './oauth-setup.ts'
import type { S2SSetup } from './s2s-setup.ts'
import { curveSignatures, signatureChanges } from './signature-changes.ts'

const invalid = 'ERR_S2S_SIGNATURE_INVALID'
const unknown = 'ERR_S2S_KEY_UNKNOWN'

const common = {
  family: 'forged-signature',
  cve: 'CVE-2019-13483',
  reason: 'the signature is only looked at, or not at all',
} as const

/** A token that was changed after it was signed. */
function changedRows({ good, claims, header, forge, rsa }: OAuthSetup): AttackRow[] {
  const [head, body, tail] = segmentsOf(good)
  const [, otherBody, otherTail] = segmentsOf(forge({ claims: { sub: 'somebody' } }))
  const withClaims = (changed: object | string): string => `${head}.${encodePart(changed)}.${tail}`
  const signed = (text: string): string => signText(text, 'RS256', rsa).toString('base64url')
  const { alg, kid } = header
  return [
    ['one claim more', withClaims({ ...claims, admin: true }), invalid],
    ['another scope', withClaims({ ...claims, scope: 'admin.all' }), invalid],
    ['a space in the payload', withClaims(JSON.stringify(claims, null, 1)), invalid],
    ['a longer life', withClaims({ ...claims, exp: Number(claims['exp']) + 60 }), invalid],
    ['one header member more', compact({ ...header, a: 1 }, claims, tail), invalid],
    ['a header without typ', compact({ alg, kid }, claims, tail), invalid],
    ['the signature of another token', `${head}.${body}.${otherTail}`, invalid],
    ['the payload of another token', `${head}.${otherBody}.${tail}`, invalid],
    ['a signature of the payload alone', `${head}.${body}.${signed(body)}`, invalid],
    ['a signature of the decoded parts', compact({ alg, kid }, claims, signed(JSON.stringify(claims))), invalid],
    ['two parts swapped', `${body}.${head}.${tail}`, 'ERR_S2S_ALGORITHM_NOT_ALLOWED'],
    ['the signature first', `${tail}.${head}.${body}`, 'ERR_S2S_TOKEN_MALFORMED'],
  ]
}

function attackerRows({ attacker, claims, header: { kid }, issuer, sign }: OAuthSetup): AttackRow[] {
  const byAttacker = { key: attacker.privateKey }
  const byEc = { algorithm: 'ES256', key: createTestKeyPair('ec256').privateKey }
  return [
    ['RS256 under a known kid', sign({ alg: 'RS256', kid }, claims, byAttacker), invalid],
    ['ES256 under a known kid', sign({ alg: 'ES256', kid: issuer.keys.ES256.kid }, claims, byEc), invalid],
    ['ES256 without kid', sign({ alg: 'ES256' }, claims, byEc), invalid],
    ['RS256 without kid', sign({ alg: 'RS256' }, claims, byAttacker), invalid],
    ['under a kid nobody knows', sign({ alg: 'RS256', kid: 'mine' }, claims, byAttacker), unknown],
  ]
}

/** For OAuth issuers. */
export const forgedSignature: AttackFamily<OAuthSetup> = {
  ...common,
  rows: (setup) => {
    const { good, forge, ec, issuer } = setup
    const byEc = forge({ header: { alg: 'ES256', kid: issuer.keys.ES256.kid }, algorithm: 'ES256', key: ec })
    return [
      ...(
        [
          ['RS256', good],
          ['ES256', byEc],
        ] as const
      ).flatMap(([alg, token]): AttackRow[] => [
        [`${alg}, one bit turned over`, flipSignatureBit(token), invalid],
        ...rowsOf(signatureChanges, (name, change): AttackRow => [
          `${alg}, the signature ${name}`,
          resigned(token, change),
          invalid,
        ]),
      ]),
      ...rowsOf(curveSignatures, (name, change): AttackRow => [
        `ES256, ${name}`,
        resigned(byEc, change),
        invalid,
        { cve: 'CVE-2022-21449' },
      ]),
      ...changedRows(setup),
      ...attackerRows(setup),
    ]
  },
}

/** For S2S issuers; actor tokens stand in families of their own. */
export const forgedS2SSignature: AttackFamily<S2SSetup> = {
  ...common,
  rows: ({ forgeApp, attacker }) => [
    ['of a farm, one bit turned over', flipSignatureBit(forgeApp()), invalid],
    ['as a farm, under its thumbprint', forgeApp({ key: attacker.privateKey }), invalid],
    [
      'as a farm, under a thumbprint nobody knows',
      forgeApp({ header: { x5t: attacker.x5t }, key: attacker.privateKey }),
      unknown,
    ],
    ...rowsOf(signatureChanges, (name, change): AttackRow => [
      `of a farm, the signature ${name}`,
      resigned(forgeApp(), change),
      invalid,
    ]),
  ],
}
