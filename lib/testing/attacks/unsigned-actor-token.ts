import { compact, flipSignatureBit, segmentsOf } from '../forge-token.ts'
import type { AttackFamily, AttackRow, Oddities } from './attack-family.ts'
import type { S2SSetup } from './s2s-setup.ts'

const notAllowed = 'ERR_S2S_ALGORITHM_NOT_ALLOWED'
const badSignature = 'ERR_S2S_SIGNATURE_INVALID'
const malformed = 'ERR_S2S_TOKEN_MALFORMED'

const algorithms: Oddities = {
  none: 'none',
  None: 'None',
  NONE: 'NONE',
  nOnE: 'nOnE',
  'none after a space': ' none',
  'none and NUL': 'none\0',
  'none with a Cyrillic o': 'n\u043ene',
  empty: '',
  null: null,
  missing: undefined,
  'a list with RS256': ['RS256'],
  rs256: 'rs256',
}

/** An actor token that nobody signed. */
export const unsignedActorToken: AttackFamily<S2SSetup> = {
  family: 'unsigned-actor-token',
  cve: 'CVE-2026-55040',
  reason: 'the outer token is unsigned by protocol, and the actor token inside, which everything rests on, is so too',
  rows: ({ actorHeader, actorClaims, actorToken, forgeActor, wrap }) => {
    const [head, body, signature] = segmentsOf(actorToken)
    const zeros = 'A'.repeat(signature.length)
    const half = signature.slice(0, Math.floor(signature.length / 8) * 4)
    const spoilt: readonly AttackRow[] = [
      ['actor with its signature stripped', `${head}.${body}.`, badSignature],
      ['actor of two segments', `${head}.${body}`, malformed],
      ['actor of one segment', body, malformed],
      ['actor of four segments', `${actorToken}.${signature}`, malformed],
      ['actor of five segments', `${head}..${body}.${signature}.${signature}`, malformed],
      ['actor with a dot in front', `.${actorToken}`, malformed],
      ['actor with a signature of one byte', `${head}.${body}.AA`, badSignature],
      ['actor with a signature of zeros', `${head}.${body}.${zeros}`, badSignature],
      ['actor with half its signature', `${head}.${body}.${half}`, badSignature],
      ['actor with one bit of its signature flipped', flipSignatureBit(actorToken), badSignature],
    ]
    return [
      ...Object.entries(algorithms).flatMap(([name, alg]): AttackRow[] => [
        [`actor with alg ${name}, unsigned`, wrap(compact({ ...actorHeader, alg }, actorClaims)), notAllowed],
        [`actor with alg ${name}, properly signed all the same`, wrap(forgeActor({ header: { alg } })), notAllowed],
      ]),
      ...spoilt.map(([title, actor, code]): AttackRow => [title, wrap(actor), code]),
    ]
  },
}
