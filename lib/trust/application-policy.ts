import { formatPrincipalName, type PrincipalName } from '../tokens/principal-name.ts'
import { parseServiceAccount } from '../tokens/kubernetes-account.ts'
import type { OAuthIssuerOptions } from './issuer-options.ts'

/** Why an application is not let in; `undefined`: it is. Holds nothing of the token. */
export type ApplicationPolicy = (application: PrincipalName) => string | undefined

/**
 * Makes the list of the applications of one issuer that are let in at all; `undefined` when there is no list. Of `applications`
 * and `namespaces` every list that is given must have the application.
 *
 * Says nothing of what an application may do (see `decide`), and must be asked after the signature holds.
 */
export function createApplicationPolicy({
  applications,
  namespaces,
}: Pick<OAuthIssuerOptions, 'applications' | 'namespaces'>): ApplicationPolicy | undefined {
  if (applications === undefined && namespaces === undefined) return undefined
  const listed = applications && new Set(applications)
  const spaces = namespaces && new Set(namespaces)
  return function refusalOfApplication(application) {
    if (listed !== undefined && !isListed(application, listed)) return 'it is not listed in applications'
    if (spaces === undefined || isInside(application, spaces)) return undefined
    return 'its namespace is not listed in namespaces'
  }
}

function isListed(application: PrincipalName, listed: ReadonlySet<string>): boolean {
  return listed.has(application.id) || listed.has(formatPrincipalName(application))
}

function isInside({ id }: PrincipalName, spaces: ReadonlySet<string>): boolean {
  const account = parseServiceAccount(id)
  return account !== undefined && spaces.has(account.namespace)
}
