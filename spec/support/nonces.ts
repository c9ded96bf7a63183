import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'

/** Which nonces a server wants in DPoP proofs: none, the one of now, or each but once. */
export type NonceRule = 'none' | 'current' | 'once'

/** The nonces of one server. */
export interface Nonces {
  rule: NonceRule
  /** From now on another one is the current one. */
  turn(): void
  /** Whether a proof has a nonce that is wanted now; one that counts once is used up. */
  accepts(nonce: unknown): boolean
  /** Gives one for the next proof, where any is wanted. */
  give(response: ServerResponse): void
}

/** Makes the nonces of one server. */
export function makeNonces(): Nonces {
  let current = randomUUID()
  const open = new Set<unknown>()
  const nonces: Nonces = {
    rule: 'none',
    turn: () => {
      current = randomUUID()
    },
    accepts: (nonce) => {
      if (nonces.rule === 'none') return true
      return nonces.rule === 'once' ? open.delete(nonce) : nonce === current
    },
    give: (response) => {
      if (nonces.rule === 'none') return
      const nonce = nonces.rule === 'once' ? randomUUID() : current
      open.add(nonce)
      response.setHeader('dpop-nonce', nonce)
    },
  }
  return nonces
}
