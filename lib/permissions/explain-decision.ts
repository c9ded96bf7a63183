import type { DecisionDerivation, DerivationEntry, PermissionDerivation } from '../audit/audit-event.ts'

/**
 * Says in plain words how a decision came about, one line for each step. For operators, never for callers.
 *
 * Takes the derivation from `decisionOf(request).derivation`, or from an audit event after JSON. Changes nothing.
 */
export function explainDecision(derivation: DecisionDerivation): string {
  return [
    ...describeCaller(derivation),
    describeNeeds(derivation),
    ...derivation.permissions.flatMap((permission) => describePermission(permission, derivation)),
    derivation.conclusion === 'allowed' ? 'Conclusion: allowed.' : `Conclusion: refused with ${derivation.conclusion}.`,
  ]
    .map(toOneLine)
    .join('\n')
}

/** A grant store may hold any text; none may look like a line of ours. */
function toOneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
}

const sources = {
  token: 'its permissions are those in its token',
  grants: 'its permissions are the grants of this server',
}

function describeCaller({ kind, source }: DecisionDerivation): readonly string[] {
  if (kind === undefined || source === undefined) return ['The request is anonymous.']
  return [`The application acts ${kind === 'app' ? 'on its own' : 'for a user'}; ${sources[source]}.`]
}

const needed = {
  nothing: 'The resource requires no permission',
  all: 'The resource requires',
  any: 'The resource requires one of',
  function: 'The resource is judged by a function of its own',
  proof: 'The resource requires a proof that the token is the own one of the caller, who gave none of that kind',
}

function describeNeeds({ needs, permissions, container }: DecisionDerivation): string {
  const names = permissions.map(({ required }) => required).join(', ')
  const place = { named: ', in the container that the request is about', none: ', everywhere' }
  return `${needed[needs]}${names && ` ${names}`}${container === undefined ? '' : place[container]}.`
}

const applicationSides: Readonly<Record<PermissionDerivation['application'], string>> = {
  held: 'the application holds it',
  'app-only-off': 'the application may use it for a user only, for no grant of it has appOnly',
  'beyond-ceiling': 'the application was given it, but not within the permissionCeiling of its issuer',
  'not-held': 'the application does not hold it',
}

function describePermission(permission: PermissionDerivation, derivation: DecisionDerivation): readonly string[] {
  const { required, application, given, more } = permission
  return [
    ...given.map((entry) => `${required}: ${describeEntry(entry)}.`),
    ...(more === undefined ? [] : [`${required}: ${more} more that are not listed.`]),
    `${required}: ${applicationSides[application]}.`,
    `${required}: ${describeUser(permission, derivation)}.`,
  ]
}

const verdicts: Readonly<Record<DerivationEntry['verdict'], string>> = {
  counts: 'counts',
  'right-too-low': 'is too low a right',
  'outside-container': 'is limited to a container that does not hold what the request is about',
  'beyond-ceiling': 'is beyond the permissionCeiling of the issuer',
  'app-only-off': 'does not count without a user, for appOnly is off',
  'not-counted': 'stands in a claim that does not count for this kind of caller',
}

function describeEntry({ permission, container, grant, verdict }: DerivationEntry): string {
  const place = container === undefined ? '' : ` in ${container}`
  const origin =
    grant === undefined
      ? 'in the token'
      : `granted to ${grant.application} of ${grant.issuer}, appOnly ${grant.appOnly ? 'on' : 'off'},`
  return `${permission}${place}, ${origin} ${verdicts[verdict]}`
}

function describeUser({ user }: PermissionDerivation, { kind }: DecisionDerivation): string {
  if (user === 'held') return 'the user holds it'
  if (user === 'not-held') return 'the user does not hold it'
  if (user === 'checked-by-handler') return "the user's side is left to the handler"
  return kind === 'app' ? 'there is no user to ask' : 'the user is not asked: there are no userRights and no profile'
}
