import type { S2SPrincipal } from './identity/principal.ts'
import { createCallerAuthenticator } from './permissions/caller-authenticator.ts'
import { parseVerifierOptions, type VerifierOptions } from './permissions/caller-options.ts'
import { randomUUID } from 'node:crypto'

export {
  ConfigurationError,
  IdentityError,
  PermissionError,
  S2SError,
  TokenError,
  UnavailableError,
} from './foundation/errors.ts'
export type { VerifierOptions } from './permissions/caller-options.ts'
export type { S2SPrincipal } from './identity/principal.ts'

/** Verifies tokens outside Express: jobs, sockets, GraphQL. */
export interface Verifier {
  /**
   * Says who sent a bearer token.
   *
   * Does NOT check TLS, permissions of a resource, or the user's own rights: the caller must.
   *
   * @throws TokenError, PermissionError `ERR_S2S_DELEGATION_NOT_ALLOWED`, IdentityError, UnavailableError
   */
  verify(this: void, token: string): Promise<S2SPrincipal>
  /** Fetches all keys, and with `state` the suspensions of the fleet, now; rejects with `UnavailableError`. */
  ready(this: void): Promise<void>
  /** Stops timers. */
  close(this: void): void
}

/**
 * Creates a verifier that needs neither Express nor Passport.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`, `ERR_S2S_OPTION_UNKNOWN`
 */
export function createVerifier(options: VerifierOptions): Verifier {
  const { authenticate, ready, close, suspensions } = createCallerAuthenticator(parseVerifierOptions(options))
  return {
    verify: async (token) => (await authenticate(token, randomUUID)).principal,
    ready,
    close: () => {
      close()
      suspensions.close()
    },
  }
}
