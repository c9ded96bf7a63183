import { CommandFailure } from '../command-failure.ts'
import type { EditableConfig } from '../file/config-document.ts'
import { nearestName } from '../../foundation/nearest-name.ts'
import type { TrustedIssuerOptions } from '../../trust/issuer-options.ts'
import { nameOfOptions } from '../../doctor/options-of-issuer.ts'

/** Where a trusted issuer stands, by its name; `undefined` when there is none. */
export function issuerIndex({ trustedIssuers }: EditableConfig, name: string): number | undefined {
  const index = trustedIssuers.findIndex((entry) => nameOfOptions(entry) === name)
  return index === -1 ? undefined : index
}

/**
 * A trusted issuer by its name.
 *
 * @throws CommandFailure that names the one that was probably meant
 */
export function findIssuer(document: EditableConfig, name: string): TrustedIssuerOptions {
  const found = document.trustedIssuers[issuerIndex(document, name) ?? -1]
  if (found !== undefined) return found
  const near = nearestName(name, document.trustedIssuers.map(nameOfOptions))
  const fix = near === undefined ? 'see npx passport-s2s trust list' : `did you mean ${near}?`
  throw new CommandFailure(`no trusted issuer is named ${name}; ${fix}`)
}
