import type { CodeOf } from '../../foundation/error-codes.ts'
import type { FailureCause } from '../failure-table.ts'

type ServerKinds = 'configuration' | 'request' | 'transport' | 'unavailable'

/** The usual causes of what the developer or operator of this server must mend, and of requests that are wrong. */
export const serverFailures: Readonly<Record<CodeOf<ServerKinds>, readonly [FailureCause, ...FailureCause[]]>> = {
  ERR_S2S_OPTION_INVALID: [{ cause: 'an option has a value that is not possible', fix: 'do what the message says' }],
  ERR_S2S_OPTION_UNKNOWN: [{ cause: 'the name of an option is mistyped', fix: 'write it as the message says' }],
  ERR_S2S_SESSION_REFUSED: [
    {
      cause: "passport.authenticate('s2s') was called without session: false",
      fix: "write passport.authenticate('s2s', { session: false })",
    },
  ],
  ERR_S2S_NOT_PROTECTED: [
    {
      cause: 'a handler asks for the caller, and the guard did not run before it',
      fix: 'mount s2s.protect(...) before the route',
    },
  ],
  ERR_S2S_ROUTES_UNCOVERED: [
    {
      cause: 'some routes have no rule, or some rules no route',
      fix: 'add the rules that the message names, or allow by name what is meant to be open',
    },
  ],
  ERR_S2S_HEADER_MALFORMED: [
    {
      cause: 'the Authorization header is not "Bearer", one space and one token, or is there twice',
      fix: 'send one header: Authorization: Bearer <token>',
    },
  ],
  ERR_S2S_TOKEN_IN_QUERY: [
    { cause: 'the client sends access_token in the query', fix: 'send it in the Authorization header' },
  ],
  ERR_S2S_TOKEN_IN_BODY: [
    { cause: 'the client sends access_token in the body', fix: 'send it in the Authorization header' },
  ],
  ERR_S2S_PATH_AMBIGUOUS: [
    {
      cause: 'the path has //, dot segments, a backslash, a semicolon or %2f',
      fix: 'send the plain path; allowEncodedSlash: true on the entry allows %2f',
    },
  ],
  ERR_S2S_TLS_REQUIRED: [
    {
      cause: "TLS ends at a proxy and Express's trust proxy is not set",
      fix: "app.set('trust proxy', <address of the proxy>), and have the proxy write X-Forwarded-Proto",
    },
    { cause: 'the client calls over plain http', fix: 'call over https; treat the token as exposed' },
  ],
  ERR_S2S_KEYS_UNREACHABLE: [
    {
      cause: 'the issuer cannot be reached: name, firewall, proxy or certificate',
      fix: 'open the way to the issuer; set agent for a proxy and ca for a private authority',
    },
  ],
  ERR_S2S_METADATA_INVALID: [
    {
      cause: 'the document of the issuer names another issuer, or has no usable key',
      fix: 'configure the issuer exactly as its document names itself',
    },
    { cause: 'something else answers at the address (a login page, a proxy)', fix: 'check the address' },
  ],
  ERR_S2S_INTROSPECTION_UNAVAILABLE: [
    {
      cause: 'the issuer cannot be asked about tokens: name, firewall, proxy or certificate',
      fix: 'open the way to its introspection endpoint; set agent for a proxy and ca for a private authority',
    },
    {
      cause: 'the issuer does not let this server ask',
      fix: 'check clientId and authentication, and allow the client to introspect tokens at the issuer',
    },
    {
      cause: 'what answers is not an introspection endpoint, or says no boolean "active"',
      fix: 'check introspectionEndpoint',
    },
  ],
  ERR_S2S_INTROSPECTION_LIMITED: [
    {
      cause: 'somebody presents many tokens that the issuer does not know',
      fix: 'find out who, and stop it in front of this server; a tokenPrefix refuses what cannot be a token of the issuer',
    },
  ],
  ERR_S2S_PROFILES_UNAVAILABLE: [
    { cause: 'findProfiles failed or took too long', fix: 'mend the profile store, or raise its timeoutMilliseconds' },
  ],
  ERR_S2S_STATE_UNAVAILABLE: [{ cause: 'the shared state cannot be reached', fix: 'mend the connection to it' }],
}
