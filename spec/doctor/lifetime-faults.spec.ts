import { describeFaults, farm, oauth, parts } from '../support/faulty-tokens.ts'
import { NOW } from '../support/clock.ts'
import { dana } from '../support/world.ts'

describeFaults('times', [
  {
    name: 'expired token',
    token: () => oauth({ iat: NOW - 4140, exp: NOW - 540 }),
    kind: 'expired',
    line: 'Refused (ERR_S2S_TOKEN_EXPIRED): the token expired 9 minutes ago (exp 2027-01-01T00:21:00Z). Fix: get a new token; when new ones are refused as well, the clock of this server is ahead: set it by NTP.',
  },
  {
    name: 'clock that is off by ten minutes',
    token: () => oauth({ iat: NOW + 600, exp: NOW + 1200 }),
    kind: 'begins-ahead',
    line: 'Refused (ERR_S2S_TOKEN_NOT_YET_VALID): the token begins 10 minutes ahead (iat): the clock of this server or that of the issuer is off. Fix: set both clocks by NTP.',
  },
  {
    name: 'token that begins ahead',
    token: () => farm.appOnlyToken({ nbf: String(NOW + 540) }),
    kind: 'begins-ahead',
    line: 'Refused (ERR_S2S_TOKEN_NOT_YET_VALID): the token begins 9 minutes ahead (nbf): the clock of this server or that of the issuer is off. Fix: set both clocks by NTP.',
  },
  {
    name: 'lifetime that is too long',
    token: () => oauth({ iat: NOW, exp: NOW + 2 * 86_400 }),
    kind: 'lives-too-long',
    line: 'Refused (ERR_S2S_TOKEN_LIFETIME): the token lives 172800 seconds (2 days), and the longest accepted is 86400 (1 day). Fix: have the issuer give shorter tokens, or set maximumLifetimeSeconds: 172800 on login.',
  },
  {
    name: 'dates in milliseconds',
    token: () => oauth({ exp: (NOW + 600) * 1000 }),
    kind: 'milliseconds',
    line: 'Refused (ERR_S2S_TOKEN_LIFETIME): "exp" is written in milliseconds. Fix: have the issuer write seconds since 1970.',
  },
  {
    name: 'beginning in milliseconds',
    token: () => oauth({ iat: NOW * 1000, exp: (NOW + 600) * 1000 }),
    kind: 'milliseconds',
    line: 'Refused (ERR_S2S_TOKEN_NOT_YET_VALID): "iat" is written in milliseconds. Fix: have the issuer write seconds since 1970.',
  },
  {
    name: 'end that is no date at all',
    token: () => oauth({ exp: 1e300, iat: undefined }),
    kind: 'never-ends',
    line: 'Refused (ERR_S2S_TOKEN_LIFETIME): the token ends more than ten years ahead (exp). Fix: have the issuer give tokens that end within hours.',
  },
  {
    name: 'dates as texts from an OAuth issuer',
    token: () => oauth({ exp: String(NOW + 600) }),
    kind: 'date-as-text',
    line: 'Refused (ERR_S2S_CLAIM_INVALID): "exp" is written as a text, and OAuth tokens have numbers. Fix: have the issuer write numbers; only S2S issuers write texts.',
  },
  {
    name: 'actor token that has expired',
    token: async () => farm.userToken(dana, await farm.actorToken({ exp: String(NOW - 300) })),
    kind: 'expired',
    line: 'Refused (ERR_S2S_TOKEN_EXPIRED): the actor token expired 5 minutes ago (exp 2027-01-01T00:25:00Z). Fix: get a new token; when new ones are refused as well, the clock of this server is ahead: set it by NTP.',
  },
  {
    name: 'outer token that has expired',
    token: () => parts.forgeOuter({ claims: { exp: String(NOW - 300) } }),
    kind: 'expired',
    line: 'Refused (ERR_S2S_TOKEN_EXPIRED): the outer token expired 5 minutes ago (exp 2027-01-01T00:25:00Z). Fix: get a new token; when new ones are refused as well, the clock of this server is ahead: set it by NTP.',
  },
])
