import { hash } from 'node:crypto'
import type { Clock } from '../foundation/clock.ts'
import { ProofError, TokenError } from '../foundation/errors.ts'
import { whenReady } from '../foundation/when-ready.ts'
import type { JsonObject } from '../foundation/parse-json.ts'
import { isForAlgorithm, isForSignatures, parseJwk, type JwksKey } from '../keys/jwks-key-set.ts'
import { jwkThumbprint } from '../keys/jwk-thumbprint.ts'
import { parseUnverifiedProof, type UnverifiedProof } from '../tokens/unverified-proof.ts'
import { isSignedBy, schemeOf } from '../verification/signature-scheme.ts'
import type { Nonces } from './nonces.ts'
import type { PresentedDpop } from './presented.ts'
import { useProof, type ProofMemory } from './proof-memory.ts'
import type { ProveDpop } from './prove-possession.ts'
import { readProofClaims, type ProofLimits } from './proof-claims.ts'

/** What proofs are held against. */
export interface DpopProverParts extends ProofLimits {
  readonly algorithms: ReadonlySet<string>
  /** `undefined`: no nonce is demanded. */
  readonly nonces: Nonces | undefined
  readonly memory: ProofMemory
  readonly clock: Clock
}

/**
 * Creates the judge of DPoP proofs: the order of the checks, cheap ones first. The key is held against the token before it is even
 * imported, so a stranger's proof costs no signature; and the id of a proof is used up last, by one that is right in every other way.
 *
 * Does not verify the token, nor that `method` and `path` are those of the request (whoever calls says so).
 *
 * `proveDpop` throws ProofError `ERR_S2S_DPOP_PROOF_INVALID`, `ERR_S2S_DPOP_PROOF_REPLAYED`, `ERR_S2S_DPOP_NONCE_REQUIRED`;
 * TokenError `ERR_S2S_TOKEN_BOUND` (another key); UnavailableError `ERR_S2S_STATE_UNAVAILABLE`
 *
 * @see RFC 9449 sections 4.3 and 7.1
 */
export function createDpopProver(parts: DpopProverParts): ProveDpop {
  const { algorithms, memory, clock } = parts
  const keyOf = createKeyReader()
  return function proveDpop({ token, jkt }, presented) {
    const proof = readProof(presented)
    const { alg, jwk } = proof.header
    if (!algorithms.has(alg)) throw invalid(`"alg" is not one of ${[...algorithms].join(', ')}`)
    checkBinding(jwk, jkt)
    const ath = hash('sha256', token, 'base64url')
    const { jti, target, until } = readProofClaims(proof.claims, { ...presented, ath }, { limits: parts, now: clock() })
    checkNonce(proof, presented, parts)
    checkSignature(proof, keyOf(jwk, jkt))
    return whenReady(useProof({ jti, jkt, target, until }, memory), (isFirst) => {
      if (!isFirst) throw new ProofError('ERR_S2S_DPOP_PROOF_REPLAYED', 'the proof was used before')
    })
  }
}

function readProof({ proof }: PresentedDpop): UnverifiedProof {
  const proofs = proof === undefined ? [] : [proof].flat()
  const [text] = proofs
  if (text === undefined) throw invalid('the request has no DPoP header')
  if (proofs.length > 1) throw invalid('the request has more than one DPoP header')
  try {
    return parseUnverifiedProof(text)
  } catch (error) {
    throw error instanceof TokenError ? invalid(error.reason ?? error.message) : error
  }
}

function checkBinding(jwk: JsonObject, jkt: string): void {
  const thumbprint = jwkThumbprint(jwk)
  if (thumbprint === undefined) throw invalid('"jwk" is not a public key, written as RFC 7518 says')
  if (thumbprint === jkt) return
  throw new TokenError('ERR_S2S_TOKEN_BOUND', 'the proof is made with another key than the token is bound to ("jkt")')
}

/** A nonce of ours that grows old is good, and the client gets the next one with the answer. */
function checkNonce(
  { claims }: UnverifiedProof,
  { offerNonce }: PresentedDpop,
  { nonces, clock }: Pick<DpopProverParts, 'nonces' | 'clock'>,
): void {
  if (nonces === undefined) return
  const now = clock()
  const standing = nonces.judge(claims['nonce'], now)
  if (standing === 'current') return
  offerNonce?.(nonces.current(now))
  if (standing === 'ageing') return
  throw new ProofError('ERR_S2S_DPOP_NONCE_REQUIRED', '"nonce" is missing, too old, or not one of this server')
}

function checkSignature(proof: UnverifiedProof, key: JwksKey): void {
  const { alg, jwk } = proof.header
  const scheme = isForSignatures(jwk) && isForAlgorithm(jwk, alg) ? schemeOf(alg, key) : undefined
  if (scheme === undefined) throw invalid('"jwk" is not for signatures of this "alg"')
  if (!isSignedBy(proof, key, scheme)) throw invalid('the signature does not verify')
}

const maximumKeys = 1000

/** Keys that tokens are bound to come again and again. Their names are hashes of them: one name is one key. */
function createKeyReader(): (jwk: JsonObject, jkt: string) => JwksKey {
  const known = new Map<string, JwksKey>()
  return function keyOf({ kty, crv, x, y, n, e }, jkt) {
    const kept = known.get(jkt)
    if (kept !== undefined) return kept
    const key = parseJwk({ kty, crv, x, y, n, e })
    if (key === undefined) throw invalid('"jwk" is no key that may be used: weak, off its curve, or of another kind')
    if (known.size >= maximumKeys) known.clear()
    known.set(jkt, key)
    return key
  }
}

function invalid(reason: string): ProofError {
  return new ProofError('ERR_S2S_DPOP_PROOF_INVALID', reason)
}
