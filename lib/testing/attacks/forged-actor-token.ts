import type { ErrorCode } from '../../foundation/error-codes.ts'
import type { TokenChanges } from '../token-changes.ts'
import { certificateSecrets } from './algorithm-confusion.ts'
import type { AttackFamily, AttackRow } from './attack-family.ts'
import type { S2SSetup } from './s2s-setup.ts'

const badSignature = 'ERR_S2S_SIGNATURE_INVALID'
const unknown = 'ERR_S2S_KEY_UNKNOWN'
const refused = 'ERR_S2S_HEADER_NOT_ALLOWED'
const notAllowed = 'ERR_S2S_ALGORITHM_NOT_ALLOWED'

type Forgery = readonly [title: string, changes: TokenChanges, code: ErrorCode]

function forgeries({ attacker, attackerUrl, certificate }: S2SSetup): readonly Forgery[] {
  const jwk = attacker.publicKey.export({ format: 'jwk' })
  const x5c = [attacker.derBase64]
  return [
    ['the known x5t', {}, badSignature],
    ['its own x5t', { header: { x5t: attacker.x5t } }, unknown],
    ['no x5t', { header: { x5t: undefined } }, unknown],
    ['a kid instead of x5t', { header: { x5t: undefined, kid: certificate.x5t } }, unknown],
    ['its own x5c', { header: { x5c } }, refused],
    ['its own x5t and x5c', { header: { x5t: attacker.x5t, x5c } }, refused],
    ['its own jwk', { header: { jwk } }, refused],
    ['its own jku', { header: { jku: `${attackerUrl}/jwks` } }, refused],
    ['its own x5u', { header: { x5u: `${attackerUrl}/cert.pem` } }, refused],
    ['a kid that is an address', { header: { kid: `${attackerUrl}/jwks` } }, badSignature],
    ['an x5t that is an address', { header: { x5t: `${attackerUrl}/cert.pem` } }, unknown],
    ['an issuer that is an address', { claims: { iss: `${attackerUrl}/` } }, 'ERR_S2S_ISSUER_UNTRUSTED'],
    ['RS512 and the known x5t', { algorithm: 'RS512', header: { alg: 'RS512' } }, notAllowed],
  ]
}

/** An actor token made by an attacker. */
export const forgedActorToken: AttackFamily<S2SSetup> = {
  family: 'forged-actor-token',
  cve: 'CVE-2026-55040',
  reason: 'the actor token is signed by somebody who is not the issuer that it names',
  rows: (setup) => {
    const { attacker, certificate, forgeActor, wrap } = setup
    return [
      ...forgeries(setup).map(([title, changes, code]): AttackRow => [
        `attacker's key and ${title}`,
        wrap(forgeActor({ key: attacker.privateKey, ...changes })),
        code,
      ]),
      ...Object.entries(certificateSecrets(setup)).flatMap(([name, key]) =>
        ['HS256', 'HS512'].map((algorithm): AttackRow => [
          `${algorithm} with ${name} as secret`,
          wrap(forgeActor({ header: { alg: algorithm }, algorithm, key })),
          notAllowed,
        ]),
      ),
      [
        'HMAC bytes under the name RS256',
        wrap(forgeActor({ algorithm: 'HS256', key: certificate.certificatePem })),
        badSignature,
      ],
    ]
  },
}
