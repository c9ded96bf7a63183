import type { VerifierOptions } from '../../permissions/caller-options.ts'
import type { Grant, MemoryGrants } from '../../permissions/grants.ts'

/** The grants of a configuration; `undefined` for a store that does not list its own. */
export function grantsOf({ grants = [] }: VerifierOptions): readonly Grant[] | undefined {
  if (Array.isArray(grants)) return grants as readonly Grant[]
  const { list } = grants as Partial<MemoryGrants>
  return list?.()
}
