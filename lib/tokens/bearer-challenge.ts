import { findChallenges } from './find-challenges.ts'

/**
 * What a server says of itself in the Bearer challenge of a 401.
 *
 * @see RFC 9110 section 11.6.1, RFC 6750 section 3, MS-SPS2SAUTH 3.1.5, MS-XOAUTH 3.2.5
 */
export interface BearerChallenge {
  readonly realm: string | undefined
  /** The principal identifier of the server (`client_id`). */
  readonly clientId: string | undefined
  /** Issuers it trusts: `id@realm`, `id@*` or a URL; `undefined` when the parameter is missing. */
  readonly trustedIssuers: readonly string[] | undefined
  readonly error: string | undefined
}

/**
 * Reads the Bearer challenge among all `WWW-Authenticate` values of an answer: several schemes on one line, several lines,
 * separators with or without space, names without letter case. Parameters of other schemes (`Basic realm=...`) are never
 * taken for Bearer's. A value in which a parameter occurs twice, or that is not of the grammar, is left out as a whole.
 *
 * Of several Bearer challenges the first that says `client_id` counts, else the first; when two of them say different
 * things of the server, none does. Takes time in proportion to the length of the values, and never throws.
 *
 * Nothing in it is trusted: the target says what it likes (see `createS2SClient`).
 */
export function parseBearerChallenge(values: readonly string[]): BearerChallenge | undefined {
  const challenges = values.flatMap((value) => findChallenges(value, 'bearer')).map(toChallenge)
  const telling = challenges.filter(({ clientId }) => clientId !== undefined)
  const [first] = telling
  if (first === undefined) return challenges[0]
  return telling.every((other) => isSameServer(first, other)) ? first : undefined
}

function isSameServer(first: BearerChallenge, other: BearerChallenge): boolean {
  return (
    first.clientId === other.clientId &&
    first.realm === other.realm &&
    first.trustedIssuers?.join() === other.trustedIssuers?.join()
  )
}

function toChallenge(parameters: ReadonlyMap<string, string>): BearerChallenge {
  const issuers = parameters.get('trusted_issuers') ?? parameters.get('trustedissuers')
  return {
    realm: parameters.get('realm'),
    clientId: parameters.get('client_id'),
    trustedIssuers: issuers
      ?.split(',')
      .map((issuer) => issuer.trim())
      .filter((issuer) => issuer !== ''),
    error: parameters.get('error'),
  }
}
