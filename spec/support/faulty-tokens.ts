import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DoctorOptions } from '../../lib/doctor/doctor-options.ts'
import { explainToken, type ExplainContext } from '../../lib/doctor/explain-token.ts'
import { S2SError } from '../../lib/foundation/errors.ts'
import type { TrustedIssuerOptions } from '../../lib/trust/issuer-options.ts'
import { createVerifier, type VerifierOptions } from '../../lib/verifier.ts'
import { makeCertificate, type TestCertificate } from './certificates.ts'
import { fixedClock, NOW } from './clock.ts'
import { callingApplication, entraClouds, entraKey } from './entra.ts'
import { makeFarm, type Farm } from './farm.ts'
import { makeOAuthIssuer, type OAuthIssuer, type OAuthTokenChanges } from './oauth-issuer.ts'
import { takeApart, type TokenParts } from './token-parts.ts'
import { signedJwt } from './tokens.ts'
import { dana, oauthAudience, s2sAudience, self } from './world.ts'

/** Names of the stories. */
export const client = '4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28'
export const broker = 'a1d2c3b4-0e5f-4a6b-8c7d-9e8f7a6b5c4d'
export const otherRealm = '52aa6841-b76b-4ed4-a3d7-a259fce1dfa2'
const tenant = '3f0d2c52-8a1e-4b7c-9d55-6f2b1a7c9e01'
export const otherTenant = '8c5e1f27-4d3b-4a90-b6e8-0d9c7a5b2f14'

/** Signs for the farm, and for Entra. */
export const certificate: TestCertificate = await makeCertificate({ commonName: 'Farm' })

/** A trust broker in our realm, and its tokens taken apart. */
export const farm: Farm = await makeFarm({
  ...{ realm: self.realm, clientId: client, issuerId: broker, audience: s2sAudience, clock: fixedClock },
  certificate,
})
export const parts: TokenParts = await takeApart(farm)

/** A trusted OAuth issuer. */
export const login: OAuthIssuer = makeOAuthIssuer({
  ...{ issuer: 'https://login.example.com', audience: oauthAudience, clock: fixedClock },
  algorithms: ['ES256', 'RS256'],
})

const trust: Readonly<Record<'login' | 'farm', TrustedIssuerOptions>> = {
  login: { type: 'static', name: 'login', issuer: login.issuer, jwks: login.jwks() },
  farm: {
    type: 's2s-certificate',
    name: 'farm',
    registeredIssuerName: farm.issuerName,
    certificates: certificate.certificatePem,
    isTrustBroker: true,
    allowDelegation: { applications: [client] },
  },
}

/** A server without a fault: it trusts both, and the farm's application holds `reports.read`. */
export const sound: DoctorOptions = {
  self,
  audience: oauthAudience,
  clock: fixedClock,
  trustedIssuers: [trust.login, trust.farm],
  grants: [{ issuer: 'farm', application: client, permissions: ['reports.read'], appOnly: true }],
  userRights: 'checked-by-handler',
}

/** The same server with other options of one issuer, and with other options of its own. */
export function changed(name: 'login' | 'farm', changes: object, more: Partial<VerifierOptions> = {}): DoctorOptions {
  const trustedIssuers = [trust.login, trust.farm].map((entry) =>
    entry === trust[name] ? { ...entry, ...changes } : entry,
  )
  return { ...sound, trustedIssuers, ...more }
}

/** The same server with other grants for the farm's application. */
export function granting(...grants: readonly object[]): DoctorOptions {
  const usual = { issuer: 'farm', application: client, permissions: ['reports.read'], appOnly: true }
  return changed('farm', {}, { grants: grants.map((grant) => ({ ...usual, ...grant })) })
}

/** The same server with profiles: each look-up finds those with these ids. */
export function withProfiles(ids: readonly string[], userStores?: Readonly<Record<string, string>>): DoctorOptions {
  return changed('farm', {}, {
    findProfiles: () => ids.map((id) => ({ id })),
    ...(userStores === undefined ? {} : { profileOptions: { userStores } }),
  }) // prettier-ignore
}

/** The issuers of one Entra tenant. */
function entraIssuer(version: 'v1' | 'v2', of: string = tenant): string {
  const { v1, login: host } = entraClouds.global
  return version === 'v1' ? `https://${v1}/${of}/` : `https://${host}/${of}/v2.0`
}

/** A server that trusts one of them, and nobody else. */
export function trustingEntra(version: 'v1' | 'v2'): DoctorOptions {
  const jwks = { keys: [entraKey(certificate)] }
  return {
    ...sound,
    grants: [],
    trustedIssuers: [{ type: 'static', name: 'entra', issuer: entraIssuer(version), jwks }],
  }
}

/** A token of an Entra tenant. */
export function entraToken(version: 'v1' | 'v2', of: string = tenant): Promise<string> {
  const dates = { iat: NOW, nbf: NOW, exp: NOW + 600 }
  const claims = { ...dates, aud: oauthAudience, iss: entraIssuer(version, of), tid: of, azp: callingApplication }
  const header = { typ: 'JWT', kid: certificate.x5t }
  return signedJwt({ header, claims, algorithm: 'RS256', key: certificate.privateKey })
}

/** A token of the OAuth issuer with other claims. */
export function oauth(claims: OAuthTokenChanges['claims'] = {}, more: OAuthTokenChanges = {}): Promise<string> {
  return login.token({ claims, ...more })
}

/** A token of the farm's application for a user. */
export function named(user: Readonly<Record<string, unknown>> = dana): Promise<string> {
  return farm.userToken(user)
}

/** A table of one resource. */
export const reports: ExplainContext = { resources: { 'GET /reports/:id': 'reports.read' } }

/** One thing that is wrong, and what must be said of it. */
export interface TokenFault {
  readonly name: string
  readonly token: () => string | Promise<string>
  /** Default: the sound server. */
  readonly options?: DoctorOptions
  readonly context?: ExplainContext
  readonly kind: string
  /** The whole first line, with `<client>` and so on in the place of identifiers. */
  readonly line: string
  /** Whether the token is accepted, and the fault shows at the resources. */
  readonly isAccepted?: true
}

/** Explains every fault; the first line must be exactly the one that is written down. */
export function describeFaults(title: string, faults: readonly TokenFault[]): void {
  describe(`explainToken: ${title}`, () => {
    for (const fault of faults) {
      it(`names the cause: ${fault.name}`, async () => {
        await holdFault(fault)
      })
    }
  })
}

async function holdFault({ token: make, options = sound, context = {}, kind, line }: TokenFault): Promise<void> {
  const token = await make()
  const explanation = await explainToken(options, token, context)
  assert.equal(withNames(explanation.verdict), line)
  assert.equal(explanation.kind, kind)
  const refusal = await refusalOf(options, token)
  assert.equal(explanation.accepted, refusal === undefined)
  assert.equal(explanation.code, refusal instanceof S2SError ? refusal.code : undefined)
  const failed = explanation.checks.filter(({ outcome }) => outcome === 'failed')
  assert.equal(failed.length, explanation.accepted ? 0 : 1)
  for (const part of token.split(/[.\s]/)) {
    assert.ok(part.length < 12 || !JSON.stringify(explanation).includes(part), 'a part of the token is printed')
  }
}

async function refusalOf(options: DoctorOptions, token: string): Promise<unknown> {
  const verifier = createVerifier(options)
  try {
    await verifier.verify(token)
    return undefined
  } catch (error) {
    return error
  } finally {
    verifier.close()
  }
}

const identifiers = { client, broker, realm: self.realm, server: self.clientId, otherRealm, tenant, otherTenant }

/** Identifiers by their names; in capitals where they are. */
function withNames(text: string): string {
  return Object.entries(identifiers).reduce(
    (line, [name, value]) =>
      line.replaceAll(value, `<${name}>`).replaceAll(value.toUpperCase(), `<${name.toUpperCase()}>`),
    text.replace(/the certificate [\w-]{27} /g, 'the certificate <x5t> '),
  )
}
