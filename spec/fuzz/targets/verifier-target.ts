import { isDeepStrictEqual } from 'node:util'
import type { AuditEvent } from '../../../lib/audit/audit-event.ts'
import { IdentityError, PermissionError, TokenError, UnavailableError } from '../../../lib/foundation/errors.ts'
import type { S2SPrincipal } from '../../../lib/identity/principal.ts'
import type { AuthenticatedCaller } from '../../../lib/permissions/authenticate-caller.ts'
import { createCallerAuthenticator } from '../../../lib/permissions/caller-authenticator.ts'
import { accepted, answerOf, refusalOf, type Answer, type Target } from '../engine/target.ts'
import { judgeStrictly } from '../oracle/strict-token.ts'
import type { StrictCaller } from '../oracle/strict-world.ts'
import type { FuzzWorld } from '../world/fuzz-world.ts'
import { mutateToken } from '../world/mutate-token.ts'
import { headerNames } from '../world/words.ts'

const documented = [TokenError, PermissionError, IdentityError, UnavailableError]

/**
 * The verifier with its caches: lets in exactly whom the strict oracle lets in, as the same caller, and tells nobody who
 * listens what the token was.
 */
export const verifierTarget = ({ options, strict, tokens }: FuzzWorld): Target => ({
  name: 'verifier',
  weight: 10,
  seeds: tokens.all,
  words: headerNames,
  mutate: mutateToken,
  start: () => {
    let event: AuditEvent | undefined
    const { authenticate, issuers } = createCallerAuthenticator({
      ...options,
      onAuditEvent: (heard) => {
        event = heard
      },
    })
    return {
      execute: (input) =>
        answerOf(documented, () => {
          const caller = authenticate(input, () => 'fuzz')
          return caller instanceof Promise
            ? caller.then(answerOfCaller, (error: unknown) => refusalOf(documented, error))
            : answerOfCaller(caller)
        }),
      contradiction: async (input, answer) => {
        const signature = input.slice(input.lastIndexOf('.') + 1)
        if (signature.length > 20 && JSON.stringify(event).includes(signature)) return 'the audit event holds the token'
        return compare(answer, await judgeStrictly(input, strict))
      },
      close: issuers.close,
    }
  },
})

function answerOfCaller({ principal }: AuthenticatedCaller): Answer {
  return accepted(
    `${principal.issuer} ${principal.kind} ${principal.permissions.slice(0, 2).join()}`,
    plainCaller(principal),
  )
}

/** The caller in the oracle's words. */
export function plainCaller({ issuer, kind, application, user, permissions, token }: S2SPrincipal): StrictCaller {
  const { issuer: vouching, ...named } = user ?? { issuer }
  if (vouching !== issuer) throw new Error('the user is of another issuer')
  return {
    ...{ issuer, kind, application: application.id, realm: application.realm },
    user: user === undefined ? undefined : (named as Record<string, string>),
    permissions: [...permissions].sort(),
    expiresAt: token.expiresAt,
  }
}

function compare(
  { accepted: isAccepted, value, feature }: Answer,
  caller: StrictCaller | undefined,
): string | undefined {
  if (isAccepted && caller === undefined) return 'lets in whom the oracle refuses'
  if (!isAccepted && caller !== undefined) return `refuses whom the oracle lets in (${feature})`
  return !isAccepted || isDeepStrictEqual(value, caller) ? undefined : 'sees another caller than the oracle'
}
