import { changed, describeFaults, oauth, parts, sound } from '../support/faulty-tokens.ts'

const jkt = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'

describeFaults('kinds of tokens', [
  {
    name: 'ID token sent instead of an access token',
    token: () => oauth({ aud: 'web-client', nonce: 'n-0S6', at_hash: 'x', client_id: undefined }),
    kind: 'id-token',
    line: 'Refused (ERR_S2S_AUDIENCE_MISMATCH): this is an ID token, which is for the client that signed the user in. Fix: send the access token (access_token of the token answer).',
  },
  {
    name: 'ID token of Cognito',
    token: () => oauth({ token_use: 'id' }),
    options: changed('login', { callerKind: 'cognito' }),
    kind: 'id-token',
    line: 'Refused (ERR_S2S_TOKEN_TYPE): this is an ID token, which is for the client that signed the user in. Fix: send the access token (access_token of the token answer).',
  },
  {
    name: 'refresh token of Keycloak',
    token: () => oauth({ typ: 'Refresh' }),
    options: changed('login', { callerKind: 'keycloak' }),
    kind: 'refresh-token',
    line: 'Refused (ERR_S2S_TOKEN_TYPE): this is a refresh token, which is for the issuer only. Fix: exchange it at the issuer and send the access token.',
  },
  {
    name: 'token of Keycloak that is of another kind',
    token: () => oauth({ typ: 'Other' }),
    options: changed('login', { callerKind: 'keycloak' }),
    kind: 'token-type',
    line: 'Refused (ERR_S2S_TOKEN_TYPE): "typ" is not Bearer. Fix: send the access token (access_token of the token answer).',
  },
  {
    name: 'typ that is no text',
    token: () => oauth({}, { header: { typ: 7 } }),
    kind: 'token-type',
    line: 'Refused (ERR_S2S_TOKEN_TYPE): the header parameter "typ" is not a short text. Fix: send the access token (access_token of the token answer).',
  },
  {
    name: 'logout token',
    token: () => oauth({ events: {} }),
    kind: 'event-token',
    line: 'Refused (ERR_S2S_TOKEN_TYPE): this is a logout token or security event, not an access token. Fix: send the access token (access_token of the token answer).',
  },
  {
    name: 'DPoP proof sent as the token',
    token: () => oauth({}, { header: { typ: 'dpop+jwt' } }),
    kind: 'dpop-proof',
    line: 'Refused (ERR_S2S_TOKEN_TYPE): this is a DPoP proof, not the access token. Fix: send the access token in Authorization, and the proof in the header DPoP.',
  },
  {
    name: 'wrong typ',
    token: () => oauth({}, { header: { typ: 'access+jwt' } }),
    kind: 'type-other',
    line: 'Refused (ERR_S2S_TOKEN_TYPE): "typ" is "access+jwt", and login may use jwt, at+jwt, application/at+jwt only. Fix: list it in acceptedTypes of the issuer, if its access tokens really have it.',
  },
  {
    name: 'missing typ where strict demands it',
    token: () => oauth({}, { header: { typ: undefined } }),
    options: changed('login', { strict: true }),
    kind: 'type-missing',
    line: 'Refused (ERR_S2S_TOKEN_TYPE): the header has no "typ", and strict demands at+jwt. Fix: have the issuer write RFC 9068 tokens, or leave out strict.',
  },
  {
    name: 'wrong typ of the outer token',
    token: () => parts.forgeOuter({ header: { typ: 'at+jwt' } }),
    kind: 'type-other',
    line: 'Refused (ERR_S2S_TOKEN_TYPE): "typ" is "at+jwt" in the outer token, and farm may use jwt only. Fix: list it in acceptedTypes of the issuer, if its access tokens really have it.',
  },
  {
    name: 'DPoP-bound token sent as Bearer',
    token: () => oauth({ cnf: { jkt } }),
    kind: 'dpop-token-as-bearer',
    line: 'Refused (ERR_S2S_TOKEN_BOUND): the token is bound to a DPoP key (cnf.jkt), and this server accepts no DPoP proofs. Fix: set the option dpop, or have the client ask for a token without DPoP.',
  },
  {
    name: 'certificate-bound token sent as Bearer',
    token: () => oauth({ cnf: { 'x5t#S256': jkt } }),
    kind: 'bound-token-as-bearer',
    line: 'Refused (ERR_S2S_TOKEN_BOUND): the token is bound to a client certificate (cnf.x5t#S256), and this server accepts no proof of it. Fix: set the option clientCertificates, or have the client ask for a token without binding.',
  },
  {
    name: 'DPoP-bound token that is good, and came without its proof',
    token: () => oauth({ cnf: { jkt } }),
    options: { ...sound, dpop: {} },
    kind: 'proof-missing',
    line: 'Refused (ERR_S2S_TOKEN_BOUND): the token is bound to a DPoP key ("jkt") and came without proof. Fix: send it as "Authorization: DPoP" with a DPoP proof of that key in each request; the token itself is good.',
  },
  {
    name: 'token that is bound to more than can be proved here',
    token: () => oauth({ cnf: { jkt, kid: 'one' } }),
    options: { ...sound, dpop: {} },
    kind: 'confirmation-unknown',
    line: 'Refused (ERR_S2S_TOKEN_BOUND): "cnf" has a member other than "jkt" and "x5t#S256". Fix: have the issuer bind its tokens by "jkt" or "x5t#S256" alone, or ask for a token without binding.',
  },
  {
    name: 'plain token of an issuer whose tokens must be bound',
    token: () => oauth(),
    options: changed('login', { dpop: 'required' }, { dpop: {} }),
    kind: 'token-not-bound',
    line: 'Refused (ERR_S2S_TOKEN_NOT_BOUND): the token is not bound to a DPoP key ("jkt"), as those of its issuer must be. Fix: have the client ask for a bound token, with a DPoP proof or its client certificate in the token request.',
  },
  {
    name: 'token bound in another way',
    token: () => oauth({ cnf: 'x' }),
    kind: 'confirmation-unknown',
    line: 'Refused (ERR_S2S_TOKEN_BOUND): "cnf" has a member other than "jkt" and "x5t#S256". Fix: have the issuer bind its tokens by "jkt" or "x5t#S256" alone, or ask for a token without binding.',
  },
  {
    name: 'claim that RFC 9068 demands and strict misses',
    token: () => oauth({ client_id: undefined }),
    options: changed('login', { strict: true }),
    kind: 'claim-missing',
    line: 'Refused (ERR_S2S_CLAIM_INVALID): "client_id" is missing. Fix: have the issuer write the claim.',
  },
  {
    name: 'token that names no application',
    token: () => oauth({ client_id: undefined }),
    kind: 'application-missing',
    line: 'Refused (ERR_S2S_CLAIM_INVALID): the token names no application (client_id, azp, appid, cid). Fix: set callerKind to the kind of the issuer (entra, auth0, okta...), or have it write client_id.',
  },
])
