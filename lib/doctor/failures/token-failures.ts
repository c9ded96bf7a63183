import type { CodeOf } from '../../foundation/error-codes.ts'
import type { FailureCause } from '../failure-table.ts'
import type { TokenUseCode } from './token-use-failures.ts'

/** The usual causes of refused tokens (401): whoever asks for the token, or configured the issuer here, must act. */
export const tokenFailures: Readonly<
  Record<Exclude<CodeOf<'token'>, TokenUseCode>, readonly [FailureCause, ...FailureCause[]]>
> = {
  ERR_S2S_TOKEN_MALFORMED: [
    {
      cause: 'what was sent is an opaque token, not a JWT',
      fix: 'ask the issuer for a JWT access token for this API; often that means naming the audience (or resource) in the token request',
    },
    {
      cause: 'the token was cut off, or came with quotes, line breaks or the word Bearer in it',
      fix: 'send exactly the text that the issuer gave, once, after "Bearer "',
    },
    {
      cause: 'the token is encrypted (five segments)',
      fix: 'have the issuer send signed tokens that are not encrypted',
    },
  ],
  ERR_S2S_TOKEN_TOO_LARGE: [
    {
      cause: 'the token carries many groups, roles or scopes',
      fix: 'have the issuer leave out claims that this API does not need: a token may have 12288 characters',
    },
  ],
  ERR_S2S_TOKEN_TYPE: [
    { cause: 'an ID token was sent', fix: 'send the access token (access_token of the token answer)' },
    {
      cause: 'the issuer writes another "typ" into its tokens',
      fix: 'list it in acceptedTypes of the issuer, if its access tokens really have it',
    },
  ],
  ERR_S2S_ALGORITHM_NOT_ALLOWED: [
    {
      cause: 'the issuer signs with an algorithm that is not allowed for it',
      fix: 'list it in algorithms of the issuer, or have the issuer sign with RS256',
    },
    {
      cause: 'the token is unsigned, or signed with a shared secret (HS256)',
      fix: 'have the issuer sign with RS256 or ES256; secrets are never accepted',
    },
  ],
  ERR_S2S_HEADER_NOT_ALLOWED: [
    {
      cause: 'the header of the token brings a key or a mode of its own (crit, jwk, jku, x5u, x5c, cty...)',
      fix: 'have the issuer leave the parameter out; it is never accepted',
    },
  ],
  ERR_S2S_ISSUER_UNTRUSTED: [
    {
      cause: '"iss" of the token differs from the configured issuer by a slash, a letter or the tenant',
      fix: 'configure the issuer exactly as "iss" has it',
    },
    { cause: 'nobody configured this issuer', fix: 'add it to trustedIssuers, if you trust it' },
  ],
  ERR_S2S_KEY_UNKNOWN: [
    { cause: 'the issuer withdrew the key that signed the token', fix: 'get a new token' },
    {
      cause: 'the header names no key ("kid" or "x5t") and the issuer has several',
      fix: 'have the issuer name its key in the header',
    },
    {
      cause: 'the key is published, but cannot be used (too short, for encryption, broken)',
      fix: 'have the issuer publish an RSA key of at least 2048 bits, or an EC key, for signatures',
    },
  ],
  ERR_S2S_KEY_UNUSABLE: [
    {
      cause: 'the certificate of the key has expired, or is not valid yet',
      fix: 'have the issuer renew its certificate, and configure the new one here where certificates are configured',
    },
    { cause: 'the key is of another kind than the algorithm of the token', fix: 'have the issuer mend its key set' },
  ],
  ERR_S2S_SIGNATURE_INVALID: [
    { cause: 'the token was changed or cut off on its way', fix: 'send exactly the text that the issuer gave' },
    {
      cause: 'another key signed it than the one its header names',
      fix: 'have the issuer give each of its keys a "kid" of its own',
    },
  ],
  ERR_S2S_AUDIENCE_MISMATCH: [
    {
      cause: 'the token was issued for another API',
      fix: 'ask the issuer for a token for this API (scope, resource or audience of the token request)',
    },
    {
      cause: '"aud" is another spelling of this server: a slash, a port, another realm',
      fix: 'set audience (OAuth) or self (S2S) to what the tokens carry',
    },
  ],
  ERR_S2S_TOKEN_EXPIRED: [
    { cause: 'the token was kept too long', fix: 'get a new token shortly before "exp"' },
    { cause: 'the clock of this server is ahead', fix: 'set the clock by NTP' },
  ],
  ERR_S2S_TOKEN_NOT_YET_VALID: [
    {
      cause: 'the clock of this server or that of the issuer is off',
      fix: 'set both clocks by NTP; clockToleranceSeconds is for small differences only',
    },
  ],
  ERR_S2S_TOKEN_LIFETIME: [
    {
      cause: 'the issuer gives tokens that live longer than a day',
      fix: 'have the issuer give shorter ones, or raise maximumLifetimeSeconds of the issuer',
    },
    { cause: 'the issuer writes milliseconds into "exp"', fix: 'have it write seconds since 1970' },
  ],
  ERR_S2S_CLAIM_INVALID: [
    { cause: 'a claim is missing or has another type than the protocol says', fix: 'have the issuer write the claim' },
    {
      cause: 'the issuer is configured as another type than it is',
      fix: 'use s2s-metadata or s2s-certificate for S2S tokens, openid, static or microsoft365 for OAuth tokens',
    },
  ],
  ERR_S2S_ACTOR_MISMATCH: [
    {
      cause: 'the unsigned token and the actor token in it name different applications or audiences',
      fix: 'have the calling server write "nameid" of its actor token into "iss" of the outer token, and one "aud" into both',
    },
  ],
  ERR_S2S_REALM_MISMATCH: [
    {
      cause: 'the application, or the tenant, is of another realm than the issuer',
      fix: 'have the issuer name applications of its own realm only, or trust the issuer of that realm',
    },
  ],
  ERR_S2S_BROKER_REQUIRED: [
    {
      cause: 'the issuer speaks for an application other than itself and is not marked as a broker',
      fix: 'set isTrustBroker: true on the issuer, if it may vouch for all its applications',
    },
  ],
  ERR_S2S_DELEGATION_ABSENT: [
    {
      cause: 'the actor token does not say "trustedfordelegation"',
      fix: 'have the calling server trust the application for delegation, or send the actor token alone',
    },
  ],
  ERR_S2S_TOKEN_INACTIVE: [
    {
      cause: 'the token was revoked, has ended, or was never made by this issuer',
      fix: 'get a new token from the issuer',
    },
    {
      cause: 'the issuer does not tell this client about tokens of others',
      fix: 'allow the client of this server to introspect the tokens of this API at the issuer',
    },
  ],
}
