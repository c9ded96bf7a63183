export { createS2S } from './create-s2s.ts'
export type { S2S } from './create-s2s.ts'
export type { RunningIssuers } from './running-issuers.ts'
export { createS2SFromFile } from './create-s2s-from-file.ts'
export type { CodeOptions, S2SFromFileOptions } from './config/file-options.ts'
export type { S2SServerOptions } from './server-options.ts'
export { loadConfig } from './config/load-config.ts'
export type { LoadConfigOptions } from './config/load-config.ts'
export type { ConfigDocument, LoadedConfig } from './config/config-document.ts'
export type { Reference } from './config/reference-schema.ts'
export type { ResourceTablesOptions } from './express/configured-tables.ts'
export type { NamedClients } from './own-clients.ts'
export { S2SStrategy } from './express/s2s-strategy.ts'
export type { S2SAuthenticateOptions } from './express/s2s-strategy.ts'
export { protectResources, requirePermission } from './express/protect-resources.ts'
export type { ProtectResourcesOptions } from './express/protect-resources.ts'
export type { CompleteOptions } from './express/routes/assert-complete.ts'
export type { RouteStatus } from './express/routes/judge-passage.ts'
export type { CoveredRoute, CoverageOptions, OpaqueFunction, RouteCoverage } from './express/routes/route-coverage.ts'
export type { MetadataRouterOptions } from './express/metadata-router.ts'
export { requireTls } from './express/require-tls.ts'
export { createErrorResponder } from './express/error-responder.ts'
export type { ErrorResponderOptions } from './express/error-responder.ts'
export { decisionOf, principalOf } from './express/request-record.ts'
export type { S2SDecision } from './express/request-record.ts'
export type { S2SOptions } from './express/authenticate-request.ts'
export type { AnswerOptions, StandaloneGuardOptions } from './express/guard-context.ts'
export type { ResourceMetadataOptions } from './express/resource-metadata-options.ts'
export type { ResourceOptions, Resources } from './express/resource-guard.ts'
export type { S2SVerify, S2SVerifyDone, S2SVerifyPrincipal, S2SVerifyWithRequest } from './express/verify-call.ts'
export { createMemoryState } from './state/memory-state.ts'
export type { MemoryStateOptions } from './state/memory-state.ts'
export type { S2SState, SuspensionStore } from './state/s2s-state.ts'
export type { KillSwitch } from './suspension/kill-switch.ts'
export type { SuspendOptions, Suspension, SuspensionSubject } from './suspension/suspension.ts'
export type { CertificateEncoding, ClientCertificateOptions } from './binding/client-certificate-options.ts'
export type { DpopNonceOptions, DpopOptions } from './binding/dpop-options.ts'
export type { CallerCondition, RequiredApplication } from './permissions/caller-condition.ts'
export { createMemoryGrants } from './permissions/grants.ts'
export type { Grant, GrantStore, MemoryGrants } from './permissions/grants.ts'
export type { UserRights, VerifierOptions } from './permissions/caller-options.ts'
export type { ResourceRequirement } from './permissions/requirement-forms.ts'
export type { ShadowCount, ShadowReport } from './permissions/shadow-counts.ts'
export type { ShadowRefusal } from './permissions/decide.ts'
export { resourcesFromOpenApi } from './permissions/openapi/resources-from-open-api.ts'
export type { OpenApiOptions, OpenApiResources } from './permissions/openapi/resources-from-open-api.ts'
export type { Permission } from './permissions/scope.ts'
export type { Right } from './permissions/rights.ts'
export { generateSigningKey } from './keys/generate-signing-key.ts'
export type { GeneratedSigningKey, GenerateSigningKeyOptions } from './keys/generate-signing-key.ts'
export type { SigningKey, SigningKeyOptions } from './keys/signing-key.ts'
export type { RollOverOptions, RollOverState, SigningKeys, SigningKeysOptions } from './keys/signing-keys.ts'
export type { MetadataProduct } from './metadata/build-s2s-metadata.ts'
export type { S2SClientOptions } from './outgoing/client-options.ts'
export type { IntrospectedForm, IntrospectionIssuerOptions } from './trust/introspection/introspection-options.ts'
export type {
  ClientSecretAuthentication,
  MutualTlsAuthentication,
  OAuthAuthentication,
  PrivateKeyAuthentication,
  TlsClientCertificate,
} from './oauth/client-authentication-options.ts'
export type { DpopClientOptions, OAuthTokenOptions } from './outgoing/oauth-options.ts'
export type { OutgoingUserAttribute } from './outgoing/outgoing-user.ts'
export { createPairing } from './outgoing/pairing.ts'
export type { OtherServerOptions, Pairing, PairingOptions, PairingSelf } from './outgoing/pairing.ts'
export { readPairing } from './outgoing/pairing.ts'
export type { PairedSelf, PairingFile, PairingGrant, PairingPermission } from './outgoing/pairing-file.ts'
export type { CallInit } from './outgoing/prepare-call.ts'
export { exchangeServer } from './outgoing/products/exchange-server.ts'
export type {
  ServerDelegation,
  ServerPreset,
  ServerPresetOptions,
  ServerProduct,
} from './outgoing/products/server-preset.ts'
export { sharePointServer } from './outgoing/products/share-point-server.ts'
export { skypeForBusinessServer } from './outgoing/products/skype-for-business-server.ts'
export { workflowManager } from './outgoing/products/workflow.ts'
export type { WorkflowManagerOptions } from './outgoing/products/workflow.ts'
export type { S2SClient, S2SFetchInit } from './outgoing/s2s-client.ts'
export type { OutgoingUser, TokenSpelling } from './outgoing/mint-token.ts'
export type {
  FindProfiles,
  ProfileOptions,
  ProfileQuery,
  ProfileRight,
  UserProfile,
} from './identity/rehydrate-user.ts'
export type { IdentifiedUser, UserAttribute, UserIdentifier } from './identity/user-attributes.ts'
export type { S2SApplication, S2SPrincipal, S2SUser } from './identity/principal.ts'
export type { CallerKind } from './identity/caller-kind.ts'
export type { SelfOptions } from './trust/self.ts'
export type { Microsoft365Cloud } from './trust/microsoft365-clouds.ts'
export type {
  Microsoft365BaseOptions,
  Microsoft365IssuerOptions,
  Microsoft365Tenants,
} from './trust/microsoft365-options.ts'
export type { CallerKindRule, OAuthDialectOptions } from './trust/oauth-dialect-options.ts'
export type {
  CommonIssuerOptions,
  DelegatedApplication,
  DelegatedUsers,
  DelegationLevel,
  DelegationOptions,
  OAuthIssuerOptions,
  OpenIdIssuerOptions,
  RemoteKeysOptions,
  S2SCertificateIssuerOptions,
  S2SIssuerOptions,
  S2SMetadataIssuerOptions,
  StaticIssuerOptions,
  TrustedIssuerOptions,
} from './trust/issuer-options.ts'
export type {
  AuditEvent,
  AuditEventName,
  AuditSuspension,
  CallerDerivation,
  DecisionDerivation,
  DerivationEntry,
  PermissionDerivation,
} from './audit/audit-event.ts'
export type { CertificateHealth, IssuerHealth, OwnKeyHealth, S2SHealth, TokenCacheHealth } from './audit/health.ts'
export type {
  CallMessage,
  DecisionMessage,
  DiagnosticsEnd,
  DiagnosticsFailure,
  DiagnosticsMessage,
  KeyRefreshMessage,
  VerificationMessage,
} from './audit/diagnostics-messages.ts'
export { explainDecision } from './permissions/explain-decision.ts'
export type { FetchJsonOptions } from './foundation/fetch-json.ts'
export type { JsonObject } from './foundation/parse-json.ts'
export type { TextOrFile } from './foundation/text-or-file.ts'
export type { Clock } from './foundation/clock.ts'
export type { ErrorCode, ErrorKind } from './foundation/error-codes.ts'
export {
  ConfigurationError,
  IdentityError,
  OutgoingError,
  PermissionError,
  ProofError,
  RequestError,
  S2SError,
  TokenError,
  UnavailableError,
} from './foundation/errors.ts'
