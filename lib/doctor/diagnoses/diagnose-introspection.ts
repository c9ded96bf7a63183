import { UnavailableError } from '../../foundation/errors.ts'
import type { Diagnosis } from '../finding.ts'
import type { TokenSubject } from '../token-subject.ts'

/** Why an issuer could not be asked about a token, or gave no answer that can be used. */
export function diagnoseIntrospection({ error }: Pick<TokenSubject, 'error'>): Diagnosis {
  return diagnoseQuestion(error)
}

/** By what the server itself said of a question that failed. */
export function diagnoseQuestion(error: unknown): Diagnosis {
  const reason = error instanceof UnavailableError ? (error.reason ?? error.message) : 'an unexpected error'
  const [kind, fix] = causes.find(([pattern]) => pattern.test(reason))?.[1] ?? unreachable
  return { kind: `introspection-${kind}`, cause: reason, fix }
}

const unreachable = [
  'unreachable',
  'check introspectionEndpoint, the firewall, agent for a proxy and ca for a private authority',
] as const

const causes: readonly (readonly [RegExp, readonly [kind: string, fix: string]])[] = [
  [
    /this server may not ask/,
    ['refused', 'check clientId and authentication, and allow the client to introspect tokens at the issuer'],
  ],
  [
    /the answer |answered with another/,
    ['unusable', 'check introspectionEndpoint: what answers there does not speak RFC 7662'],
  ],
  [/^(?:the discovery document|.* is to be asked on another origin)/, ['undiscovered', 'set introspectionEndpoint']],
]
