/** A configuration that uses every room, as plain data; a new one each time. */
export function makeConfigDocument(): Record<string, unknown> {
  return {
    $schema: './node_modules/passport-s2s/dist/s2s.config.schema.json',
    self: {
      clientId: '00000003-0000-0ff1-ce00-000000000000',
      realm: '7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011',
      hosts: ['portal.fabrikam.example:8443'],
      advertise: ['farm'],
      certificates: [{ file: 'old.pem' }, 'MIIB'],
      signingKeys: {
        current: {
          privateKey: { file: 'key.pem' },
          certificate: { file: 'cert.pem' },
          passphrase: { env: 'PASSPHRASE' },
        },
        publishSeconds: 86400,
      },
    },
    audience: ['https://reports.example.com'],
    ca: [{ file: 'ca.pem' }],
    timeoutMilliseconds: 2000,
    trustedIssuers: [
      {
        type: 's2s-metadata',
        name: 'farm',
        metadataEndpoint: 'https://farm.example/_layouts/15/metadata/json/1',
        isTrustBroker: true,
        allowDelegation: {
          applications: ['a', { id: 'b', level: 'user', users: { allow: ['dana'] } }, { id: 'c', level: 'none' }],
        },
        keysRefreshSeconds: 60,
      },
      { type: 's2s-certificate', registeredIssuerName: 'b@realm', certificates: [{ env: 'CERTIFICATE' }] },
      {
        type: 'openid',
        issuer: 'https://login.example',
        callerKind: 'entra',
        permissionClaims: [['realm_access', 'roles']],
      },
      {
        type: 'static',
        issuer: 'https://static.example',
        jwks: { keys: [{ kty: 'RSA', n: 'AQ', e: 'AQAB' }] },
        strict: true,
      },
      {
        type: 'static',
        issuer: 'https://other.example',
        pem: { file: 'public.pem' },
        permissionCeiling: ['reports.read'],
      },
      {
        type: 'introspection',
        issuer: 'https://opaque.example',
        clientId: 'portal',
        authentication: { type: 'client_secret_basic', secret: { env: 'OPAQUE_SECRET' } },
        tokenPrefix: 'ory_at_',
        cacheSeconds: 10,
      },
      { type: 'microsoft365', tenants: ['7b0c3f52-9d1e-4a86-b3f4-2c6e8a5d9011'], cloud: 'usgov' },
    ],
    grants: [
      {
        issuer: 'farm',
        application: 'reporting',
        permissions: ['reports.read', { scope: 'lists', right: 'Write', container: '/sites/a' }],
        appOnly: true,
      },
    ],
    userRights: 'checked-by-handler',
    profileOptions: { timeoutMilliseconds: 500, cacheSeconds: 0.5, includeOAuthUsers: false },
    realm: 'reports',
    hsts: { maxAgeSeconds: 60, includeSubDomains: true },
    problemDetails: true,
    resourceMetadata: {
      resource: 'https://reports.example.com/api',
      advertise: ['https://login.example'],
      scopes: ['reports.read'],
      challengeScopes: ['reports.read'],
      name: 'Reports',
      documentation: 'https://reports.example.com/docs',
      jwksUri: 'https://reports.example.com/.well-known/jwks.json',
    },
    correlationIdHeader: 'X-Request-Id',
    resources: {
      'GET /health': 'public',
      'GET /reports/:id': 'reports.read',
      'PUT /reports/:id': ['reports.read', 'reports.write'],
      'POST /reports': { anyOf: ['reports.write', 'reports.admin'] },
      'DELETE /reports/:id': { allOf: ['reports.write'], allowEncodedSlash: true },
      'GET /roles': { scope: 'a', appRole: 'b' },
      'ALL /lists': { scope: 'lists', right: 'Manage' },
    },
    resourceTables: { admin: { 'GET /admin': 'authenticated' } },
    resourceOptions: { preflight: 'pass', pathSyntax: 'express5' },
    clients: {
      partner: { target: 'https://partner.example', lifetimeSeconds: 600, userAttributes: ['upn'] },
      bound: {
        target: 'https://bound.example',
        oauth: {
          issuer: 'https://login.example',
          clientId: 'reports',
          authentication: { type: 'mtls', certificate: 'certificate', privateKey: { file: 'tls.key' } },
          mtls: true,
        },
      },
      proving: {
        target: 'https://proving.example',
        oauth: {
          issuer: 'https://login.example',
          clientId: 'reports',
          authentication: { type: 'client_secret_post', secret: { file: 'secret' } },
          dpop: { algorithm: 'ES384', privateKey: { env: 'PROOF_KEY' } },
        },
      },
      certified: {
        target: 'https://certified.example',
        oauth: {
          issuer: 'https://login.example',
          clientId: 'reports',
          authentication: { type: 'private_key_jwt' },
          mtls: { certificate: { file: 'tls.crt' }, privateKey: { file: 'tls.key' } },
        },
      },
      cloud: {
        target: 'https://cloud.example',
        oauth: {
          issuer: 'https://login.example',
          clientId: 'reports',
          authentication: { type: 'client_secret_basic', secret: { env: 'CLIENT_SECRET' } },
          scope: ['a', 'b'],
        },
      },
    },
  }
}
