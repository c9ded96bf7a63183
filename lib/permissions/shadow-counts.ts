import type { S2SPrincipal } from '../identity/principal.ts'
import type { ShadowRefusal } from './decide.ts'

/** How often one rule would have refused one caller for one reason. */
export interface ShadowCount {
  /** The entry of the resource table; for `requirePermission` that word and the scopes it requires. */
  readonly rule: string
  /** The name of the trusted issuer. */
  readonly issuer: string
  readonly application: { readonly id: string; readonly realm?: string }
  readonly kind: S2SPrincipal['kind']
  readonly code: ShadowRefusal['code']
  readonly count: number
}

/** What shadow mode let pass since the server was made. */
export interface ShadowReport {
  /** The most frequent first; at most 1000. */
  readonly refusals: readonly ShadowCount[]
  /** Refusals that found no place among the 1000, of whatever rule and caller. */
  readonly others: number
}

/** Counts what would have been refused, of one server. */
export interface ShadowCounts {
  count(this: void, rule: string, principal: S2SPrincipal, refusal: ShadowRefusal): void
  report(this: void): ShadowReport
}

const maximumCounts = 1000

type Counting = { -readonly [Member in keyof ShadowCount]: ShadowCount[Member] }

/** Creates the counts: only numbers and names of this process, bounded, and gone when it ends. Users are not counted. */
export function createShadowCounts(): ShadowCounts {
  const counts = new Map<string, Counting>()
  let others = 0
  return {
    count: (rule, { issuer, application: { id, realm }, kind }, { code }) => {
      const key = JSON.stringify([rule, issuer, realm, id, kind, code])
      const counted = counts.get(key)
      if (counted !== undefined) counted.count += 1
      else if (counts.size >= maximumCounts) others += 1
      else {
        const application = Object.freeze(realm === undefined ? { id } : { id, realm })
        counts.set(key, { rule, issuer, application, kind, code, count: 1 })
      }
    },
    report: () => {
      const refusals = [...counts.values()]
        .sort((a, b) => b.count - a.count)
        .map((count) => Object.freeze({ ...count }))
      return Object.freeze({ refusals: Object.freeze(refusals), others })
    },
  }
}
