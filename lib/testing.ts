export { createTestIssuer } from './testing/create-test-issuer.ts'
export type { TestIssuer } from './testing/create-test-issuer.ts'
export type { OAuthTestIssuer, OAuthTokenChanges, OAuthUserTokenChanges } from './testing/oauth-test-issuer.ts'
export type { S2STestIssuer, S2SUserTokenChanges } from './testing/s2s-test-issuer.ts'
export type {
  CommonTestIssuerOptions,
  OAuthTestIssuerOptions,
  S2STestIssuerOptions,
  TestIssuerOptions,
} from './testing/test-issuer-options.ts'
export type { Members, TokenChanges } from './testing/token-changes.ts'
export { createTestClock } from './testing/test-clock.ts'
export type { TestClock } from './testing/test-clock.ts'
export { createTestCertificate } from './testing/test-certificate.ts'
export type { TestCertificate, TestCertificateOptions } from './testing/test-certificate.ts'
export { createTestKeyPair } from './testing/test-key-pair.ts'
export type { TestKeyPair, TestKeyType } from './testing/test-key-pair.ts'
export { forgeToken } from './testing/forge-token.ts'
export type { Forgery, ForgingKey, TokenPart } from './testing/forge-token.ts'
export { serveOverHttps } from './testing/serve-over-https.ts'
export type { TestServer } from './testing/serve-over-https.ts'
export { forgedTokens } from './testing/forged-tokens.ts'
export type { ForgedTokensOptions } from './testing/forged-tokens.ts'
export type { Attack, AttackedApp, ExpectedRefusal, RefusalProbes } from './testing/attack.ts'
export { createTestDpopKey } from './testing/test-dpop-key.ts'
export type { TestDpopKey, TestDpopKeyOptions, TestProofOptions } from './testing/test-dpop-key.ts'
