import { resigned } from '../../lib/testing/forge-token.ts'
import { curveSignatures, signatureChanges } from '../../lib/testing/attacks/signature-changes.ts'
import { describeAccepted, type AcceptedCase } from '../support/accepted.ts'
import { describeAttack, type AttackCase } from '../support/attack.ts'
import { fixedClock } from '../support/clock.ts'
import { makeKeyPair } from '../support/key-pairs.ts'
import { makeOAuthIssuer, type OAuthAlgorithm } from '../support/oauth-issuer.ts'
import { compact, encodePart, flipSignatureBit, forgedJwt, readClaims, signText } from '../support/tokens.ts'
import { makeWorld, oauthAudience } from '../support/world.ts'

const world = await makeWorld()
const { farm, otherFarm } = world
const algorithms: OAuthAlgorithm[] = ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA']
const login = { issuer: 'https://login.example.com', audience: oauthAudience, clock: fixedClock, algorithms }
const oauth = makeOAuthIssuer(login)
const jwks = { keys: oauth.jwks().keys.map(({ alg: _alg, ...key }: Record<string, unknown>) => key) }
const every = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
const [farmOptions, otherFarmOptions] = world.options.trustedIssuers
const app = {
  s2s: {
    ...world.options,
    trustedIssuers: [
      ...(farmOptions === undefined ? [] : [farmOptions]),
      ...(otherFarmOptions === undefined ? [] : [otherFarmOptions]),
      { type: 'static', name: 'login', issuer: oauth.issuer, jwks, algorithms: every },
    ],
  },
  resources: { 'GET /reports/:id': 'reports.read' },
} as const

const invalid = { status: 401, code: 'ERR_S2S_SIGNATURE_INVALID' } as const
const malformed = { status: 401, code: 'ERR_S2S_TOKEN_MALFORMED' } as const

const good = await oauth.token({ claims: { scope: 'reports.read' } })
const claims = readClaims(good)

/** The key of the issuer that verifies `alg`, as a header names it. */
function keyName(alg: string): OAuthAlgorithm {
  if (alg.startsWith('RS')) return 'RS256'
  if (alg.startsWith('PS')) return 'PS256'
  return alg === 'Ed25519' ? 'EdDSA' : (alg as OAuthAlgorithm)
}

function honest(alg: string): string {
  const name = keyName(alg)
  const header = { alg, kid: `${name}-0`, typ: 'at+jwt' }
  return forgedJwt({ header, claims, algorithm: alg, key: oauth.keyPair(name).privateKey })
}

describeAccepted('an honest token', app, [
  ...every.map((alg): AcceptedCase => ({ name: `of ${alg}`, token: honest(alg) })),
  { name: 'of a farm', token: await farm.appOnlyToken() },
])

describeAttack('a signature that was changed', app, [
  ...every.flatMap((alg): AttackCase[] => [
    { name: `row 16: ${alg}, one bit turned over`, token: flipSignatureBit(honest(alg)), ...invalid },
    ...(/256$|EdDSA/.test(alg)
      ? Object.entries(signatureChanges).map(([name, change]) => ({
          name: `row 16: ${alg}, the signature ${name}`,
          token: resigned(honest(alg), change),
          ...invalid,
        }))
      : []),
  ]),
  { name: 'row 16: of a farm, one bit turned over', token: flipSignatureBit(await farm.appOnlyToken()), ...invalid },
])

describeAttack(
  'an ECDSA signature that verifies anything (CVE-2022-21449)',
  app,
  Object.entries(curveSignatures).map(([name, change]) => ({
    name: `row 16: ES256, ${name}`,
    token: resigned(honest('ES256'), change),
    ...invalid,
  })),
)

const [header = '', payload = '', signature = ''] = good.split('.')
const otherToken = await oauth.token({ claims: { scope: 'reports.read', sub: 'somebody' } })
const attacker = makeKeyPair('rsa2048').privateKey
const attackerEc = makeKeyPair('ec256').privateKey
const sign = (fields: object, algorithm = 'RS256', key = attacker): string =>
  forgedJwt({ header: fields, claims, algorithm, key })

describeAttack('a token that was changed after it was signed', app, [
  {
    name: 'row 17: one claim more',
    token: `${header}.${encodePart({ ...claims, admin: true })}.${signature}`,
    ...invalid,
  },
  {
    name: 'row 17: another scope',
    token: `${header}.${encodePart({ ...claims, scope: 'admin.all' })}.${signature}`,
    ...invalid,
  },
  {
    name: 'row 17: a space in the payload',
    token: `${header}.${encodePart(JSON.stringify(claims, null, 1))}.${signature}`,
    ...invalid,
  },
  {
    name: 'row 17: a longer life',
    token: `${header}.${encodePart({ ...claims, exp: Number(claims['exp']) + 60 })}.${signature}`,
    ...invalid,
  },
  {
    name: 'row 17: one header member more',
    token: compact({ alg: 'RS256', typ: 'at+jwt', kid: 'RS256-0', a: 1 }, claims, signature),
    ...invalid,
  },
  {
    name: 'row 17: a header without typ',
    token: compact({ alg: 'RS256', kid: 'RS256-0' }, claims, signature),
    ...invalid,
  },
  {
    name: 'row 17: the signature of another token',
    token: `${header}.${payload}.${otherToken.split('.')[2] ?? ''}`,
    ...invalid,
  },
  {
    name: 'row 17: the payload of another token',
    token: `${header}.${otherToken.split('.')[1] ?? ''}.${signature}`,
    ...invalid,
  },
  {
    name: 'row 17: a signature of the payload alone',
    token: `${header}.${payload}.${signText(payload, 'RS256', oauth.keyPair('RS256').privateKey).toString('base64url')}`,
    ...invalid,
  },
  {
    name: 'row 17: a signature of the decoded parts',
    token: compact(
      { alg: 'RS256', kid: 'RS256-0' },
      claims,
      signText(JSON.stringify(claims), 'RS256', oauth.keyPair('RS256').privateKey).toString('base64url'),
    ),
    ...invalid,
  },
  {
    name: 'row 17: two parts swapped',
    token: `${payload}.${header}.${signature}`,
    status: 401,
    code: 'ERR_S2S_ALGORITHM_NOT_ALLOWED',
  },
  { name: 'row 17: the signature first', token: `${signature}.${header}.${payload}`, ...malformed },
])

describeAttack("an attacker's key", app, [
  { name: 'row 17: RS256 under a known kid', token: sign({ alg: 'RS256', kid: 'RS256-0' }), ...invalid },
  {
    name: 'row 17: ES256 under a known kid',
    token: sign({ alg: 'ES256', kid: 'ES256-0' }, 'ES256', attackerEc),
    ...invalid,
  },
  { name: 'row 17: ES256 without kid', token: sign({ alg: 'ES256' }, 'ES256', attackerEc), ...invalid },
  {
    name: 'row 17: under a kid nobody knows',
    token: sign({ alg: 'RS256', kid: 'mine' }),
    status: 401,
    code: 'ERR_S2S_KEY_UNKNOWN',
  },
  {
    name: 'row 17: without kid among several keys',
    token: sign({ alg: 'RS256' }),
    status: 401,
    code: 'ERR_S2S_KEY_UNKNOWN',
  },
  {
    name: 'row 17: as a farm, under its thumbprint',
    token: forgedJwt({
      header: { alg: 'RS256', typ: 'JWT', x5t: farm.certificate.x5t },
      claims: readClaims(await farm.appOnlyToken()),
      algorithm: 'RS256',
      key: otherFarm.certificate.privateKey,
    }),
    ...invalid,
  },
])
