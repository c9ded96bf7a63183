import { TokenError } from '../foundation/errors.ts'
import { whenReady } from '../foundation/when-ready.ts'
import { knownAlgorithms } from '../keys/verification-key.ts'
import { issuerNameOf } from '../tokens/issuer-name.ts'
import type { UnverifiedToken } from '../tokens/unverified-token.ts'
import type { TrustedIssuer } from '../trust/trusted-issuer.ts'
import type { TrustedIssuers } from '../trust/trusted-issuers.ts'

/**
 * Finds the issuer of a signed token, and checks that it may use this algorithm and type. The issuer comes first: a key is
 * only ever looked for inside the issuer that `iss` (of a JWT-SVID without it: the trust domain of `sub`) names.
 *
 * @throws TokenError `ERR_S2S_ALGORITHM_NOT_ALLOWED`, `ERR_S2S_ISSUER_UNTRUSTED`, `ERR_S2S_TOKEN_TYPE`,
 * `ERR_S2S_CLAIM_INVALID`, `ERR_S2S_HEADER_NOT_ALLOWED`; UnavailableError while the name of an issuer cannot be learnt
 */
export function findIssuer(
  token: UnverifiedToken,
  issuers: Pick<TrustedIssuers, 'find'>,
): TrustedIssuer | Promise<TrustedIssuer> {
  if (!isKnownAlgorithm(token.header.alg)) {
    throw new TokenError('ERR_S2S_ALGORITHM_NOT_ALLOWED', 'the algorithm is not one of the known asymmetric ones')
  }
  return whenReady(issuers.find(issuerNameOf(token.claims)), (issuer) => {
    checkWorkloadForm(token, issuer)
    if (!issuer.algorithms.has(token.header.alg)) {
      throw new TokenError(
        'ERR_S2S_ALGORITHM_NOT_ALLOWED',
        `${issuer.name} may use ${[...issuer.algorithms].join(', ')} only`,
      )
    }
    checkType(token, issuer)
    return issuer
  })
}

/**
 * A token may do without `iss` only where its issuer is trusted for a SPIFFE trust domain; and such an issuer's tokens have no
 * header parameters but these.
 *
 * @see JWT-SVID section 2
 */
function checkWorkloadForm({ claims, header }: UnverifiedToken, issuer: TrustedIssuer): void {
  const isWorkload = issuer.protocol === 'oauth' && issuer.trustDomain !== undefined
  if (!isWorkload && !Object.hasOwn(claims, 'iss')) throw new TokenError('ERR_S2S_CLAIM_INVALID', '"iss" is missing')
  if (isWorkload && !Object.keys(header).every((name) => name === 'alg' || name === 'kid' || name === 'typ')) {
    throw new TokenError('ERR_S2S_HEADER_NOT_ALLOWED', 'a JWT-SVID has no header parameters but "alg", "kid" and "typ"')
  }
}

/**
 * Checks the `typ` of a token against those its issuer may use.
 *
 * @throws TokenError `ERR_S2S_TOKEN_TYPE`
 */
export function checkType(token: UnverifiedToken, issuer: TrustedIssuer): void {
  const type = token.header.typ
  const isMissing = type === undefined
  const isAccepted = isMissing
    ? issuer.protocol === 's2s' || !issuer.strict
    : issuer.acceptedTypes.has(type.toLowerCase())
  if (!isAccepted) {
    throw new TokenError('ERR_S2S_TOKEN_TYPE', `"typ" is not one of ${[...issuer.acceptedTypes].join(', ')}`)
  }
}

function isKnownAlgorithm(algorithm: string): boolean {
  return (knownAlgorithms as readonly string[]).includes(algorithm)
}
