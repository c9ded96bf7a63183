import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import express from 'express'
import type { DoctorOptions } from '../../../lib/doctor/doctor-options.ts'
import { checkServer, type CheckedServer } from '../../../lib/doctor/server/check-server.ts'
import { createMemoryGrants } from '../../../lib/permissions/grants.ts'
import { changed, client, farm, granting, sound, trustingEntra } from '../../support/faulty-tokens.ts'
import { oauthAudience, self } from '../../support/world.ts'

interface ServerFault {
  readonly name: string
  readonly server?: CheckedServer
  readonly options?: DoctorOptions
  readonly kind: string
  readonly severity: 'error' | 'warning'
  readonly issuer?: string
  readonly sentence: string
  readonly fix: string
}

/** An application with this setting of `trust proxy`. */
function proxied(setting?: unknown): { readonly app: express.Express } {
  const app = express()
  if (setting !== undefined) app.set('trust proxy', setting)
  return { app }
}

/** A request from a proxy at 10.0.0.7 over plain http, with these headers. */
const sample = (headers: Readonly<Record<string, string>>): Pick<CheckedServer, 'sampleRequest'> => ({
  sampleRequest: { headers, socket: { remoteAddress: '10.0.0.7' } },
})
const https = { 'x-forwarded-proto': 'https' }
const login = sound.trustedIssuers[0] ?? assert.fail()
const s2sOnly: DoctorOptions = { ...sound, trustedIssuers: sound.trustedIssuers.slice(1) }
const otherRealm = '52aa6841-b76b-4ed4-a3d7-a259fce1dfa2'
const findProfiles = (): [] => []

const faults: readonly ServerFault[] = [
  {
    name: 'proxy in front without trust proxy, as the user says',
    server: { ...proxied(), isBehindProxy: true },
    kind: 'proxy-not-trusted',
    severity: 'error',
    sentence:
      'TLS ends at a proxy in front, and trust proxy is not set: every request looks like plain http and is refused (ERR_S2S_TLS_REQUIRED).',
    fix: "app.set('trust proxy', <address of the proxy>), such as 'loopback'.",
  },
  {
    name: 'proxy in front without trust proxy, as a request shows',
    server: { ...proxied(), ...sample(https) },
    kind: 'proxy-not-trusted',
    severity: 'error',
    sentence:
      'TLS ends at a proxy in front, and trust proxy is not set: every request looks like plain http and is refused (ERR_S2S_TLS_REQUIRED).',
    fix: "app.set('trust proxy', <address of the proxy>), such as 'loopback'.",
  },
  {
    name: 'spoofable trust proxy: true',
    server: proxied(true),
    kind: 'any-proxy-trusted',
    severity: 'error',
    sentence: '"trust proxy" is true: any client that reaches this server directly can say that it came over https.',
    fix: "Set it to the address of the proxy, such as 'loopback'.",
  },
  {
    name: 'spoofable trust proxy: true, by its setting alone',
    server: { trustProxy: true },
    kind: 'any-proxy-trusted',
    severity: 'error',
    sentence: '"trust proxy" is true: any client that reaches this server directly can say that it came over https.',
    fix: "Set it to the address of the proxy, such as 'loopback'.",
  },
  {
    name: 'trust proxy that counts hops',
    server: proxied(1),
    kind: 'hops-trusted',
    severity: 'warning',
    sentence: '"trust proxy" is a number of hops: whoever reaches this server directly is taken for the proxy.',
    fix: 'Set it to the address of the proxy, or let nobody but the proxy reach this server.',
  },
  {
    name: 'proxy at an address that trust proxy does not name',
    server: { ...proxied('loopback'), ...sample(https) },
    kind: 'proxy-address',
    severity: 'error',
    sentence:
      'The address that requests come from, 10.0.0.7, is not one that trust proxy names: requests are refused (ERR_S2S_TLS_REQUIRED).',
    fix: 'Add the address of the proxy to trust proxy.',
  },
  {
    name: 'proxy that adds to the header',
    server: { ...proxied('10.0.0.0/8'), ...sample({ 'x-forwarded-proto': 'https, http' }) },
    kind: 'proxy-appends',
    severity: 'error',
    sentence:
      'The proxy adds to X-Forwarded-Proto instead of replacing it, so that what the client wrote stays: requests are refused (ERR_S2S_TLS_REQUIRED).',
    fix: 'Have the proxy set the header (nginx: proxy_set_header; haproxy: http-request set-header).',
  },
  {
    name: 'proxy that was called over http',
    server: { ...proxied('10.0.0.0/8'), ...sample({ 'x-forwarded-proto': 'http' }) },
    kind: 'proxy-says-http',
    severity: 'error',
    sentence: 'The proxy says that the request came over plain http: requests are refused (ERR_S2S_TLS_REQUIRED).',
    fix: 'Call the proxy over https; behind a second proxy, let the first one set X-Forwarded-Proto.',
  },
  {
    name: 'proxy that writes Forwarded only',
    server: { ...proxied('10.0.0.0/8'), ...sample({ forwarded: 'proto=https' }) },
    kind: 'forwarded-only',
    severity: 'error',
    sentence:
      'The proxy writes the header Forwarded only, which is not read: requests are refused (ERR_S2S_TLS_REQUIRED).',
    fix: 'Have the proxy write X-Forwarded-Proto.',
  },
  {
    name: 'plain http',
    server: { ...proxied(), ...sample({}) },
    kind: 'plain-http',
    severity: 'error',
    sentence:
      'The request came over plain http and no proxy says otherwise: requests are refused (ERR_S2S_TLS_REQUIRED).',
    fix: 'Serve https, or have the proxy in front write X-Forwarded-Proto and set trust proxy to its address.',
  },
  {
    name: 'address of a peer that is none',
    server: { ...proxied('loopback'), sampleRequest: { headers: https, socket: {} } },
    kind: 'proxy-address',
    severity: 'error',
    sentence:
      'The address that requests come from, unknown, is not one that trust proxy names: requests are refused (ERR_S2S_TLS_REQUIRED).',
    fix: 'Add the address of the proxy to trust proxy.',
  },

  {
    name: 'http metadata address',
    options: {
      ...sound,
      trustedIssuers: [{ type: 's2s-metadata', metadataEndpoint: 'http://farm.example/metadata/json/1' }],
    },
    kind: 'not-https',
    severity: 'error',
    sentence: 'trustedIssuers[0].metadataEndpoint must be an https address without credentials or fragment.',
    fix: 'Change the option as the sentence says: the server does not start with it.',
  },
  {
    name: 'allowDelegation without userRights',
    options: changed('farm', {}, { userRights: undefined as never }),
    kind: 'delegation-without-user-rights',
    severity: 'error',
    sentence:
      "farm allows delegation: give userRights(user, request) or findProfiles, or write userRights: 'checked-by-handler'.",
    fix: 'Change the option as the sentence says: the server does not start with it.',
  },
  {
    name: 'grant for an application of an unknown issuer',
    options: granting({ issuer: 'fram' }),
    kind: 'grant-issuer-unknown',
    severity: 'error',
    sentence:
      "grants[0].issuer is not among trustedIssuers; write the issuer's name or iss: login, https://login.example.com, farm, a1d2c3b4-0e5f-4a6b-8c7d-9e8f7a6b5c4d@7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011.",
    fix: 'Change the option as the sentence says: the server does not start with it.',
  },
  {
    name: 'grant in a store for an issuer that is unknown',
    options: changed(
      'farm',
      {},
      { grants: createMemoryGrants([{ issuer: 'fram', application: client, permissions: ['reports.read'] }]) },
    ),
    kind: 'grant-issuer-unknown',
    severity: 'error',
    sentence:
      'The grant for 4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28 is for the issuer fram, which is not among trustedIssuers.',
    fix: 'Write the name of a trusted issuer.',
  },
  {
    name: 'mistyped option',
    options: { ...sound, audiense: 'x' } as unknown as DoctorOptions,
    kind: 'configuration',
    severity: 'error',
    sentence: 'options.audiense is unknown; did you mean `audience`?',
    fix: 'Change the option as the sentence says: the server does not start with it.',
  },
  {
    name: 'plain http that is allowed',
    options: { ...sound, dangerouslyAllowPlainHttp: true },
    kind: 'plain-http-allowed',
    severity: 'error',
    sentence: 'dangerouslyAllowPlainHttp is on: every token that comes over plain http is exposed.',
    fix: 'Leave it out everywhere but on your own machine.',
  },
  {
    name: 'issuer in capitals',
    options: changed('login', { issuer: 'https://Login.example.com' }),
    kind: 'issuer-upper-case',
    severity: 'warning',
    issuer: 'login',
    sentence: 'The host of the issuer https://Login.example.com has capitals, and issuers write it in lower case.',
    fix: 'Write it exactly as the tokens have it: it is compared to the letter.',
  },
  {
    name: 'issuer that is http',
    options: changed('login', { issuer: 'http://login.example.com' }),
    kind: 'issuer-http',
    severity: 'warning',
    issuer: 'login',
    sentence: 'The issuer http://login.example.com is http, and issuers name themselves with https.',
    fix: 'Write it exactly as the tokens have it: it is compared to the letter.',
  },
  {
    name: 'audience with a slash',
    options: { ...sound, audience: `${oauthAudience}/` },
    kind: 'audience-slash',
    severity: 'warning',
    sentence: 'The audience https://reports.example.com/ ends with a slash: tokens without it are refused.',
    fix: 'Write it exactly as the tokens have it: it is compared to the letter.',
  },
  {
    name: 'audience of one issuer in capitals',
    options: changed('login', { audience: 'https://Reports.example.com' }),
    kind: 'audience-upper-case',
    severity: 'warning',
    issuer: 'login',
    sentence:
      'The host of the audience https://Reports.example.com has capitals: tokens with small letters are refused.',
    fix: 'Write it exactly as the tokens have it: it is compared to the letter.',
  },
  {
    name: 'upper-case client id of this server',
    options: { ...s2sOnly, self: { ...self, clientId: 'AAAAAAAA-0000-0FF1-CE00-000000000000' } },
    kind: 'client-id-upper-case',
    severity: 'warning',
    sentence:
      '"self" names AAAAAAAA-0000-0FF1-CE00-000000000000@7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011 in capitals, and tokens carry identifiers in lower case.',
    fix: 'Write aaaaaaaa-0000-0ff1-ce00-000000000000@7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011, unless the tokens really have capitals.',
  },
  {
    name: 'upper-case client id in a grant',
    options: granting({ application: client.toUpperCase() }, {}),
    kind: 'client-id-upper-case',
    severity: 'warning',
    issuer: 'farm',
    sentence:
      'A grant names 4C9A7E10-52BD-4F36-8E0A-D1B6C3F70A28 in capitals, and tokens carry identifiers in lower case.',
    fix: 'Write 4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28, unless the tokens really have capitals.',
  },
  {
    name: 'upper-case client id in allowDelegation',
    options: changed(
      'farm',
      { allowDelegation: { applications: [{ id: client.toUpperCase(), level: 'full' }, client] } },
      {
        grants: [
          { issuer: 'farm', application: client, permissions: [], appOnly: true },
          { issuer: 'farm', application: `${client}@${self.realm}`, permissions: [], appOnly: true },
        ],
      },
    ),
    kind: 'client-id-upper-case',
    severity: 'warning',
    issuer: 'farm',
    sentence:
      'allowDelegation names 4C9A7E10-52BD-4F36-8E0A-D1B6C3F70A28 in capitals, and tokens carry identifiers in lower case.',
    fix: 'Write 4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28, unless the tokens really have capitals.',
  },
  {
    name: 'grant in another realm',
    options: granting({ application: `${client}@${otherRealm}` }),
    kind: 'grant-realm',
    severity: 'warning',
    issuer: 'farm',
    sentence:
      'The grant for 4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28@52aa6841-b76b-4ed4-a3d7-a259fce1dfa2 is never used: the issuer vouches for its own realm 7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011 only.',
    fix: 'Write the realm of the issuer, or leave the realm out.',
  },
  {
    name: 'grant for an OAuth issuer',
    options: granting({ issuer: 'login' }, {}),
    kind: 'grant-oauth-issuer',
    severity: 'warning',
    issuer: 'login',
    sentence:
      'The grant for 4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28 is never read: applications of an OAuth issuer hold what their tokens say.',
    fix: 'Remove the grant, and give the scope or role at the issuer.',
  },
  {
    name: 'broker flag missing',
    options: changed('farm', { isTrustBroker: false }),
    kind: 'broker-flag-missing',
    severity: 'warning',
    issuer: 'farm',
    sentence:
      'The grant for 4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28 is never used: farm is no broker and vouches for itself only.',
    fix: 'Set isTrustBroker: true on the issuer, if it may vouch for all its applications.',
  },
  {
    name: 'app-only switch off',
    options: changed(
      'farm',
      { allowDelegation: false },
      { grants: [{ issuer: farm.issuerName, application: client, permissions: ['reports.read'] }] },
    ),
    kind: 'app-only-off',
    severity: 'warning',
    issuer: 'farm',
    sentence:
      'The grant for 4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28 is never used: appOnly is off, and the application may not act for users either.',
    fix: 'Set appOnly: true on the grant, or list the application in allowDelegation of the issuer.',
  },
  {
    name: 'delegation without a grant',
    options: granting(),
    kind: 'delegation-without-grant',
    severity: 'warning',
    issuer: 'farm',
    sentence:
      'The application 4c9a7e10-52bd-4f36-8e0a-d1b6c3f70a28 may act for users, and no grant gives it anything to do.',
    fix: 'Add a grant for it.',
  },
  {
    name: 'unknown nii',
    options: changed('farm', {}, { findProfiles, profileOptions: { userStores: { 'trusted:adfs': 'adfs' } } }),
    kind: 'nii-unmapped',
    severity: 'warning',
    sentence:
      'userStores has no urn:office:idp:activedirectory: users whom SharePoint or Exchange names by SID are refused (ERR_S2S_USER_STORE_UNKNOWN).',
    fix: 'Map it, if there are Windows users.',
  },
  {
    name: 'self.hosts without the port, as a request shows',
    server: { ...proxied('10.0.0.7'), ...sample({ ...https, host: 'portal.fabrikam.example:9443' }) },
    kind: 'hosts-port',
    severity: 'warning',
    sentence:
      'Callers use port 9443, and self.hosts does not name it: tokens for portal.fabrikam.example:9443 are refused.',
    fix: "Write 'portal.fabrikam.example:9443' into self.hosts.",
  },
  {
    name: 'self.hosts without the port, as the user says',
    server: { port: 9443 },
    options: { ...sound, self: { ...self, hosts: ['portal.fabrikam.example'] } },
    kind: 'hosts-port',
    severity: 'warning',
    sentence:
      'Callers use port 9443, and self.hosts does not name it: tokens for portal.fabrikam.example:9443 are refused.',
    fix: "Write 'portal.fabrikam.example:9443' into self.hosts.",
  },
  {
    name: 'clock tolerance that is large',
    options: changed('farm', { clockToleranceSeconds: 600 }),
    kind: 'clock-tolerance',
    severity: 'warning',
    issuer: 'farm',
    sentence: 'The issuer tolerates clocks that differ by 10 minutes: expired tokens live on for as long.',
    fix: 'Set the clocks by NTP and leave clockToleranceSeconds out.',
  },
  {
    name: 'lifetime that is long',
    options: changed('login', { maximumLifetimeSeconds: 30 * 86_400 }),
    kind: 'lifetime',
    severity: 'warning',
    issuer: 'login',
    sentence: 'The issuer may give tokens that live 30 days: a stolen one works for as long.',
    fix: 'Have the issuer give shorter tokens.',
  },
  {
    name: 'resource table that cannot be read',
    server: { resources: { 'get /reports': 'reports.read' } },
    kind: 'configuration',
    severity: 'error',
    sentence: "resources['get /reports'] must be in upper case; write 'GET /reports'.",
    fix: 'Change the option as the sentence says: the server does not start with it.',
  },
  {
    name: 'scope that is granted to nobody',
    server: { resources: { 'GET /reports': 'reports.read', 'GET /admin': 'admin.all' } },
    options: s2sOnly,
    kind: 'scope-granted-to-nobody',
    severity: 'warning',
    sentence: 'GET /admin demands admin.all, which is granted to nobody.',
    fix: 'Grant it to an application, or change the entry.',
  },
  {
    name: 'scope that is mistyped in the table',
    server: { resources: { 'GET /reports': { anyOf: ['report.read', 'x'] } } },
    options: s2sOnly,
    kind: 'scope-granted-to-nobody',
    severity: 'warning',
    sentence: 'GET /reports demands report.read, x, which is granted to nobody (reports.read is).',
    fix: 'Write the same name in both places.',
  },
  {
    name: 'Google without its dialect',
    options: {
      audience: oauthAudience,
      trustedIssuers: [{ type: 'openid', name: 'google', issuer: 'https://accounts.google.com' }],
    },
    kind: 'google-without-dialect',
    severity: 'warning',
    issuer: 'google',
    sentence: 'The issuer signs ID tokens only, and those of people are taken for access tokens.',
    fix: "Set callerKind: 'google' and applications: [...], which let in service accounts only.",
  },
  {
    name: 'rule for applications of an issuer that is mistyped',
    server: { resources: { 'GET /reports': { applications: [{ issuer: 'logon', application: 'a' }] } } },
    kind: 'rule-issuer-unknown',
    severity: 'warning',
    sentence: 'GET /reports is for applications of logon, and no trusted issuer is called so (login is).',
    fix: 'Write the name or iss of a trusted issuer.',
  },
  {
    name: 'rule for applications of an issuer that nobody trusts',
    server: { resources: { 'GET /reports': { applications: [{ issuer: 'elsewhere', application: 'a' }] } } },
    kind: 'rule-issuer-unknown',
    severity: 'warning',
    sentence: 'GET /reports is for applications of elsewhere, and no trusted issuer is called so.',
    fix: 'Write the name or iss of a trusted issuer.',
  },
  {
    name: 'rule for calls on behalf of a user whose rights nobody knows',
    server: { resources: { 'PUT /reports': { scope: 'reports', right: 'Write', onBehalfOf: 'user' } } },
    options: { audience: oauthAudience, trustedIssuers: [login] },
    kind: 'user-rights-not-asked',
    severity: 'warning',
    sentence:
      "PUT /reports is for calls on behalf of a user, and nobody says what a user may do: the application's permission alone is enough.",
    fix: "Give userRights or findProfiles, or write userRights: 'checked-by-handler'.",
  },
]

describe('checkServer', () => {
  for (const { name, server = {}, options = sound, ...expected } of faults) {
    it(`finds: ${name}`, () => {
      const findings = checkServer(server, options).filter(({ severity }) => severity !== 'ok')
      assert.deepEqual(findings, [expected])
    })
  }

  for (const [name, server, options] of [
    ['https without a proxy', { ...proxied(), sampleRequest: { headers: {}, socket: { encrypted: true } } }, sound],
    [
      'a proxy that is trusted by its address',
      { ...proxied('10.0.0.7'), ...sample(https), isBehindProxy: true },
      sound,
    ],
    ['a setting that is off', { trustProxy: 0 }, sound],
    ['a server without self', { port: 9443 }, { audience: oauthAudience, trustedIssuers: [login] }],
    ['the usual port, and one that hosts names', { port: 8443 }, sound],
    ['port 443', { port: 443 }, sound],
    ['grants in a store that lists none', {}, changed('farm', {}, { grants: { grantsOf: () => [] } })],
    [
      'grants of a store that nobody can list, and a table',
      { resources: { 'GET /x': 'x' } },
      { ...s2sOnly, grants: { grantsOf: () => [] } },
    ],
    [
      'rules for applications of trusted issuers, and for users whose rights are known',
      {
        resources: {
          'GET /x': { applications: [{ issuer: farm.issuerName, application: client }], onBehalfOf: 'user' },
          'GET /y': { scope: 'y', onBehalfOf: 'user' },
        },
      },
      sound,
    ],
    [
      'a rule for applications of an issuer that has not told its name yet',
      { resources: { 'GET /x': { applications: [{ issuer: 'elsewhere', application: client }] } } },
      { self, trustedIssuers: [{ type: 's2s-metadata', metadataEndpoint: 'https://farm.example/metadata/json/1' }] },
    ],
    ['tokens that bring their own scopes', { resources: { 'GET /x': 'x' } }, sound],
    [
      'a higher right than the table demands',
      { resources: { 'GET /x': { scope: 'lists', right: 'Read' }, 'GET /y': { scope: 'a', appRole: 'lists:Write' } } },
      { ...s2sOnly, grants: [{ issuer: 'farm', application: client, permissions: ['lists:Write'] }] },
    ],
    ['profiles without a mapping', {}, changed('farm', {}, { findProfiles })],
    [
      'a mapping of Windows users',
      {},
      changed(
        'farm',
        {},
        { findProfiles, profileOptions: { userStores: { 'URN:office:idp:activedirectory': 'windows' } } },
      ),
    ],
    [
      'a mapping where nobody may act for users',
      {},
      changed('farm', { allowDelegation: false }, { findProfiles, profileOptions: { userStores: { x: 'y' } } }),
    ],
    [
      'the grants of a preset',
      {},
      {
        self,
        trustedIssuers: [{ type: 'microsoft365', tenantId: otherRealm }],
        grants: createMemoryGrants([
          { issuer: `microsoft365:${otherRealm}:s2s`, application: client, permissions: ['x'], appOnly: true },
          { issuer: 'microsoft365', application: client, permissions: ['x'] },
        ]),
      },
    ],
    [
      'the grants of an issuer that has not told its name',
      {},
      {
        self,
        trustedIssuers: [
          { type: 's2s-metadata', metadataEndpoint: 'https://farm.example/metadata', isTrustBroker: true },
        ],
        grants: [{ issuer: farm.issuerName, application: client, permissions: ['x'] }],
      },
    ],
    [
      'the grants of an issuer with several realms',
      {},
      {
        self,
        trustedIssuers: [
          {
            type: 's2s-metadata',
            name: 'farm',
            metadataEndpoint: 'https://farm.example/metadata',
            registeredIssuerName: 'broker@*',
            realms: [otherRealm],
            isTrustBroker: true,
          },
        ],
        grants: [{ issuer: 'farm', application: `${client}@${otherRealm}`, permissions: ['x'], appOnly: true }],
      },
    ],
    [
      'an issuer that vouches for itself',
      {},
      changed('farm', {
        isTrustBroker: false,
        allowDelegation: false,
        registeredIssuerName: `${client}@${self.realm}`,
      }),
    ],
    ['an Entra tenant', {}, trustingEntra('v2')],
  ] as readonly (readonly [string, CheckedServer, DoctorOptions])[]) {
    it(`finds no fault in ${name}`, () => {
      const findings = checkServer(server, options)
      assert.deepEqual(
        findings.filter(({ severity }) => severity !== 'ok'),
        [],
      )
      assert.ok(findings.some(({ kind }) => kind === 'configuration'))
    })
  }
})
