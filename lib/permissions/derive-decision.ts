import type { DecisionDerivation, DerivationEntry, PermissionDerivation } from '../audit/audit-event.ts'
import { deriveCaller } from './caller-condition.ts'
import type { DecisionInput } from './decide.ts'
import type { GivenPermission } from './given-permissions.ts'
import type { Grant } from './grants.ts'
import { coversRight } from './rights.ts'
import { coversPlace, type PermissionSet } from './scope.ts'

/** How many entries of one permission are listed: an application may have a grant for each of thousands of sites. */
const maximumEntries = 20

/**
 * Says how `decide` came to its conclusion. What is held is asked of the same sets that decided; the entries explain it.
 *
 * @param required the names that were required of this kind of caller
 */
export function deriveDecision(
  input: DecisionInput,
  required: readonly string[],
  conclusion: DecisionDerivation['conclusion'],
): DecisionDerivation {
  const { requirement, kind, effective, container } = input
  const given = effective.given?.() ?? []
  return Object.freeze({
    kind,
    source: effective.source,
    ...(requirement.caller === undefined ? {} : { caller: deriveCaller(requirement.caller, input.caller) }),
    needs: required.length === 0 ? 'nothing' : requirement.type === 'any' ? 'any' : 'all',
    ...(requirement.type === 'right' ? { container: container === undefined ? ('none' as const) : 'named' } : {}),
    permissions: Object.freeze(required.map((name) => derivePermission(name, given, input))),
    conclusion,
  })
}

/** Whether a set holds a name of a requirement: to the letter, or a right on the ladder within its container. */
export function holds(
  set: PermissionSet,
  name: string,
  { requirement, container }: Pick<DecisionInput, 'requirement' | 'container'>,
): boolean {
  return requirement.type === 'right' ? set.covers(requirement.scope, requirement.right, container) : set.has(name)
}

function derivePermission(
  name: string,
  given: readonly GivenPermission[],
  input: DecisionInput,
): Readonly<PermissionDerivation> {
  const entries = given.flatMap((one) => deriveEntry(one, name, input))
  const sorted = [...entries.filter(counts), ...entries.filter((entry) => !counts(entry))]
  const more = sorted.length - maximumEntries
  return Object.freeze({
    required: name,
    application: applicationSide(name, entries, input),
    given: Object.freeze(sorted.slice(0, maximumEntries)),
    ...(more > 0 ? { more } : {}),
    user: userSide(name, input),
  })
}

function counts({ verdict }: DerivationEntry): boolean {
  return verdict === 'counts'
}

function applicationSide(
  name: string,
  entries: readonly DerivationEntry[],
  input: DecisionInput,
): PermissionDerivation['application'] {
  const { permissions, withheld } = input.effective
  if (holds(permissions, name, input)) return 'held'
  if (withheld !== undefined && holds(withheld, name, input)) return 'app-only-off'
  return entries.some(({ verdict }) => verdict === 'beyond-ceiling') ? 'beyond-ceiling' : 'not-held'
}

function userSide(name: string, input: DecisionInput): PermissionDerivation['user'] {
  const { kind, userRights } = input
  if (kind === 'app' || userRights === undefined) return 'not-asked'
  if (userRights === 'checked-by-handler') return userRights
  return holds(userRights, name, input) ? 'held' : 'not-held'
}

function deriveEntry(given: GivenPermission, name: string, input: DecisionInput): readonly DerivationEntry[] {
  const { permission, grant } = given
  const verdict = verdictOn(given, name, input)
  if (verdict === undefined) return []
  const container = permission.limited?.container
  const entry: DerivationEntry = {
    permission: permission.exactName,
    ...(container === undefined ? {} : { container }),
    ...(grant === undefined ? {} : { grant: describeGrant(grant) }),
    verdict,
  }
  return [Object.freeze(entry)]
}

type DescribedGrant = NonNullable<DerivationEntry['grant']>

function describeGrant({ issuer, application, appOnly }: Grant): DescribedGrant {
  return Object.freeze({ issuer, application, appOnly: appOnly === true })
}

type Verdict = DerivationEntry['verdict']

/** `undefined` for a permission that is about something else. */
function verdictOn(given: GivenPermission, name: string, input: DecisionInput): Verdict | undefined {
  const { exactName, limited } = given.permission
  const isAbout = input.requirement.type === 'right' ? limited?.scope === input.requirement.scope : exactName === name
  return isAbout ? (shortfall(given, input) ?? given.fault ?? 'counts') : undefined
}

/** What keeps a permission of the right name from reaching far enough. */
function shortfall({ permission: { limited } }: GivenPermission, input: DecisionInput): Verdict | undefined {
  if (limited === undefined) return undefined
  const { requirement, container } = input
  if (requirement.type !== 'right') return limited.container === undefined ? undefined : 'outside-container'
  if (!coversRight(limited.right, requirement.right)) return 'right-too-low'
  return coversPlace(limited, container) ? undefined : 'outside-container'
}
