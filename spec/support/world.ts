import type { S2SOptions } from 'passport-s2s'
import { fixedClock } from './clock.ts'
import { makeFarm, type Farm } from './farm.ts'
import { makeOAuthIssuer, type OAuthIssuer } from './oauth-issuer.ts'

/** Our own names in every story: the server that is called. */
export const self = {
  clientId: '00000003-0000-0ff1-ce00-000000000000',
  realm: '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011',
  hosts: ['portal.fabrikam.example:8443'],
} as const

/** What S2S tokens for us carry in `aud`. */
export const s2sAudience: string = `${self.clientId}/portal.fabrikam.example@${self.realm}`

/** What OAuth tokens for us carry in `aud`. */
export const oauthAudience = 'https://reports.example.com'

/** Who lives in the stories of flows and attacks. */
export interface World {
  /** A trust broker in our realm; its client may act for users and holds `reports.read`. */
  readonly farm: Farm
  /** A self-issuer in a realm of its own, without grants; may not act for users. */
  readonly otherFarm: Farm
  /** A trusted OAuth issuer. */
  readonly oauth: OAuthIssuer
  /** Another trusted OAuth issuer, which uses the same `kid`s, with a ceiling of `reports.read`. */
  readonly otherOAuth: OAuthIssuer
  /** Trusts the four of them; the clock stands at `NOW`. */
  readonly options: S2SOptions
}

const client = '4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28'
const otherClient = 'c3ab8885-458f-4864-8804-1608145e2ac4'

/** Makes issuers with new keys and a server configuration that trusts them; nothing is fetched. */
export async function makeWorld(): Promise<World> {
  const clock = fixedClock
  const farm = await makeFarm({
    realm: self.realm,
    clientId: client,
    issuerId: 'a1d2c3b4-0e5f-4a6b-8c7d-9e8f7a6b5c4d',
    audience: s2sAudience,
    clock,
  })
  const otherFarm = await makeFarm({
    realm: '52aa6841-b76b-4ed4-a3d7-a259fce1dfa2',
    clientId: otherClient,
    issuerId: otherClient,
    audience: s2sAudience,
    clock,
  })
  const algorithms = ['RS256', 'ES256'] as const
  const oauth = makeOAuthIssuer({ issuer: 'https://login.example.com', audience: oauthAudience, clock, algorithms })
  const otherOAuth = makeOAuthIssuer({ issuer: 'https://id.example.net', audience: oauthAudience, clock, algorithms })
  const options: S2SOptions = {
    self,
    audience: oauthAudience,
    clock,
    trustedIssuers: [
      {
        type: 's2s-certificate',
        name: 'farm',
        registeredIssuerName: farm.issuerName,
        certificates: farm.certificate.certificatePem,
        isTrustBroker: true,
        allowDelegation: { applications: [client] },
      },
      {
        type: 's2s-certificate',
        name: 'other farm',
        registeredIssuerName: otherFarm.issuerName,
        certificates: otherFarm.certificate.certificatePem,
      },
      { type: 'static', name: 'login', issuer: oauth.issuer, jwks: oauth.jwks() },
      {
        type: 'static',
        name: 'id',
        issuer: otherOAuth.issuer,
        jwks: otherOAuth.jwks(),
        permissionCeiling: ['reports.read'],
      },
    ],
    grants: [{ issuer: 'farm', application: client, permissions: ['reports.read'], appOnly: true }],
    userRights: () => ['reports.read', 'reports.write'],
  }
  return { farm, otherFarm, oauth, otherOAuth, options }
}

/** The user most stories are about. */
export const dana = {
  nameid: 's-1-5-21-1111111111-2222222222-333333333-1107',
  nii: 'urn:office:idp:activedirectory',
  upn: 'dana@fabrikam.example',
} as const
