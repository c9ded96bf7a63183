import type { CodeOf } from '../../foundation/error-codes.ts'
import type { FailureCause } from '../failure-table.ts'

type CallerKinds = 'policy' | 'identity' | 'permission' | 'outgoing'

/** The usual causes of refused callers (403), and of calls to others that do not come about. */
export const callerFailures: Readonly<Record<CodeOf<CallerKinds>, readonly [FailureCause, ...FailureCause[]]>> = {
  ERR_S2S_DELEGATION_NOT_ALLOWED: [
    {
      cause: 'the application is not listed in allowDelegation of its issuer, or not for this user',
      fix: 'list it in allowDelegation.applications of the issuer, if it may act for users',
    },
    {
      cause: "the resource is for applications on their own (onBehalfOf: 'nobody')",
      fix: 'have the application call as itself, or leave onBehalfOf out',
    },
  ],
  ERR_S2S_APPLICATION_NOT_ALLOWED: [
    {
      cause: 'the application is not listed in applications (its namespace not in namespaces) of its issuer',
      fix: 'list it there exactly as its tokens name it, if it may call this server',
    },
    {
      cause: 'the resource is for other applications',
      fix: 'list it in applications of the resource, with the name of its issuer',
    },
  ],
  ERR_S2S_USER_NOT_FOUND: [
    { cause: 'no profile here has the identifiers in the token', fix: 'import the user, or mend findProfiles' },
  ],
  ERR_S2S_USER_AMBIGUOUS: [
    { cause: 'two profiles have the same identifier', fix: 'give the identifier to one profile only' },
  ],
  ERR_S2S_USER_CONFLICT: [
    {
      cause: 'the identifiers in the token belong to different profiles',
      fix: 'mend the profiles, so that all identifiers of the user stand in one',
    },
  ],
  ERR_S2S_USER_STORE_UNKNOWN: [
    {
      cause: 'the "nii" in the token is not mapped to a user store',
      fix: 'add it to profileOptions.userStores',
    },
  ],
  ERR_S2S_SCOPE_MISSING: [
    {
      cause: 'the client did not ask for the scope, or nobody consented to it',
      fix: 'ask for the scope in the token request and have it consented to',
    },
    {
      cause: 'the token has an app role, and the resource demands a scope',
      fix: 'write { scope, appRole } in the resource table, if applications may use the resource on their own',
    },
  ],
  ERR_S2S_GRANT_MISSING: [
    { cause: 'this server granted nothing to the application', fix: 'add a grant for the application of that issuer' },
  ],
  ERR_S2S_APP_ONLY_NOT_ALLOWED: [
    {
      cause: 'the grant is for calls on behalf of a user only',
      fix: 'set appOnly: true on the grant, if the application may use it on its own',
    },
    {
      cause: "the level of the application in allowDelegation is 'none' or 'user'",
      fix: "set the level 'application' or 'full'",
    },
    {
      cause: "the resource is for calls on behalf of a user (onBehalfOf: 'user')",
      fix: 'have the application call for a user, or leave onBehalfOf out',
    },
  ],
  ERR_S2S_USER_RIGHT_MISSING: [
    {
      cause: 'the user lacks what the application holds',
      fix: 'give the user the right, in the profile or in userRights',
    },
  ],
  ERR_S2S_RESOURCE_NOT_LISTED: [
    { cause: 'the resource table has no entry for the path and method', fix: 'add an entry for the route' },
  ],
  ERR_S2S_OUTGOING_REQUEST_INVALID: [
    { cause: 'the user has no identifier, or the address is of another server', fix: 'mend the call' },
  ],
  ERR_S2S_TARGET_NOT_HTTPS: [{ cause: 'the address of the other server is http', fix: 'call it over https' }],
  ERR_S2S_TARGET_UNREACHABLE: [
    {
      cause: 'the name is not found, nobody listens, or the certificate is not trusted',
      fix: 'check name, firewall and ca',
    },
  ],
  ERR_S2S_TARGET_TIMEOUT: [
    { cause: 'the other server is slow or hangs', fix: 'raise timeoutMilliseconds, or mend the other server' },
  ],
  ERR_S2S_TARGET_REDIRECT: [
    { cause: 'the other server redirects to another origin', fix: 'configure the address that it redirects to' },
  ],
  ERR_S2S_TARGET_CHALLENGE: [
    {
      cause: 'the other server sends no S2S challenge',
      fix: 'check that S2S is switched on there, or configure its client id and realm here',
    },
  ],
  ERR_S2S_TARGET_DOES_NOT_TRUST_US: [
    {
      cause: 'our certificate or name is not registered there',
      fix: 'register our metadata or certificate at the other server (createPairing writes the commands)',
    },
  ],
  ERR_S2S_TOKEN_REQUEST_REFUSED: [
    { cause: 'client id, secret or scope is wrong', fix: 'compare them with the registration at the issuer' },
  ],
  ERR_S2S_TOKEN_ISSUER_UNAVAILABLE: [
    { cause: 'the issuer cannot be reached or answers with an error', fix: 'check the address and the network' },
  ],
}
