import type { JsonObject } from '../foundation/parse-json.ts'

/** What our issuer metadata says. */
export interface IssuerMetadataParts {
  /** The exact `iss` of our tokens; an https address. */
  readonly issuer: string
  /** https address of our key set. */
  readonly jwksUri: string
}

/**
 * Builds issuer metadata for partners that verify our RFC 9068 tokens through discovery. There are no endpoints in it:
 * this server signs its own tokens and gives none to others.
 *
 * @see RFC 8414 section 2, OpenID Connect Discovery 1.0 section 3
 */
export function buildIssuerMetadata({ issuer, jwksUri }: IssuerMetadataParts): JsonObject {
  return {
    issuer,
    jwks_uri: jwksUri,
    response_types_supported: [],
    grant_types_supported: [],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  }
}
