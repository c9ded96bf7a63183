import { describeAttack, type AttackCase } from '../support/attack.ts'
import { NOW } from '../support/clock.ts'
import { forgedJwt } from '../support/tokens.ts'
import { takeApart } from '../support/token-parts.ts'
import { dana, makeWorld, oauthAudience, s2sAudience } from '../support/world.ts'

/** The type of the issuer chooses the protocol, the token never does. */
const world = await makeWorld()
const { farm, oauth, otherOAuth, options } = world
const { actorClaims, actorToken, forgeActor, forgeOuter, wrap } = await takeApart(farm)
const resources = { 'GET /reports/:id': 'reports.read' } as const
const scope = 'reports.read'

const oauthToken = await oauth.token({ claims: { scope } })
const likeAnActor = {
  aud: s2sAudience,
  nameid: farm.applicationName,
  trustedfordelegation: 'true',
  nbf: NOW - 60,
  scope,
}
const wrapped: readonly [name: string, actor: string, iss: string][] = [
  ['a genuine access token', oauthToken, 'reporting'],
  ['a genuine access token of the other issuer', await otherOAuth.token({ claims: { scope } }), 'reporting'],
  ['a genuine ES256 access token', await oauth.token({ algorithm: 'ES256', claims: { scope } }), 'reporting'],
  [
    'an access token with the claims of an actor token',
    await oauth.token({ claims: likeAnActor, header: { typ: 'JWT' } }),
    farm.applicationName,
  ],
  [
    'an access token that is trusted for delegation, with its own name',
    await oauth.token({ claims: { ...likeAnActor, nameid: oauth.issuer }, header: { typ: 'JWT' } }),
    oauth.issuer,
  ],
]

const refusedWraps: AttackCase[] = wrapped.map(([name, actortoken, iss]) => ({
  name: `row 54: an unsigned token around ${name}`,
  token: forgeOuter({ claims: { iss, actortoken } }),
  status: 401,
  code: 'ERR_S2S_TOKEN_TYPE',
}))

const numericDates = { nbf: NOW - 60, iat: NOW - 60, exp: NOW + 600 }
const { privateKey } = farm.certificate
const asOAuth = {
  ...numericDates,
  iss: oauth.issuer,
  aud: oauthAudience,
  sub: 'reporting',
  client_id: 'reporting',
  scope,
}

const speakingForOAuth: AttackCase[] = [
  {
    name: 'row 54: the farm speaks for an OAuth issuer, with its x5t',
    token: forgedJwt({
      header: { typ: 'JWT', alg: 'RS256', x5t: farm.certificate.x5t },
      claims: asOAuth,
      algorithm: 'RS256',
      key: privateKey,
    }),
    status: 401,
    code: 'ERR_S2S_SIGNATURE_INVALID',
  },
  {
    name: "row 54: the farm speaks for an OAuth issuer, with that issuer's kid",
    token: forgedJwt({
      header: { typ: 'at+jwt', alg: 'RS256', kid: 'RS256-0' },
      claims: asOAuth,
      algorithm: 'RS256',
      key: privateKey,
    }),
    status: 401,
    code: 'ERR_S2S_SIGNATURE_INVALID',
  },
  {
    name: 'row 54: the farm speaks for an OAuth issuer as an actor token',
    token: forgeActor({ claims: { iss: oauth.issuer } }),
    status: 401,
    code: 'ERR_S2S_AUDIENCE_MISMATCH',
  },
  {
    name: 'row 54: the farm speaks for an OAuth issuer inside an unsigned token',
    token: wrap(forgeActor({ claims: { iss: oauth.issuer } })),
    status: 401,
    code: 'ERR_S2S_TOKEN_TYPE',
  },
  {
    name: 'row 54: the farm names an OAuth issuer as its application',
    token: forgeActor({ claims: { nameid: oauth.issuer } }),
    status: 401,
    code: 'ERR_S2S_CLAIM_INVALID',
  },
]

const mixedProtocols: AttackCase[] = [
  {
    name: 'row 54: an OAuth issuer speaks for the farm',
    token: await oauth.token({
      claims: { ...actorClaims, ...numericDates, iss: farm.issuerName },
      header: { typ: 'JWT' },
    }),
    status: 401,
    code: 'ERR_S2S_KEY_UNKNOWN',
  },
  {
    name: 'row 54: an OAuth issuer speaks for the farm, with the x5t of the farm',
    token: await oauth.token({
      claims: { ...actorClaims, ...numericDates, iss: farm.issuerName },
      header: { typ: 'JWT', x5t: farm.certificate.x5t },
    }),
    status: 401,
    code: 'ERR_S2S_SIGNATURE_INVALID',
  },
  {
    name: 'row 54: an access token by the farm (typ at+jwt)',
    token: forgeActor({ header: { typ: 'at+jwt' }, claims: { ...numericDates, aud: oauthAudience, scope } }),
    status: 401,
    code: 'ERR_S2S_TOKEN_TYPE',
  },
  {
    name: 'row 54: an access token by the farm (typ JWT)',
    token: forgeActor({ claims: { ...numericDates, aud: oauthAudience, sub: 'reporting', scope } }),
    status: 401,
    code: 'ERR_S2S_AUDIENCE_MISMATCH',
  },
  {
    name: 'row 54: an access token by the farm for our S2S name, without nameid',
    token: forgeActor({ claims: { nameid: undefined, sub: 'reporting', client_id: 'reporting', scope } }),
    status: 401,
    code: 'ERR_S2S_CLAIM_INVALID',
  },
  {
    name: 'row 54: a genuine access token with an actor token inside',
    token: await oauth.token({ claims: { scope, actortoken: actorToken, nameid: dana.nameid } }),
    status: 401,
    code: 'ERR_S2S_CLAIM_INVALID',
  },
  {
    name: 'row 54: a genuine access token for our S2S name',
    token: await oauth.token({ claims: { scope, aud: s2sAudience } }),
    status: 401,
    code: 'ERR_S2S_AUDIENCE_MISMATCH',
  },
]

describeAttack('one protocol dressed as the other', { s2s: options, resources }, [
  ...refusedWraps,
  ...speakingForOAuth,
  ...mixedProtocols,
])
