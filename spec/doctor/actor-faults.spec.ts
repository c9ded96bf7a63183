import {
  broker,
  certificate,
  changed,
  client,
  describeFaults,
  farm,
  named,
  oauth,
  otherRealm,
  parts,
  sound,
} from '../support/faulty-tokens.ts'
import { NOW } from '../support/clock.ts'
import { compact, signedJwt } from '../support/tokens.ts'
import { dana, oauthAudience, s2sAudience, self } from '../support/world.ts'

describeFaults('applications and actor tokens', [
  {
    name: 'broker flag missing',
    token: () => farm.appOnlyToken(),
    options: changed('farm', { isTrustBroker: false }),
    kind: 'broker-flag-missing',
    line: 'Refused (ERR_S2S_BROKER_REQUIRED): farm speaks for the application "<client>@<realm>", and is not marked as a broker. Fix: set isTrustBroker: true on the issuer, if it may vouch for all its applications.',
  },
  {
    name: 'actor of another realm',
    token: async () => farm.userToken(dana, await farm.actorToken({ nameid: `${client}@${otherRealm}` })),
    kind: 'realm-mismatch',
    line: 'Refused (ERR_S2S_REALM_MISMATCH): the application "<client>@<otherRealm>" is of another realm than the issuer "<broker>@<realm>". Fix: have the calling server name the application in the realm of the issuer, or trust the issuer of that realm.',
  },
  {
    name: 'outer token without actor',
    token: () => compact({ typ: 'JWT', alg: 'none' }, { ...dana, iss: farm.applicationName, aud: s2sAudience }),
    kind: 'unsigned',
    line: 'Refused (ERR_S2S_ALGORITHM_NOT_ALLOWED): the token is unsigned and has no actor token in it. Fix: sign it: only an outer token around a signed actor token may be unsigned.',
  },
  {
    name: 'unsigned actor token',
    token: () => parts.wrap(compact({ alg: 'none' }, parts.actorClaims)),
    kind: 'unsigned',
    line: 'Refused (ERR_S2S_ALGORITHM_NOT_ALLOWED): the actor token is unsigned. Fix: sign it: only an outer token around a signed actor token may be unsigned.',
  },
  {
    name: 'actor token that cannot be read',
    token: () => parts.wrap('eyJ.x'),
    kind: 'actor-token-malformed',
    line: 'Refused (ERR_S2S_TOKEN_MALFORMED): the actor token in it cannot be read: the token does not have three segments. Fix: have the calling server put its signed actor token into "actortoken".',
  },
  {
    name: 'outer token with a signature',
    token: () => parts.forgeOuter({ signature: 'AAAA' }),
    kind: 'unsigned-with-signature',
    line: 'Refused (ERR_S2S_SIGNATURE_INVALID): the outer token has alg none and a signature. Fix: have the calling server leave the third segment of the outer token empty.',
  },
  {
    name: 'outer token of another application',
    token: () => parts.forgeOuter({ claims: { iss: `${broker}@${self.realm}` } }),
    kind: 'pair-application',
    line: 'Refused (ERR_S2S_ACTOR_MISMATCH): the outer token is of "<broker>@<realm>", and the actor token in it is of "<client>@<realm>". Fix: have the calling server write "nameid" of its actor token into "iss" of the outer token.',
  },
  {
    name: 'outer token that writes the application in capitals',
    token: () => parts.forgeOuter({ claims: { iss: farm.applicationName.toUpperCase() } }),
    kind: 'pair-application',
    line: 'Refused (ERR_S2S_ACTOR_MISMATCH): the outer token is of "<CLIENT>@<REALM>", and the actor token in it is of "<client>@<realm>": they differ in letter case. Fix: have the calling server write "nameid" of its actor token into "iss" of the outer token.',
  },
  {
    name: 'outer token without the realm',
    token: () => parts.forgeOuter({ claims: { iss: client } }),
    kind: 'pair-application',
    line: 'Refused (ERR_S2S_ACTOR_MISMATCH): the outer token is of "<client>", and the actor token in it is of "<client>@<realm>": the realm is missing. Fix: have the calling server write "nameid" of its actor token into "iss" of the outer token.',
  },
  {
    name: 'outer token of another realm',
    token: () => parts.forgeOuter({ claims: { iss: `${client}@${otherRealm}` } }),
    kind: 'pair-application',
    line: 'Refused (ERR_S2S_ACTOR_MISMATCH): the outer token is of "<client>@<otherRealm>", and the actor token in it is of "<client>@<realm>": the realms differ. Fix: have the calling server write "nameid" of its actor token into "iss" of the outer token.',
  },
  {
    name: 'outer token with another audience than its actor',
    token: () => parts.forgeOuter({ claims: { aud: s2sAudience.replace('@', ':8443@') } }),
    kind: 'pair-audience',
    line: 'Refused (ERR_S2S_ACTOR_MISMATCH): the outer token is meant for "<server>/portal.fabrikam.example:8443@<realm>", and its actor token for "<server>/portal.fabrikam.example@<realm>". Fix: have the calling server write one "aud" into both.',
  },
  {
    name: 'outer token for somebody else',
    token: () => parts.forgeOuter({ claims: { aud: s2sAudience.replace(self.realm, otherRealm) } }),
    kind: 'audience-realm',
    line: `Refused (ERR_S2S_AUDIENCE_MISMATCH): the audience "<server>/portal.fabrikam.example@<otherRealm>" has the right id and host but another realm (expected is <server>/portal.fabrikam.example@<realm>). Fix: have the client ask for a token for <server>/portal.fabrikam.example@<realm>, or add the other audience if it is this server's too.`,
  },
  {
    name: 'outer token without user',
    token: () => parts.forgeOuter({ claims: { nameid: undefined, upn: undefined } }),
    kind: 'user-missing',
    line: 'Refused (ERR_S2S_CLAIM_INVALID): the outer token names no user (nameid, upn, smtp or sip). Fix: have the calling server name the user, or send the actor token alone.',
  },
  {
    name: 'trustedfordelegation missing',
    token: async () => farm.userToken(dana, await farm.appOnlyToken()),
    kind: 'delegation-claim',
    line: 'Refused (ERR_S2S_DELEGATION_ABSENT): the actor token has no "trustedfordelegation", and a user is named. Fix: have the calling server mark the application as trusted for delegation, or send the actor token alone.',
  },
  {
    name: 'trustedfordelegation false',
    token: async () => farm.userToken(dana, await farm.actorToken({ trustedfordelegation: 'false' })),
    kind: 'delegation-claim',
    line: 'Refused (ERR_S2S_DELEGATION_ABSENT): the actor token says "trustedfordelegation" "false", and a user is named. Fix: have the calling server mark the application as trusted for delegation, or send the actor token alone.',
  },
  {
    name: 'delegation not allowed for the issuer',
    token: () => named(),
    options: changed('farm', { allowDelegation: false }),
    kind: 'delegation-not-allowed',
    line: 'Refused (ERR_S2S_DELEGATION_NOT_ALLOWED): the application "<client>@<realm>" acts for a user, and the issuer has no allowDelegation. Fix: set allowDelegation: { applications: [...] } on farm so that it covers application and user, if it may act for users.',
  },
  {
    name: 'delegation not allowed for the application',
    token: () => named(),
    options: changed('farm', { allowDelegation: { applications: [broker] } }),
    kind: 'delegation-not-allowed',
    line: 'Refused (ERR_S2S_DELEGATION_NOT_ALLOWED): the application "<client>@<realm>" acts for a user, and it is not listed in allowDelegation.applications. Fix: set allowDelegation: { applications: [...] } on farm so that it covers application and user, if it may act for users.',
  },
  {
    name: 'delegation allowed to the application in capitals',
    token: () => named(),
    options: changed('farm', { allowDelegation: { applications: [client.toUpperCase()] } }),
    kind: 'delegation-application-case',
    line: 'Refused (ERR_S2S_DELEGATION_NOT_ALLOWED): the application "<client>@<realm>" is listed in allowDelegation as <CLIENT>, which differs in letter case. Fix: write it exactly as "nameid" of the token has it.',
  },
  {
    name: 'level that never lets the application act as itself',
    token: () => farm.appOnlyToken(),
    options: changed('farm', { allowDelegation: { applications: [{ id: client, level: 'user' }] } }),
    kind: 'application-level',
    line: `Refused (ERR_S2S_APP_ONLY_NOT_ALLOWED): the application "<client>@<realm>" acts as itself, and its level 'user' lets it never act as itself. Fix: set its level in allowDelegation to 'application' or 'full', if it may act as itself.`,
  },
  {
    name: 'S2S token sent to an OAuth issuer type',
    token: () => farm.appOnlyToken(),
    options: {
      ...sound,
      grants: [],
      trustedIssuers: [
        { type: 'static', name: 'wrong', issuer: farm.issuerName, certificate: certificate.certificatePem },
      ],
    },
    kind: 's2s-token-for-oauth-issuer',
    line: 'Refused (ERR_S2S_AUDIENCE_MISMATCH): this is an S2S token, and wrong is configured as an issuer of OAuth tokens. Fix: configure the issuer with type s2s-metadata or s2s-certificate.',
  },
  {
    name: 'OAuth token sent to an S2S issuer type',
    token: () =>
      signedJwt({
        header: { typ: 'JWT', x5t: certificate.x5t },
        claims: {
          iss: farm.issuerName,
          aud: oauthAudience,
          client_id: 'x',
          scope: 'reports.read',
          exp: NOW + 600,
          nbf: NOW,
        },
        algorithm: 'RS256',
        key: certificate.privateKey,
      }),
    kind: 'oauth-token-for-s2s-issuer',
    line: 'Refused (ERR_S2S_CLAIM_INVALID): this is an OAuth token, and farm is configured as an issuer of S2S tokens. Fix: configure the issuer with type openid, static or microsoft365.',
  },
  {
    name: 'OAuth token wrapped in an unsigned one',
    token: async () => parts.wrap(await oauth()),
    kind: 'wrapped-oauth-token',
    line: 'Refused (ERR_S2S_TOKEN_TYPE): an OAuth token is wrapped in an unsigned token, and only the actor token of an S2S issuer may be. Fix: send the OAuth token alone.',
  },
])
