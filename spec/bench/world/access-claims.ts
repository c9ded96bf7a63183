/** What differs between the access tokens of the bench. */
export interface AccessClaims {
  readonly issuer: string
  readonly audience: string
  /** Tokens with the same number are of one application. */
  readonly application: number
  readonly tokenId: string
  /** Seconds from now. Default: 3600. */
  readonly expiresIn?: number
}

const lifetimeSeconds = 7200

/** The claims of an access token of an application on its own, of about the size that big issuers make them. */
export function accessClaims({ issuer, audience, application, tokenId, expiresIn = 3600 }: AccessClaims): object {
  const expiresAt = Math.floor(Date.now() / 1000) + expiresIn
  const client = `application-${application}`
  return {
    iss: issuer,
    aud: audience,
    sub: client,
    client_id: client,
    azp: client,
    tid: '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011',
    scope: 'reports.read reports.write profile',
    roles: ['Reports.Read.All'],
    iat: expiresAt - lifetimeSeconds,
    nbf: expiresAt - lifetimeSeconds,
    exp: expiresAt,
    ver: '2.0',
    jti: tokenId,
  }
}
