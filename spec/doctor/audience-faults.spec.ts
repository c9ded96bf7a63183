import { changed, client, describeFaults, farm, oauth, otherRealm } from '../support/faulty-tokens.ts'
import { oauthAudience, s2sAudience, self } from '../support/world.ts'

describeFaults('audiences', [
  {
    name: 'audience with a slash at its end',
    token: () => oauth({ aud: `${oauthAudience}/` }),
    kind: 'audience-slash',
    line: 'Refused (ERR_S2S_AUDIENCE_MISMATCH): the audience "https://reports.example.com/" has a slash at the end that is not expected (expected is https://reports.example.com). Fix: set audience exactly as "aud" of the token has it, or have the client ask for the configured one.',
  },
  {
    name: 'audience without the slash',
    token: () => oauth(),
    options: changed('login', { audience: `${oauthAudience}/` }),
    kind: 'audience-slash',
    line: 'Refused (ERR_S2S_AUDIENCE_MISMATCH): the audience "https://reports.example.com" lacks the slash at the end (expected is https://reports.example.com/). Fix: set audience exactly as "aud" of the token has it, or have the client ask for the configured one.',
  },
  {
    name: 'audience with a port',
    token: () => oauth({ aud: `${oauthAudience}:8443` }),
    kind: 'audience-port',
    line: 'Refused (ERR_S2S_AUDIENCE_MISMATCH): the audience "https://reports.example.com:8443" has the port 8443, which is not expected (expected is https://reports.example.com). Fix: set audience exactly as "aud" of the token has it, or have the client ask for the configured one.',
  },
  {
    name: 'audience without the port',
    token: () => oauth(),
    options: changed('login', { audience: `${oauthAudience}:8443` }),
    kind: 'audience-port',
    line: 'Refused (ERR_S2S_AUDIENCE_MISMATCH): the audience "https://reports.example.com" lacks the port 8443 (expected is https://reports.example.com:8443). Fix: set audience exactly as "aud" of the token has it, or have the client ask for the configured one.',
  },
  {
    name: 'audience with another port',
    token: () => oauth({ aud: `${oauthAudience}:9443` }),
    options: changed('login', { audience: `${oauthAudience}:8443` }),
    kind: 'audience-port',
    line: 'Refused (ERR_S2S_AUDIENCE_MISMATCH): the audience "https://reports.example.com:9443" has the port 9443 instead of 8443 (expected is https://reports.example.com:8443). Fix: set audience exactly as "aud" of the token has it, or have the client ask for the configured one.',
  },
  {
    name: 'audience of another API',
    token: () => oauth({ aud: 'https://payroll.example.com' }),
    kind: 'audience-other',
    line: 'Refused (ERR_S2S_AUDIENCE_MISMATCH): the token is meant for "https://payroll.example.com", not for https://reports.example.com. Fix: ask the issuer for a token for this API (scope, resource or audience of the token request).',
  },
  {
    name: 'audience of Microsoft Graph',
    token: () => oauth({ aud: '00000003-0000-0000-c000-000000000000' }),
    kind: 'audience-well-known',
    line: 'Refused (ERR_S2S_AUDIENCE_MISMATCH): this is a token for Microsoft Graph, not for this API. Fix: ask for a scope of this API in the token request, such as api://<client id>/.default.',
  },
  {
    name: 'App ID URI where the client id is expected',
    token: () => oauth({ aud: `api://${client}` }),
    options: changed('login', { audience: client }),
    kind: 'audience-entra-form',
    line: 'Refused (ERR_S2S_AUDIENCE_MISMATCH): "aud" is the App ID URI of this API, and audience has only the client id. Fix: list both in audience: the client id and api://<client id>.',
  },
  {
    name: 'client id where the App ID URI is expected',
    token: () => oauth({ aud: client }),
    options: changed('login', { audience: `api://${client}` }),
    kind: 'audience-entra-form',
    line: 'Refused (ERR_S2S_AUDIENCE_MISMATCH): "aud" is the client id of this API, and audience has only the App ID URI. Fix: list both in audience: the client id and api://<client id>.',
  },
  {
    name: 'S2S audience of another realm',
    token: () => farm.appOnlyToken({ aud: s2sAudience.replace(self.realm, otherRealm) }),
    kind: 'audience-realm',
    line: `Refused (ERR_S2S_AUDIENCE_MISMATCH): the audience "<server>/portal.fabrikam.example@<otherRealm>" has the right id and host but another realm (expected is <server>/portal.fabrikam.example@<realm>). Fix: have the client ask for a token for <server>/portal.fabrikam.example@<realm>, or add the other audience if it is this server's too.`,
  },
  {
    name: 'S2S audience with a port that hosts does not name',
    token: () => farm.appOnlyToken({ aud: s2sAudience.replace('@', ':9443@') }),
    kind: 'audience-port',
    line: 'Refused (ERR_S2S_AUDIENCE_MISMATCH): the audience "<server>/portal.fabrikam.example:9443@<realm>" has the port 9443, which is not expected (expected is <server>/portal.fabrikam.example@<realm>). Fix: list the host, with its port, in self.hosts as callers write it.',
  },
  {
    name: 'S2S audience of another host',
    token: () => farm.appOnlyToken({ aud: s2sAudience.replace('portal.', 'www.') }),
    kind: 'audience-host',
    line: 'Refused (ERR_S2S_AUDIENCE_MISMATCH): the audience "<server>/www.fabrikam.example@<realm>" names a host that is not one of ours (expected is <server>/portal.fabrikam.example@<realm>). Fix: list the host, with its port, in self.hosts as callers write it.',
  },
  {
    name: 'S2S audience of another application',
    token: () => farm.appOnlyToken({ aud: s2sAudience.replace(self.clientId, client) }),
    kind: 'audience-id',
    line: `Refused (ERR_S2S_AUDIENCE_MISMATCH): the audience "<client>/portal.fabrikam.example@<realm>" has the right realm and host but another id (expected is <server>/portal.fabrikam.example@<realm>). Fix: have the client ask for a token for <server>/portal.fabrikam.example@<realm>, or add the other audience if it is this server's too.`,
  },
  {
    name: 'S2S audience of another server altogether',
    token: () => farm.appOnlyToken({ aud: `${client}/www.example.com@${otherRealm}` }),
    kind: 'audience-other',
    line: 'Refused (ERR_S2S_AUDIENCE_MISMATCH): the token is meant for "<client>/www.example.com@<otherRealm>", not for <server>/portal.fabrikam.example@<realm> or <server>/portal.fabrikam.example:8443@<realm>. Fix: have the calling server ask for clientId/host@realm of this server, or mend self.',
  },
  {
    name: 'S2S token without audience',
    token: () => farm.appOnlyToken({ aud: undefined }),
    kind: 'claim-missing',
    line: 'Refused (ERR_S2S_CLAIM_INVALID): "aud" is missing. Fix: have the issuer write the claim.',
  },
])
