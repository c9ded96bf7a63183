import type { VerifierOptions } from '../../permissions/caller-options.ts'
import { formatPrincipalName, parsePrincipalName } from '../../tokens/principal-name.ts'
import type { DelegationOptions } from '../../trust/issuer-options.ts'
import type { Diagnosis } from '../finding.ts'
import { optionsOfIssuer } from '../options-of-issuer.ts'
import { claimOf, type TokenSubject } from '../token-subject.ts'

/** Why the policy of this server keeps an application from acting for a user, or as itself. */
export function diagnosePolicy(subject: TokenSubject): Diagnosis | undefined {
  const { error, issuer, options } = subject
  if (issuer === undefined) return undefined
  if (error?.code === 'ERR_S2S_APP_ONLY_NOT_ALLOWED') {
    return {
      kind: 'application-level',
      cause: `the application ${applicationOf(subject)} acts as itself, and ${reasonOf(error.reason)}`,
      fix: "set its level in allowDelegation to 'application' or 'full', if it may act as itself",
    }
  }
  if (error?.code !== 'ERR_S2S_DELEGATION_NOT_ALLOWED') return undefined
  const delegation = delegationOf(options, issuer.name, issuer.partOf ?? [])
  const near = nearApplication(subject, delegation)
  if (near !== undefined) {
    return {
      kind: 'delegation-application-case',
      cause: `the application ${applicationOf(subject)} is listed in allowDelegation as ${near}, which differs in letter case`,
      fix: 'write it exactly as "nameid" of the token has it',
    }
  }
  return {
    kind: 'delegation-not-allowed',
    cause: `the application ${applicationOf(subject)} acts for a user, and ${reasonOf(error.reason)}`,
    fix: `set allowDelegation: { applications: [...] } on ${issuer.name} so that it covers application and user, if it may act for users`,
  }
}

/** The verifier's reason is `an application of <issuer>: <why>`. */
function reasonOf(reason = ''): string {
  return reason.slice(reason.indexOf(': ') + 2)
}

function applicationOf({ signed, outer, show, error }: TokenSubject): string {
  const isActor = outer === undefined && error?.code === 'ERR_S2S_DELEGATION_NOT_ALLOWED'
  return show(claimOf(signed, isActor ? 'actor' : 'nameid'))
}

function delegationOf(
  options: VerifierOptions,
  name: string,
  partOf: readonly string[],
): DelegationOptions | undefined {
  const given = optionsOfIssuer(options.trustedIssuers, { name, partOf })
  return (given !== undefined && 'allowDelegation' in given && given.allowDelegation) || undefined
}

function nearApplication({ signed }: TokenSubject, delegation: DelegationOptions | undefined): string | undefined {
  const name = parsePrincipalName(String(claimOf(signed, 'nameid')))
  if (name === undefined) return undefined
  const spellings = [name.id, formatPrincipalName(name)]
  const listed = (delegation?.applications ?? []).map((one) => (typeof one === 'string' ? one : one.id))
  return listed.find(
    (id) => !spellings.includes(id) && spellings.some((spelling) => spelling.toLowerCase() === id.toLowerCase()),
  )
}
