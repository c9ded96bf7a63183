import { hash, randomBytes } from 'node:crypto'
import type { Clock } from '../foundation/clock.ts'
import { S2SError, UnavailableError } from '../foundation/errors.ts'
import { createMemoryState } from '../state/memory-state.ts'
import type { S2SState } from '../state/s2s-state.ts'
import { inTime } from '../suspension/state-poller.ts'

/** What a server must not forget of proofs when its configuration is replaced. */
export interface ProofMemory {
  readonly useOnce: (this: void, key: string, until: number) => boolean | Promise<boolean>
  /** For nonces of this process alone. */
  readonly nonceSecret: Uint8Array
}

/** So many proofs are remembered in one process: at 120 seconds each, 8,000 requests per second. */
const maximumProofs = 1_000_000

/** Creates the memory: in `state` where one is shared, else of this process. */
export function createProofMemory(state: S2SState | undefined, clock: Clock): ProofMemory {
  const proofs = state ?? createMemoryState({ clock, maximumKeys: maximumProofs })
  return { useOnce: (key, until) => proofs.useOnce(key, until), nonceSecret: randomBytes(32) }
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
}

/**
 * Uses up a proof. Whether it is the first use; a promise only when a shared state must be asked. What it is kept under is a hash:
 * neither `jti` nor targets are to be read in a shared state.
 *
 * @throws UnavailableError `ERR_S2S_STATE_UNAVAILABLE` when nobody can tell
 */
export function useProof(
  { jti, jkt, target, until }: UsedProof,
  { useOnce }: Pick<ProofMemory, 'useOnce'>,
): boolean | Promise<boolean> {
  const key = `dpop:${hash('sha256', JSON.stringify([jkt, target, jti]), 'base64url')}`
  try {
    const used = useOnce(key, until)
    return typeof used === 'boolean' ? used : inTime(Promise.resolve(used)).then(isFirst, unavailable)
  } catch (error) {
    return unavailable(error)
  }
}

/** Anything but `true` is no permission. */
function isFirst(answer: unknown): boolean {
  return answer === true
}

function unavailable(cause: unknown): never {
  if (cause instanceof S2SError) throw cause
  throw new UnavailableError(
    'ERR_S2S_STATE_UNAVAILABLE',
    'it cannot be told whether the DPoP proof is used for the first time',
    {
      cause,
    },
  )
}
