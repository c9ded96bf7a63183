import { instrumentServer, type OpenTelemetryOptions } from './audit/opentelemetry/instrument-server.ts'
import { watchedServerOf } from './audit/watched-server.ts'
import type { S2S } from './create-s2s.ts'
import type { S2SStrategy } from './express/s2s-strategy.ts'
import { ConfigurationError } from './foundation/errors.ts'
import type { Verifier } from './verifier.ts'

export type { OpenTelemetryOptions } from './audit/opentelemetry/instrument-server.ts'

/**
 * Makes OpenTelemetry spans and metrics of what a server does: spans `s2s.authenticate`, `s2s.key_refresh` and `s2s.call`;
 * metrics `s2s.decisions`, `s2s.verification.duration`, `s2s.key_refreshes`, `s2s.token_cache.hits` and `.misses`,
 * `s2s.certificate.days_left`, `s2s.ready` and `s2s.issuer.ready`. Their attributes hold names of this server's own
 * configuration and error codes; never a token, a claim, a path or a user.
 *
 * Needs the package `@opentelemetry/api`; register the SDK first. What fails in it is a process warning
 * (`S2S_OPENTELEMETRY_FAILED`, at most one a minute) and never changes an answer. Call it once for each server: twice counts
 * everything twice. Ends when the server is closed, or with the function that is given back.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID` (also for what is no server of ours), `ERR_S2S_OPTION_UNKNOWN`
 */
export function instrument(server: S2S | S2SStrategy | Verifier, options: OpenTelemetryOptions = {}): () => void {
  const watched = watchedServerOf(server)
  if (watched === undefined) {
    throw new ConfigurationError(
      'ERR_S2S_OPTION_INVALID',
      'instrument(server) needs what createS2S, new S2SStrategy or createVerifier gave',
    )
  }
  return instrumentServer(watched, options)
}
