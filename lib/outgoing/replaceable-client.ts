import type { S2SClient } from './s2s-client.ts'

/** A client that an application keeps while what is behind it is replaced. */
export interface ReplaceableClient extends S2SClient {
  /** From now on calls are made by `next`. Calls under way end as they began; then the client they use is closed. */
  replace(this: void, next: S2SClient): void
}

/** One client, and how many calls it has under way. */
interface Behind {
  readonly client: S2SClient
  calls: number
  isReplaced: boolean
}

/** Wraps a client so that it can be replaced. */
export function createReplaceableClient(first: S2SClient): ReplaceableClient {
  let behind = standBehind(first)
  const replaced = new Set<Behind>()

  function leave(used: Behind): void {
    used.calls -= 1
    if (used.calls > 0 || !used.isReplaced) return
    replaced.delete(used)
    used.client.close()
  }

  return {
    fetch: async (input, init) => {
      const used = behind
      used.calls += 1
      try {
        return await used.client.fetch(input, init)
      } finally {
        leave(used)
      }
    },
    replace: (next) => {
      const before = behind
      behind = standBehind(next)
      before.isReplaced = true
      if (before.calls === 0) before.client.close()
      else replaced.add(before)
    },
    close: () => {
      for (const { client } of [behind, ...replaced]) client.close()
    },
  }
}

function standBehind(client: S2SClient): Behind {
  return { client, calls: 0, isReplaced: false }
}
