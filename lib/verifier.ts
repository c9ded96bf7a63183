import { decisionChannel, describeFailure } from './audit/diagnostics-channels.ts'
import type { S2SHealth } from './audit/health.ts'
import { setWatchedServer } from './audit/watched-server.ts'
import type { S2SPrincipal } from './identity/principal.ts'
import type { Presented } from './binding/presented.ts'
import { createCallerAuthenticator } from './permissions/caller-authenticator.ts'
import { parseVerifierOptions, type VerifierOptions } from './permissions/caller-options.ts'
import { randomUUID } from 'node:crypto'

export {
  ConfigurationError,
  IdentityError,
  PermissionError,
  ProofError,
  S2SError,
  TokenError,
  UnavailableError,
} from './foundation/errors.ts'
export type { VerifierOptions } from './permissions/caller-options.ts'
export type { S2SPrincipal } from './identity/principal.ts'
export type { Presented, PresentedDpop } from './binding/presented.ts'
export type { CertificateHealth, IssuerHealth, OwnKeyHealth, S2SHealth, TokenCacheHealth } from './audit/health.ts'

/** Verifies tokens outside Express: jobs, sockets, GraphQL. */
export interface Verifier {
  /**
   * Says who sent a token. One that is bound to a key or certificate (`cnf`) is refused unless `presented` proves it; leave
   * `presented` out for plain bearer tokens.
   *
   * Does NOT check TLS, permissions of a resource, or the user's own rights: the caller must.
   *
   * @throws TokenError, PermissionError `ERR_S2S_DELEGATION_NOT_ALLOWED`, IdentityError, UnavailableError
   */
  verify(this: void, token: string, presented?: Presented): Promise<S2SPrincipal>
  /** Fetches all keys, and with `state` the suspensions of the fleet, now; rejects with `UnavailableError`. */
  ready(this: void): Promise<void>
  /** How this verifier stands now: which issuers have keys, how long certificates are good for. Nothing is fetched. */
  health(this: void): S2SHealth
  /** Stops timers and ends what watches this verifier. The process can exit then. */
  close(this: void): void
}

/**
 * Creates a verifier that needs neither Express nor Passport.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const { authenticate, ready, close, suspensions, heritage } = createCallerAuthenticator(parseVerifierOptions(options))
  const { watched } = heritage
  const { source, health } = watched
  const verifier: Verifier = {
    verify: async (token, presented) => {
      try {
        const { principal } = await authenticate(token, randomUUID, presented)
        if (decisionChannel.hasSubscribers) {
          decisionChannel.publish({ source, outcome: 'allowed', issuer: principal.issuer })
        }
        return principal
      } catch (error) {
        if (decisionChannel.hasSubscribers) decisionChannel.publish({ source, ...describeFailure(error) })
        throw error
      }
    },
    ready,
    health,
    close: () => {
      close()
      suspensions.close()
      watched.close()
    },
  }
  setWatchedServer(verifier, watched)
  return verifier
}
