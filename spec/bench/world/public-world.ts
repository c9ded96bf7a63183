import type { JsonWebKey } from 'node:crypto'

/** The public half of a bench's world: what servers know. Goes to other processes as JSON. */
export interface PublicWorld {
  /** The `iss` of the tokens: a local https server with discovery and key set. */
  readonly issuer: string
  readonly audience: string
  readonly jwksUri: string
  readonly jwks: { readonly keys: readonly (JsonWebKey & { readonly kid: string })[] }
  /** The same key as SPKI PEM, for contenders that take one static key. */
  readonly publicKeyPem: string
  /** The farm whose applications call for users. */
  readonly farm: { readonly issuerName: string; readonly application: string; readonly certificatePem: string }
  /** Certificate authority of the issuer and of servers over TLS. */
  readonly ca: string
  /** A certificate for localhost. */
  readonly tls: { readonly cert: string; readonly key: string }
}

/** Who we are in S2S tokens. */
export const ourselves = {
  clientId: '00000003-0000-0ff1-ce00-000000000000',
  realm: '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011',
  hosts: ['portal.fabrikam.example'],
} as const

/** The `iss` of one of many issuers; all of them sign with the same key. */
export function manyIssuersName(index: number): string {
  return `https://tenant-${index}.login.example.com`
}
