import { changed, describeFaults, login, named, oauth } from '../support/faulty-tokens.ts'

const account = 'system:serviceaccount:payments:ledger'
const cluster = changed('login', { callerKind: 'kubernetes', namespaces: ['shop'] })
const binding = { namespace: 'payments', serviceaccount: { name: 'ledger' } }
const google = changed('login', { callerKind: 'google', applications: ['l@p.iam.gserviceaccount.com'] })
const cognito = { callerKind: 'cognito' } as const
const m2m = { aud: undefined, token_use: 'access', client_id: '7f', sub: '7f' }
const spiffe = changed('login', {
  ...{ callerKind: 'spiffe', trustDomain: 'example.org' },
  jwks: { keys: login.jwks().keys.map((key) => ({ ...key, use: 'jwt-svid' })) },
})
const backend = { issuer: 'login', application: 'backend' }

describeFaults('other dialects', [
  {
    name: 'service account of a namespace that is not listed',
    token: () => oauth({ sub: account, 'kubernetes.io': binding }),
    options: cluster,
    kind: 'namespace-not-listed',
    line: 'Refused (ERR_S2S_APPLICATION_NOT_ALLOWED): the service account "ledger" is of the namespace "payments", which is not listed in namespaces of login. Fix: add the namespace, if its service accounts may call this server.',
  },
  {
    name: 'service account token that is bound to nothing',
    token: () => oauth({ sub: account }),
    options: cluster,
    kind: 'kubernetes-unbound-token',
    line: 'Refused (ERR_S2S_CLAIM_INVALID): this is a service account token that is bound to nothing ("kubernetes.io" is missing). Fix: have the pod mount a projected token with the audience of this server.',
  },
  {
    name: 'service account token from a secret',
    token: () => oauth({ iss: 'kubernetes/serviceaccount', sub: account }),
    options: cluster,
    kind: 'kubernetes-secret-token',
    line: 'Refused (ERR_S2S_ISSUER_UNTRUSTED): this is a service account token of the time before bound tokens: it is for nobody and never ends. Fix: have the pod mount a projected token with the audience of this server.',
  },
  {
    name: "human's Google token",
    token: () => oauth({ sub: '110', azp: '1.apps.googleusercontent.com', email: 'dana@example.com' }),
    options: google,
    kind: 'google-person',
    line: 'Refused (ERR_S2S_TOKEN_TYPE): this is the Google ID token of a person (or of a client for a person), not of a service account. Fix: have the application get its ID token as its service account, with the audience of this server.',
  },
  {
    name: 'Google token with the former name of the issuer',
    token: () => oauth({ iss: 'accounts.google.com' }),
    options: google,
    kind: 'google-former-issuer',
    line: 'Refused (ERR_S2S_ISSUER_UNTRUSTED): the token names its issuer as Google did once, without https. Fix: have the client get its token from the metadata server or the IAM API, which write https://accounts.google.com.',
  },
  {
    name: 'Cognito token where no clients are listed',
    token: () => oauth(m2m),
    options: changed('login', cognito),
    kind: 'cognito-audience',
    line: 'Refused (ERR_S2S_CLAIM_INVALID): access tokens of Cognito have no "aud", and nobody said which clients are meant for this server. Fix: set clientIds: ["7f"] on login, if that client may come here.',
  },
  {
    name: 'Cognito token of another client',
    token: () => oauth(m2m),
    options: changed('login', { ...cognito, clientIds: ['8a'] }),
    kind: 'client-not-listed',
    line: 'Refused (ERR_S2S_AUDIENCE_MISMATCH): the token has no "aud", and its client "7f" is not listed in clientIds of login. Fix: add the client to clientIds, if its tokens are meant for this server.',
  },
  {
    name: 'audience of somebody else beside listed clients',
    token: () => oauth({ ...m2m, aud: 'other' }),
    options: changed('login', { ...cognito, clientIds: ['8a'] }),
    kind: 'audience-other',
    line: 'Refused (ERR_S2S_AUDIENCE_MISMATCH): the token is meant for "other", not for https://reports.example.com. Fix: ask the issuer for a token for this API (scope, resource or audience of the token request).',
  },
  {
    name: 'JWT-SVID of a trust domain that nobody is trusted for',
    token: () => oauth({ iss: undefined, sub: 'spiffe://example.org/ledger' }),
    kind: 'trust-domain-unknown',
    line: 'Refused (ERR_S2S_ISSUER_UNTRUSTED): the token has no "iss", and nobody is trusted for the trust domain of "spiffe://example.org/ledger". Fix: add an issuer with callerKind: \'spiffe\' and that trustDomain, if you trust it.',
  },
  {
    name: 'JWT-SVID of another trust domain',
    token: () => oauth({ sub: 'spiffe://other.example/ledger' }, { header: { typ: 'JWT' } }),
    options: spiffe,
    kind: 'trust-domain-other',
    line: 'Refused (ERR_S2S_REALM_MISMATCH): the workload "spiffe://other.example/ledger" is not of the trust domain example.org. Fix: add an issuer for that trust domain, if you trust it.',
  },
  {
    name: 'JWT-SVID without iss that has ended',
    token: () =>
      oauth(
        { iss: undefined, sub: 'spiffe://example.org/ledger', exp: 1_798_763_400 - 600, iat: undefined },
        { header: { typ: 'JWT' } },
      ),
    options: spiffe,
    kind: 'expired',
    line: 'Refused (ERR_S2S_TOKEN_EXPIRED): the token expired 10 minutes ago (exp 2027-01-01T00:20:00Z). Fix: get a new token; when new ones are refused as well, the clock of this server is ahead: set it by NTP.',
  },
  {
    name: 'token of an actor where the issuer may not name actors',
    token: () => oauth({ sub: 'dana', act: { sub: 'backend' } }),
    kind: 'actor-claim',
    line: 'Refused (ERR_S2S_CLAIM_INVALID): the token is of an actor (act.sub "backend") that acts for somebody, and login may not name actors. Fix: set acceptsActorClaim: true on the issuer, if its actors may act for users.',
  },
  {
    name: 'actor of another issuer',
    token: () => oauth({ sub: 'dana', act: { sub: 'backend', iss: 'https://other.example' } }),
    options: changed('login', { acceptsActorClaim: true }),
    kind: 'actor-issuer',
    line: 'Refused (ERR_S2S_ACTOR_MISMATCH): the actor in "act" is of the issuer "https://other.example", and the token of "https://login.example.com". Fix: have the issuer of the token name the actor as its own client.',
  },
  {
    name: 'application that is not listed',
    token: () => oauth(),
    options: changed('login', { applications: ['billing'] }),
    kind: 'application-not-listed',
    line: 'Refused (ERR_S2S_APPLICATION_NOT_ALLOWED): the application (by its token "reporting", "reporting") is not listed in applications of login. Fix: add it to applications of the issuer, if it may call this server.',
  },
  {
    name: 'application that is listed in capitals',
    token: () => oauth(),
    options: changed('login', { applications: ['Reporting'] }),
    kind: 'application-case',
    line: 'Refused (ERR_S2S_APPLICATION_NOT_ALLOWED): the application is listed as Reporting, which differs in letter case from the token ("reporting", "reporting"). Fix: write it in applications exactly as the token has it.',
  },
  {
    name: 'resource of other applications',
    token: () => oauth({ scope: 'reports.read' }),
    context: { resources: { 'GET /reports/:id': { scope: 'reports.read', applications: [backend] } } },
    kind: 'resource-of-other-applications',
    line: 'Accepted: the application "reporting" of login calls on its own, but nothing is open to it: GET /reports/:id is refused (ERR_S2S_APPLICATION_NOT_ALLOWED), the resource is for other applications, and this one is "reporting" of login. Fix: add { issuer: \'login\', application: "reporting" } to applications of the resource, if it may use it.',
    isAccepted: true,
  },
  {
    name: 'resource for calls on behalf of a user',
    token: () => oauth({ scope: 'reports.read' }),
    context: { resources: { 'GET /reports/:id': { scope: 'reports.read', onBehalfOf: 'user' } } },
    kind: 'resource-for-users',
    line: 'Accepted: the application "reporting" of login calls on its own, but nothing is open to it: GET /reports/:id is refused (ERR_S2S_APP_ONLY_NOT_ALLOWED), the resource is for calls on behalf of a user (onBehalfOf: \'user\'), and the application calls on its own. Fix: have the application call for a user, or leave onBehalfOf out.',
    isAccepted: true,
  },
  {
    name: 'resource for calls on behalf of a user, and a token that does not tell',
    token: () => oauth({ sub: undefined }),
    context: { resources: { 'GET /reports/:id': { onBehalfOf: 'user' } } },
    kind: 'resource-for-users',
    line: 'Accepted: the application "reporting" of login calls for the user nothing, but nothing is open to it: GET /reports/:id is refused (ERR_S2S_APP_ONLY_NOT_ALLOWED), the resource is for calls on behalf of a user (onBehalfOf: \'user\'), and the token does not tell on whose behalf the call is. Fix: have the application call for a user, or leave onBehalfOf out.',
    isAccepted: true,
  },
  {
    name: 'resource for applications on their own, judged by a function',
    token: () => named(),
    context: { resources: { 'GET /reports/:id': { allows: () => true, onBehalfOf: 'nobody' } } },
    kind: 'resource-without-users',
    line: 'Accepted: the application "<client>" of farm calls for the user "s-1-5-21-1111111111-2222222222-333333333-1107", but nothing is open to it: GET /reports/:id is refused (ERR_S2S_DELEGATION_NOT_ALLOWED), the resource is for applications on their own (onBehalfOf: \'nobody\'), and the token does not say that this call is on behalf of nobody. Fix: have the application call as itself, or leave onBehalfOf out.',
    isAccepted: true,
  },
])
