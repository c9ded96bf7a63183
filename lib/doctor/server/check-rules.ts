import { nearestName } from '../../foundation/nearest-name.ts'
import type { VerifierOptions } from '../../permissions/caller-options.ts'
import type { ResourceEntry } from '../../permissions/resource-table.ts'
import { findingOf, type Finding } from '../finding.ts'

/** What the rules are held against. */
export interface RulesContext {
  readonly options: VerifierOptions
  /** Every name and `iss` of a trusted issuer; `undefined` where one is told later only. */
  readonly issuerNames: readonly string[] | undefined
}

/** Conditions about callers that are legal and hardly ever meant. */
export function checkRules(
  entries: readonly Pick<ResourceEntry<never>, 'name' | 'requirement'>[],
  context: RulesContext,
): readonly Finding[] {
  return entries.flatMap((entry) => [...checkIssuers(entry, context), ...checkUserSide(entry, context)])
}

type Entry = Pick<ResourceEntry<never>, 'name' | 'requirement'>

function checkIssuers({ name, requirement }: Entry, { issuerNames }: RulesContext): readonly Finding[] {
  if (issuerNames === undefined) return []
  const named = (requirement.caller?.applications ?? []).map(({ issuer }) => issuer)
  return [...new Set(named)]
    .filter((issuer) => !issuerNames.includes(issuer))
    .map((issuer) => {
      const near = nearestName(issuer, issuerNames)
      const cause = `${name} is for applications of ${issuer}, and no trusted issuer is called so${near === undefined ? '' : ` (${near} is)`}`
      return findingOf('warning', {
        kind: 'rule-issuer-unknown',
        cause,
        fix: 'write the name or iss of a trusted issuer',
      })
    })
}

/** Whoever asks for a user often means one who may do it. */
function checkUserSide({ name, requirement }: Entry, { options }: RulesContext): readonly Finding[] {
  const { caller, scopes } = requirement
  const isAsked = options.userRights !== undefined || options.findProfiles !== undefined
  if (caller?.onBehalfOf !== 'user' || scopes.length === 0 || isAsked) return []
  const cause = `${name} is for calls on behalf of a user, and nobody says what a user may do: the application's permission alone is enough`
  const fix = "give userRights or findProfiles, or write userRights: 'checked-by-handler'"
  return [findingOf('warning', { kind: 'user-rights-not-asked', cause, fix })]
}
