import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import * as library from 'passport-s2s'
import * as doctor from 'passport-s2s/doctor'
import * as redis from 'passport-s2s/redis'
import * as openTelemetry from 'passport-s2s/opentelemetry'
import * as testing from 'passport-s2s/testing'
import * as verifier from 'passport-s2s/verifier'

/**
 * The law of what users may import. Adding a name here is a minor version, taking one away or renaming it a breaking one:
 * say so in CHANGELOG.md.
 */
const values = [
  'ConfigurationError',
  'IdentityError',
  'OutgoingError',
  'PermissionError',
  'ProofError',
  'RequestError',
  'S2SError',
  'S2SStrategy',
  'TokenError',
  'UnavailableError',
  'createErrorResponder',
  'createMemoryGrants',
  'createMemoryState',
  'createPairing',
  'createS2S',
  'createS2SFromFile',
  'decisionOf',
  'exchangeServer',
  'explainDecision',
  'generateSigningKey',
  'loadConfig',
  'principalOf',
  'protectResources',
  'readPairing',
  'requirePermission',
  'requireTls',
  'resourcesFromOpenApi',
  'sharePointServer',
  'skypeForBusinessServer',
  'workflowManager',
]

const types = [
  'AnswerOptions',
  'AuditEvent',
  'AuditEventName',
  'AuditSuspension',
  'CallInit',
  'CallMessage',
  'CallerCondition',
  'CallerDerivation',
  'CallerKind',
  'CallerKindRule',
  'CertificateEncoding',
  'CertificateHealth',
  'ClientCertificateOptions',
  'ClientSecretAuthentication',
  'Clock',
  'CodeOptions',
  'CommonIssuerOptions',
  'CompleteOptions',
  'ConfigDocument',
  'CoverageOptions',
  'CoveredRoute',
  'DecisionDerivation',
  'DecisionMessage',
  'DelegatedApplication',
  'DelegatedUsers',
  'DelegationLevel',
  'DelegationOptions',
  'DerivationEntry',
  'DiagnosticsEnd',
  'DiagnosticsFailure',
  'DiagnosticsMessage',
  'DpopClientOptions',
  'DpopNonceOptions',
  'DpopOptions',
  'ErrorCode',
  'ErrorKind',
  'ErrorResponderOptions',
  'FetchJsonOptions',
  'FindProfiles',
  'GenerateSigningKeyOptions',
  'GeneratedSigningKey',
  'Grant',
  'GrantStore',
  'IdentifiedUser',
  'IntrospectedForm',
  'IntrospectionIssuerOptions',
  'IssuerHealth',
  'JsonObject',
  'KeyRefreshMessage',
  'KillSwitch',
  'LoadConfigOptions',
  'LoadedConfig',
  'MemoryGrants',
  'MemoryStateOptions',
  'MetadataProduct',
  'MetadataRouterOptions',
  'Microsoft365BaseOptions',
  'Microsoft365Cloud',
  'Microsoft365IssuerOptions',
  'Microsoft365Tenants',
  'MutualTlsAuthentication',
  'NamedClients',
  'OAuthAuthentication',
  'OAuthDialectOptions',
  'OAuthIssuerOptions',
  'OAuthTokenOptions',
  'OpaqueFunction',
  'OpenApiOptions',
  'OpenApiResources',
  'OpenIdIssuerOptions',
  'OtherServerOptions',
  'OutgoingUser',
  'OutgoingUserAttribute',
  'OwnKeyHealth',
  'PairedSelf',
  'Pairing',
  'PairingFile',
  'PairingGrant',
  'PairingOptions',
  'PairingPermission',
  'PairingSelf',
  'Permission',
  'PermissionDerivation',
  'PrivateKeyAuthentication',
  'ProfileOptions',
  'ProfileQuery',
  'ProfileRight',
  'ProtectResourcesOptions',
  'Reference',
  'RemoteKeysOptions',
  'RequiredApplication',
  'ResourceMetadataOptions',
  'ResourceOptions',
  'ResourceRequirement',
  'ResourceTablesOptions',
  'Resources',
  'Right',
  'RollOverOptions',
  'RollOverState',
  'RouteCoverage',
  'RouteStatus',
  'RunningIssuers',
  'S2S',
  'S2SApplication',
  'S2SAuthenticateOptions',
  'S2SCertificateIssuerOptions',
  'S2SClient',
  'S2SClientOptions',
  'S2SDecision',
  'S2SFetchInit',
  'S2SFromFileOptions',
  'S2SHealth',
  'S2SIssuerOptions',
  'S2SMetadataIssuerOptions',
  'S2SOptions',
  'S2SPrincipal',
  'S2SServerOptions',
  'S2SState',
  'S2SUser',
  'S2SVerify',
  'S2SVerifyDone',
  'S2SVerifyPrincipal',
  'S2SVerifyWithRequest',
  'SelfOptions',
  'ServerDelegation',
  'ServerPreset',
  'ServerPresetOptions',
  'ServerProduct',
  'ShadowCount',
  'ShadowRefusal',
  'ShadowReport',
  'SigningKey',
  'SigningKeyOptions',
  'SigningKeys',
  'SigningKeysOptions',
  'StandaloneGuardOptions',
  'StaticIssuerOptions',
  'SuspendOptions',
  'Suspension',
  'SuspensionStore',
  'SuspensionSubject',
  'TextOrFile',
  'TlsClientCertificate',
  'TokenCacheHealth',
  'TokenSpelling',
  'TrustedIssuerOptions',
  'UserAttribute',
  'UserIdentifier',
  'UserProfile',
  'UserRights',
  'VerificationMessage',
  'VerifierOptions',
  'WorkflowManagerOptions',
]

const verifierValues = [
  'ConfigurationError',
  'IdentityError',
  'PermissionError',
  'ProofError',
  'S2SError',
  'TokenError',
  'UnavailableError',
  'createVerifier',
]

const verifierTypes = [
  'CertificateHealth',
  'IssuerHealth',
  'OwnKeyHealth',
  'Presented',
  'PresentedCertificate',
  'PresentedDpop',
  'ProvedCertificate',
  'S2SHealth',
  'S2SPrincipal',
  'TokenCacheHealth',
  'Verifier',
  'VerifierOptions',
]

const doctorValues = ['checkServer', 'checkTrust', 'explainToken', 'failureTable']

const doctorTypes = [
  'CheckName',
  'CheckTrustOptions',
  'CheckedServer',
  'Diagnosis',
  'DoctorOptions',
  'ExplainContext',
  'FailureCause',
  'Finding',
  'FormerKey',
  'RefusedResource',
  'ResourceExplanation',
  'Severity',
  'TokenCheck',
  'TokenExplanation',
]

const testingValues = [
  'createTestCertificate',
  'createTestClock',
  'createTestDpopKey',
  'createTestIssuer',
  'createTestKeyPair',
  'forgeToken',
  'forgedTokens',
  'serveOverHttps',
]

const testingTypes = [
  'Attack',
  'AttackedApp',
  'CommonTestIssuerOptions',
  'ExpectedRefusal',
  'ForgedTokensOptions',
  'Forgery',
  'ForgingKey',
  'IntrospectedTokenChanges',
  'IntrospectedUserTokenChanges',
  'IntrospectionTestIssuer',
  'IntrospectionTestIssuerOptions',
  'Members',
  'OAuthTestIssuer',
  'OAuthTestIssuerOptions',
  'OAuthTokenChanges',
  'OAuthUserTokenChanges',
  'RefusalProbes',
  'S2STestIssuer',
  'S2STestIssuerOptions',
  'S2SUserTokenChanges',
  'ServeOverHttpsOptions',
  'TestCertificate',
  'TestCertificateOptions',
  'TestClock',
  'TestDpopKey',
  'TestDpopKeyOptions',
  'TestIssuer',
  'TestIssuerOptions',
  'TestKeyPair',
  'TestKeyType',
  'TestProofOptions',
  'TestServer',
  'TokenChanges',
  'TokenPart',
]

describe('public exports', () => {
  it('passport-s2s exports exactly these values', () => {
    assert.deepEqual(Object.keys(library).sort(), values)
  })

  it('passport-s2s exports exactly these types', () => {
    assert.deepEqual(typeNamesOf('passport-s2s'), types)
  })

  it('passport-s2s/verifier exports exactly these values', () => {
    assert.deepEqual(Object.keys(verifier).sort(), verifierValues)
  })

  it('passport-s2s/verifier exports exactly these types', () => {
    assert.deepEqual(typeNamesOf('passport-s2s/verifier'), verifierTypes)
  })

  it('passport-s2s/opentelemetry exports exactly this', () => {
    assert.deepEqual(Object.keys(openTelemetry), ['instrument'])
    assert.deepEqual(typeNamesOf('passport-s2s/opentelemetry'), ['OpenTelemetryOptions'])
  })

  it('passport-s2s/doctor exports exactly these values and types', () => {
    assert.deepEqual(Object.keys(doctor).sort(), doctorValues)
    assert.deepEqual(typeNamesOf('passport-s2s/doctor'), doctorTypes)
  })

  it('passport-s2s/redis exports exactly these values and types', () => {
    assert.deepEqual(Object.keys(redis).sort(), [
      'ConfigurationError',
      'S2SError',
      'UnavailableError',
      'createRedisState',
    ])
    assert.deepEqual(typeNamesOf('passport-s2s/redis'), [
      'RedisClient',
      'RedisStateOptions',
      'RedisTransaction',
      'S2SState',
      'SuspensionStore',
    ])
  })

  it('passport-s2s/testing exports exactly these values', () => {
    assert.deepEqual(Object.keys(testing).sort(), testingValues)
  })

  it('passport-s2s/testing exports exactly these types', () => {
    assert.deepEqual(typeNamesOf('passport-s2s/testing'), testingTypes)
  })

  it('the door of the library is re-exports only', () => {
    const text = readFileSync(new URL(import.meta.resolve('passport-s2s')), 'utf8')
    const statements = text.split('\n').filter((line) => line !== '' && !line.startsWith('//'))
    assert.deepEqual(
      statements.filter((line) => !/^export \{.*\} from "\..*";$/.test(line)),
      [],
    )
  })

  it('what is exported as a function can be called by its name', () => {
    for (const [name, value] of Object.entries(library)) {
      assert.equal(typeof value, 'function', name)
      assert.equal(value.name, name)
    }
  })
})

/** The names of types in the declaration file beside a module: `export type { ... }` and `export interface`. */
function typeNamesOf(specifier: string): readonly string[] {
  const text = readFileSync(new URL(import.meta.resolve(specifier).replace(/\.js$/, '.d.ts')), 'utf8')
  const listed = [...text.matchAll(/^export type \{([^}]*)\}/gm)].flatMap(([, names = '']) => names.split(','))
  const declared = [...text.matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name = '']) => name)
  return [...listed, ...declared]
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .sort()
}
