import { nearestName } from '../../foundation/nearest-name.ts'
import { knownAlgorithms } from '../../keys/verification-key.ts'
import type { TrustedIssuer } from '../../trust/trusted-issuer.ts'
import type { Diagnosis } from '../finding.ts'
import type { ShowValue } from '../show-value.ts'
import type { TokenSubject } from '../token-subject.ts'
import { diagnoseKeyKind } from './diagnose-unusable-key.ts'

/** Why the algorithm is not allowed. */
export function diagnoseAlgorithm(subject: TokenSubject): Diagnosis | undefined {
  const { signed, issuer, show } = subject
  if (signed === undefined || signed.header.alg === 'none') return diagnoseUnsigned(subject)
  const { alg } = signed.header
  if (/^HS\d+$/i.test(alg)) {
    return {
      kind: 'shared-secret',
      cause: `the token is signed with a shared secret (${show(alg)}), which is never accepted`,
      fix: 'have the issuer sign with RS256 or ES256',
    }
  }
  if (issuer?.algorithms.has(alg) === true) return diagnoseKeyKind(signed, issuer, show)
  return otherAlgorithm(alg, issuer, show)
}

const signIt = 'sign it: only an outer token around a signed actor token may be unsigned'

function diagnoseUnsigned({ outer, signed }: TokenSubject): Diagnosis {
  if (outer === undefined) {
    return { kind: 'algorithm-missing', cause: 'the header has no "alg"', fix: 'have the issuer write it' }
  }
  const cause =
    signed === undefined ? 'the token is unsigned and has no actor token in it' : 'the actor token is unsigned'
  return { kind: 'unsigned', cause, fix: signIt }
}

function otherAlgorithm(alg: string, issuer: TrustedIssuer | undefined, show: ShowValue): Diagnosis {
  const isKnown = (knownAlgorithms as readonly string[]).includes(alg)
  if (isKnown && issuer !== undefined) {
    return {
      kind: 'algorithm-not-allowed',
      cause: `the token is signed with ${alg}, and ${issuer.name} may use ${[...issuer.algorithms].join(', ')} only`,
      fix: `set algorithms: ['${alg}'] on ${issuer.name}, if it really signs so`,
    }
  }
  const near = nearestName(alg, knownAlgorithms)
  return {
    kind: 'algorithm-unknown',
    cause: `"alg" is ${show(alg)}, which is no known algorithm${near === undefined ? '' : ` (${near} is meant?)`}`,
    fix: 'have the issuer sign with RS256 or ES256',
  }
}
