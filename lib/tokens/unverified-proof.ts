import { TokenError } from '../foundation/errors.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import { parseCompactJwt, parsePart, refusedParameters, type UnverifiedJwt } from './unverified-token.ts'

/** The header of a DPoP proof. Its key proves nothing until it is held against the token. */
export interface ProofHeader {
  readonly alg: string
  readonly jwk: JsonObject
}

/** A well-formed DPoP proof of which nothing has been proved yet. */
export type UnverifiedProof = UnverifiedJwt<ProofHeader>

/** 8 KiB: the proof of an RSA key of 4096 bits has 2.5. */
const maximumProofLength = 8 * 1024

/**
 * Reads a DPoP proof as strictly as a token (see `parseUnverifiedToken`), but for one thing: its header must bring its own public
 * key. Tokens are never read by this.
 *
 * Does NOT check the signature, the algorithm, the key or any claim (see `createDpopProver`).
 *
 * @throws TokenError `ERR_S2S_TOKEN_TOO_LARGE`, `ERR_S2S_TOKEN_MALFORMED`, `ERR_S2S_TOKEN_TYPE`,
 * `ERR_S2S_HEADER_NOT_ALLOWED`, `ERR_S2S_ALGORITHM_NOT_ALLOWED` (no `alg`)
 * @see RFC 9449 section 4.2
 */
export function parseUnverifiedProof(text: string): UnverifiedProof {
  if (text.length > maximumProofLength) {
    throw new TokenError('ERR_S2S_TOKEN_TOO_LARGE', `it is longer than ${maximumProofLength} characters`)
  }
  return parseCompactJwt(text, readProofHeader)
}

const foreignParameters = refusedParameters.filter((name) => name !== 'jwk')

function readProofHeader(segment: string): ProofHeader {
  const header = parsePart(segment)
  for (const name of foreignParameters) {
    if (Object.hasOwn(header, name)) {
      throw new TokenError('ERR_S2S_HEADER_NOT_ALLOWED', `the header parameter "${name}" is never accepted`)
    }
  }
  if (typeof header['alg'] !== 'string') {
    throw new TokenError('ERR_S2S_ALGORITHM_NOT_ALLOWED', 'the header has no "alg"')
  }
  checkType(header['typ'])
  return { alg: header['alg'], jwk: readKey(header['jwk']) }
}

function checkType(type: unknown): void {
  if (typeof type === 'string' && type.toLowerCase() === 'dpop+jwt') return
  throw new TokenError('ERR_S2S_TOKEN_TYPE', '"typ" is not dpop+jwt')
}

function readKey(jwk: unknown): JsonObject {
  if (typeof jwk === 'object' && jwk !== null && !Array.isArray(jwk)) return jwk as JsonObject
  throw new TokenError('ERR_S2S_TOKEN_MALFORMED', 'the header has no "jwk"')
}
