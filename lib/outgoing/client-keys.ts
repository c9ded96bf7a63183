import { readClientCertificates, type ClientCertificates } from './client-certificates.ts'
import type { OAuthTokenOptions } from './oauth-options.ts'
import { createProofKeySource, type ProofKeySource } from './proof-key.ts'

/** What a client of an OAuth issuer proves to possess. */
export interface ClientKeys extends ClientCertificates {
  /** For DPoP; `undefined` without. */
  readonly proofKey: ProofKeySource | undefined
}

/**
 * Reads the keys of a client whose options were checked.
 *
 * @throws ConfigurationError `ERR_S2S_OPTION_INVALID`
 */
export function readClientKeys(options: OAuthTokenOptions): ClientKeys {
  const proofKey = options.dpop === undefined ? undefined : createProofKeySource(options.dpop)
  return { ...readClientCertificates(options), proofKey }
}
