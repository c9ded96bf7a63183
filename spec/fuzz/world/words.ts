/** Header parameters, good and bad. */
export const headerNames: readonly string[] = [
  ...[
    'alg',
    'typ',
    'kid',
    'x5t',
    'x5t#S256',
    'crit',
    'b64',
    'zip',
    'enc',
    'jku',
    'jwk',
    'x5u',
    'x5c',
    'cty',
    'actortoken',
  ],
]

/** Values of header parameters. */
export const headerValues: readonly string[] = [
  ...[
    'none',
    'None',
    'RS256',
    'RS512',
    'PS256',
    'ES256',
    'ES384',
    'EdDSA',
    'Ed25519',
    'HS256',
    'JWT',
    'at+jwt',
    'JOSE',
  ],
  ...['ed-1', 'es-1', 'secevent+jwt', 'b64', '../../x', 'https://evil.example/jwks'],
]

/** Claims, good and bad. */
export const claimNames: readonly string[] = [
  ...[
    'iss',
    'aud',
    'exp',
    'nbf',
    'iat',
    'jti',
    'uti',
    'sub',
    'client_id',
    'azp',
    'appid',
    'cid',
    'scope',
    'scp',
    'roles',
  ],
  ...[
    'permissions',
    'nameid',
    'nii',
    'upn',
    'smtp',
    'sip',
    'trustedfordelegation',
    'actortoken',
    'ActorToken',
    'actort',
  ],
  ...[
    'act',
    'actor',
    'cnf',
    'events',
    'at_hash',
    'ver',
    'isloopback',
    'appctx',
    'identityprovider',
    'tid',
    'authorities',
  ],
]

/** Values of permission claims. */
export const permissionTexts: readonly string[] = [
  ...[
    'reports.read',
    'admin.all',
    'reports.write',
    'reports.read admin.all',
    'reports.read\tadmin.all',
    'reports',
    '*',
  ],
  ...['Admin.all', 'reports.read,admin.all', 'admin.all\u00a0', 'reports:FullControl'],
]
