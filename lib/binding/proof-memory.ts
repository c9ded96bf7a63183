import { hash, randomBytes } from 'node:crypto'
import type { Clock } from '../foundation/clock.ts'
import { createMemoryState } from '../state/memory-state.ts'
import type { S2SState } from '../state/s2s-state.ts'
import { useOncePerRequest } from '../state/use-once-per-request.ts'

/** What a server must not forget of proofs when its configuration is replaced. */
export interface ProofMemory {
  readonly once: Pick<S2SState, 'useOnce'>
  /** For nonces of this process alone. */
  readonly nonceSecret: Uint8Array
}

/** So many proofs are remembered in one process: at 120 seconds each, 8,000 requests per second. */
const maximumProofs = 1_000_000

/** Creates the memory: in `state` where one is shared, else of this process. */
export function createProofMemory(state: S2SState | undefined, clock: Clock): ProofMemory {
  return { once: state ?? createMemoryState({ clock, maximumKeys: maximumProofs }), nonceSecret: randomBytes(32) }
}

/** What makes a proof the same as another one. */
export interface UsedProof {
  readonly jti: string
  /** Of the key that made it: a stranger must not be able to use up ids of others. */
  readonly jkt: string
  /** In the spelling of `readTargetUri`. */
  readonly target: string
  /** Seconds since 1970. */
  readonly until: number
  /**
   * Seconds since 1970. A state that forgot what was used after that (a Redis that was wiped) cannot tell whether the proof is
   * new, and says that it is not. A caller whose clock is ahead is not seen through: demand nonces against that.
   */
  readonly since: number
  /** The request that brought it: all guards that see the same request use it up once. */
  readonly request?: object | undefined
}

/**
 * Uses up a proof. Whether it is the first use; a promise only when a shared state must be asked. What it is kept under is a hash:
 * neither `jti` nor targets are to be read in a shared state.
 *
 * @throws UnavailableError `ERR_S2S_STATE_UNAVAILABLE` when nobody can tell
 */
export function useProof(
  { jti, jkt, target, until, since, request }: UsedProof,
  { once }: Pick<ProofMemory, 'once'>,
): boolean | Promise<boolean> {
  return useOncePerRequest(once, {
    key: `dpop:${hash('sha256', JSON.stringify([jkt, target, jti]), 'base64url')}`,
    untilSeconds: until,
    sinceSeconds: since,
    request,
    doubt: 'it cannot be told whether the DPoP proof is used for the first time',
  })
}
