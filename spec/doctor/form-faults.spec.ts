import { describeFaults, farm, oauth } from '../support/faulty-tokens.ts'

describeFaults('texts', [
  {
    name: 'opaque token',
    token: () => 'mF_9.B5f-4.1JqM'.replaceAll('.', ''),
    kind: 'opaque-token',
    line: 'Refused (ERR_S2S_TOKEN_MALFORMED): this is an opaque token, not a JWT: it does not begin with a header. Fix: ask the issuer for a JWT access token for this API; often that means naming the audience (or resource) in the token request; or trust its issuer with type introspection.',
  },
  {
    name: 'SAML assertion',
    token: () => '<saml:Assertion/>',
    kind: 'saml-token',
    line: 'Refused (ERR_S2S_TOKEN_MALFORMED): this is a SAML assertion, not a JWT. Fix: ask the issuer for a JWT access token for this API; often that means naming the audience (or resource) in the token request.',
  },
  {
    name: 'answer of the token endpoint sent as a whole',
    token: () => '{"access_token":"x"}',
    kind: 'json-token',
    line: 'Refused (ERR_S2S_TOKEN_MALFORMED): this is JSON, perhaps the whole answer of the token endpoint. Fix: send only the value of its member access_token.',
  },
  {
    name: 'encrypted token',
    token: () => 'eyJh.a.b.c.d',
    kind: 'encrypted-token',
    line: 'Refused (ERR_S2S_TOKEN_MALFORMED): this is an encrypted token (five segments), which is never decrypted here. Fix: have the issuer send signed tokens that are not encrypted.',
  },
  {
    name: 'two tokens in one',
    token: async () => `${await oauth()}.${await oauth()}`,
    kind: 'several-tokens',
    line: 'Refused (ERR_S2S_TOKEN_MALFORMED): the text has 6 segments: more than one token. Fix: send exactly the text that the issuer gave, once, after the word Bearer.',
  },
  {
    name: 'token without anything',
    token: () => '',
    kind: 'no-token',
    line: 'Refused (ERR_S2S_TOKEN_MALFORMED): there is no token. Fix: send exactly the text that the issuer gave, once, after the word Bearer.',
  },
  {
    name: 'word Bearer without a token',
    token: () => 'Bearer ',
    kind: 'no-token',
    line: 'Refused (ERR_S2S_TOKEN_MALFORMED): there is no token, only spaces or line breaks and the word Bearer. Fix: send exactly the text that the issuer gave, once, after the word Bearer.',
  },
  {
    name: 'Bearer prefix twice',
    token: async () => `Bearer Bearer ${await oauth()}`,
    kind: 'copied-along',
    line: 'Refused (ERR_S2S_TOKEN_MALFORMED): the text has the word Bearer twice in it besides the token. Fix: send exactly the text that the issuer gave, once, after the word Bearer.',
  },
  {
    name: 'whole header copied',
    token: async () => `Authorization: Bearer ${await oauth()}`,
    kind: 'copied-along',
    line: 'Refused (ERR_S2S_TOKEN_MALFORMED): the text has the name of the header and the word Bearer in it besides the token. Fix: send exactly the text that the issuer gave, once, after the word Bearer.',
  },
  {
    name: 'token in quotes',
    token: async () => `"${await oauth()}"`,
    kind: 'copied-along',
    line: 'Refused (ERR_S2S_TOKEN_MALFORMED): the text has quotes in it besides the token. Fix: send exactly the text that the issuer gave, once, after the word Bearer.',
  },
  {
    name: 'token with line breaks',
    token: async () => (await oauth()).replace(/(.{76})/g, '$1\n'),
    kind: 'copied-along',
    line: 'Refused (ERR_S2S_TOKEN_MALFORMED): the text has spaces or line breaks in it besides the token. Fix: send exactly the text that the issuer gave, once, after the word Bearer.',
  },
  {
    name: 'token that was cut off by copying',
    token: async () => (await oauth()).slice(0, 60),
    kind: 'truncated',
    line: 'Refused (ERR_S2S_TOKEN_MALFORMED): the token is cut off: a JWT has three segments. Fix: send exactly the text that the issuer gave, once, after the word Bearer.',
  },
  {
    name: 'token that was cut off with dots',
    token: async () => `${(await oauth()).slice(0, -30)}...`,
    kind: 'truncated',
    line: 'Refused (ERR_S2S_TOKEN_MALFORMED): the token is cut off: it ends with dots. Fix: send exactly the text that the issuer gave, once, after the word Bearer.',
  },
  {
    name: 'token that ends within a byte',
    token: async () => (await farm.appOnlyToken()).slice(0, -1),
    kind: 'truncated',
    line: 'Refused (ERR_S2S_TOKEN_MALFORMED): a segment ends in the middle of a byte: the token is cut off. Fix: send exactly the text that the issuer gave, once, after the word Bearer.',
  },
  {
    name: 'token with padding',
    token: async () => `${await oauth()}==`,
    kind: 'wrong-alphabet',
    line: 'Refused (ERR_S2S_TOKEN_MALFORMED): the token has characters that base64url has not (=, +, / or %): something encoded it again. Fix: send exactly the text that the issuer gave, once, after the word Bearer.',
  },
  {
    name: 'opaque token with dots',
    token: () => 'mF_9.B5f-4.1JqM',
    kind: 'opaque-token',
    line: 'Refused (ERR_S2S_TOKEN_MALFORMED): this is an opaque token, not a JWT: it does not begin with a header. Fix: ask the issuer for a JWT access token for this API; often that means naming the audience (or resource) in the token request; or trust its issuer with type introspection.',
  },
  {
    name: 'token whose parts are no JSON',
    token: () => 'eyJh.YWJj.YWJj',
    kind: 'malformed',
    line: 'Refused (ERR_S2S_TOKEN_MALFORMED): a segment is not a JSON object with unique member names. Fix: have the issuer make its tokens as RFC 7519 says.',
  },
  {
    name: 'token that is too large',
    token: () => oauth({ groups: 'g'.repeat(12_000) }),
    kind: 'token-too-large',
    line: 'Refused (ERR_S2S_TOKEN_TOO_LARGE): the token is longer than 12288 characters. Fix: have the issuer leave out claims that this API does not need: a token may have 12288 characters.',
  },
  {
    name: 'header that brings its own key',
    token: () => oauth({}, { header: { jku: 'https://attacker.example' } }),
    kind: 'header-not-allowed',
    line: 'Refused (ERR_S2S_HEADER_NOT_ALLOWED): the header parameter "jku" is never accepted. Fix: have the issuer leave the parameter out; it is never accepted.',
  },
])
