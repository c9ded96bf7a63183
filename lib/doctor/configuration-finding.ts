import type { ConfigurationError } from '../foundation/errors.ts'
import type { Finding } from './finding.ts'

const kinds: readonly (readonly [RegExp, string])[] = [
  [/must be an https address/, 'not-https'],
  [/allows delegation: give userRights/, 'delegation-without-user-rights'],
  [/^grants\[\d+\]\.issuer is not among/, 'grant-issuer-unknown'],
]

/** A configuration that a server refuses at start, as a finding. The message says the fix after its first clause. */
export function configurationFinding({ message }: ConfigurationError, issuer?: string): Finding {
  const kind = kinds.find(([pattern]) => pattern.test(message))?.[1] ?? 'configuration'
  return {
    severity: 'error',
    kind,
    ...(issuer === undefined ? {} : { issuer }),
    sentence: /[.?!]$/.test(message) ? message : `${message}.`,
    fix: 'Change the option as the sentence says: the server does not start with it.',
  }
}
