import { ConfigurationError } from '../foundation/errors.ts'
import type { TrustContext, TrustedIssuer } from '../trust/trusted-issuer.ts'
import { createTrustedIssuers, type TrustedIssuers } from '../trust/trusted-issuers.ts'
import { selfAudiences } from '../trust/self.ts'
import type { VerifierOptions } from './caller-options.ts'
import type { ServerHeritage } from './server-heritage.ts'

/**
 * Creates the register of trusted issuers of one server.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function createIssuers(
  options: VerifierOptions,
  context: Pick<TrustContext, 'clock' | 'audit' | 'ownKeys'> & Pick<ServerHeritage, 'keptKeys'>,
): TrustedIssuers {
  const { clock, audit, ownKeys, keptKeys } = context
  const { self, audience } = options
  const { agent, ca, fetch, timeoutMilliseconds, maximumBytes } = options
  const fetchOptions = Object.fromEntries(
    Object.entries({ agent, ca, fetch, timeoutMilliseconds, maximumBytes }).filter(([, value]) => value !== undefined),
  )
  const issuers = createTrustedIssuers(options.trustedIssuers, {
    clock,
    audit,
    fetchOptions,
    audience: audience === undefined ? [] : [audience].flat(),
    selfAudience: selfAudiences(self),
    proofs: { dpop: options.dpop !== undefined, mtls: false },
    ownName: self === undefined ? undefined : `${self.clientId}@${self.realm}`,
    ownKeys,
    keptKeys,
    checkIssuer: (issuer) => {
      checkDelegation(issuer, options)
    },
  })
  keptKeys.settle()
  return issuers
}

/** Delegation lets an application name any user: the user's own rights must be asked, or the developer says who asks. */
function checkDelegation(issuer: TrustedIssuer, { userRights, findProfiles }: VerifierOptions): void {
  if (issuer.protocol !== 's2s' || issuer.allowDelegation === false) return
  if (userRights !== undefined || findProfiles !== undefined) return
  throw new ConfigurationError(
    'ERR_S2S_OPTION_INVALID',
    `${issuer.name} allows delegation: give userRights(user, request) or findProfiles, or write userRights: 'checked-by-handler'`,
  )
}
