import { bearer } from '../chapter.ts'
import type { HandmadeTokens } from '../handmade-tokens.ts'
import { reportServerId } from '../report-server.ts'
import type { ExampleServers } from '../start-servers.ts'
import type { PreparedCall } from './prepared-calls.ts'

/** Calls whose token is not believed: a 401. */
export function prepareForgeries({ documentServer }: ExampleServers, tokens: HandmadeTokens): readonly PreparedCall[] {
  const { host } = new URL(documentServer.url)
  return [
    {
      name: 'forged',
      title: 'Forged',
      explanation: 'It names the report server’s key, but an attacker’s key signed it.',
      authorization: bearer(() => tokens.forged(host)),
      expectedStatus: 401,
      expectedCode: 'ERR_S2S_SIGNATURE_INVALID',
    },
    {
      name: 'unsigned',
      title: 'Unsigned',
      explanation: 'It says that it is the report server, with the algorithm “none” (CVE-2023-29357).',
      authorization: bearer(() => tokens.unsigned(host)),
      expectedStatus: 401,
      expectedCode: 'ERR_S2S_ALGORITHM_NOT_ALLOWED',
    },
    {
      name: 'swapped',
      title: 'Swapped actor',
      explanation: 'A genuine token of the report server, wrapped by another application to be Dana.',
      authorization: bearer(() => tokens.swapped(host)),
      forUser: true,
      expectedStatus: 401,
      expectedCode: 'ERR_S2S_ACTOR_MISMATCH',
    },
    ...prepareStrayCalls(host, tokens),
  ]
}

/** Genuine signatures, but not for this server, this realm or this hour. */
function prepareStrayCalls(host: string, tokens: HandmadeTokens): readonly PreparedCall[] {
  return [
    {
      name: 'expired',
      title: 'Expired',
      explanation: 'Genuine, but its hour ended an hour ago.',
      authorization: bearer(() => tokens.expired(host)),
      expectedStatus: 401,
      expectedCode: 'ERR_S2S_TOKEN_EXPIRED',
    },
    {
      name: 'wrong-realm',
      title: 'Wrong realm',
      explanation: 'The report server vouches for an application of a realm that is not its own (CVE-2025-55241).',
      authorization: bearer(() => tokens.otherRealm(host)),
      expectedStatus: 401,
      expectedCode: 'ERR_S2S_REALM_MISMATCH',
    },
    {
      name: 'other-server',
      title: 'For another server',
      explanation: 'A genuine token for mail.example.com, tried here.',
      authorization: bearer(() => tokens.appOnly(reportServerId, 'mail.example.com')),
      expectedStatus: 401,
      expectedCode: 'ERR_S2S_AUDIENCE_MISMATCH',
    },
  ]
}

/** Calls that end before anybody is judged. */
export function prepareUnjudgedCalls(servers: ExampleServers, tokens: HandmadeTokens): readonly PreparedCall[] {
  const { host } = new URL(servers.documentServer.url)
  return [
    { name: 'no-credential', title: 'No credential', explanation: 'Nobody in particular asks.', expectedStatus: 401 },
    {
      name: 'plain-http',
      title: 'Plain http',
      explanation: 'A good token over plain http: refused unread, and reported as exposed.',
      overPlainHttp: true,
      authorization: bearer(() => tokens.appOnly(reportServerId, host)),
      expectedStatus: 403,
      expectedCode: 'ERR_S2S_TLS_REQUIRED',
    },
    {
      name: 'keys-unreachable',
      title: 'A partner that is down',
      explanation: 'Its keys could never be fetched: an outage is nobody’s guilt, so the caller may try again.',
      authorization: bearer(() => tokens.partner(servers.unreachableIssuer)),
      expectedStatus: 503,
      expectedCode: 'ERR_S2S_KEYS_UNREACHABLE',
    },
  ]
}
